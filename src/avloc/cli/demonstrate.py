"""Localise the sounds of a generated video with a released model: something to see at once.

avloc demo             writes demo/scene.mp4, demo/scene.sounds.mp4 and demo/scene.png
avloc demo --seed 1    another video

The video shows two of the invented instruments of the embedded data set. First one sounds, then
both, then the other. No network and no data are needed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from avloc.cli.localise_video import write_video
from avloc.datasets.generator.demo_video import (
    FPS,
    PART_S,
    PARTS,
    SAMPLE_RATE_HZ,
    DemoVideo,
    demo_video,
)
from avloc.errors import reported
from avloc.inference.model import Model, load
from avloc.inference.video import localise_video
from avloc.media import encode
from avloc.media.video_facts import examine_video
from avloc.report.demo_figure import Moment, draw_demo
from avloc.report.findings import video_in_words
from avloc.report.style import save

MODEL = "synthetic/ours-plus"
#: A video in which the model finds what sounds in all three parts, as in 16 of 300.
SEED = 137
MAPS_PER_SECOND = 4.0
DOTS_PER_INCH = 150


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the video, the video with what was found, and a picture of its three parts."""
    parser = argparse.ArgumentParser(
        prog="avloc demo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"draws the video ({SEED})")
    parser.add_argument("--output", type=Path, default=Path("demo"), help="folder to write (demo)")
    options = parser.parse_args(arguments)
    folder: Path = options.output
    with reported():
        # A GPU would take longer to start than two cores need.
        model = load(MODEL, "cpu")
        shown = demo_video(options.seed)
        video, found = folder / "scene.mp4", folder / "scene.sounds.mp4"
        encode(video, shown.frames(), FPS, shown.waveform, SAMPLE_RATE_HZ)
        facts = examine_video(video)
        timeline, _ = localise_video(model, facts, MAPS_PER_SECOND)
        write_video(found, facts, timeline, None)
        picture = folder / "scene.png"
        title = f"What sounds? {shown.names[0]} alone, both, {shown.names[1]} alone"
        save(draw_demo(title, _moments(model, shown)), picture, DOTS_PER_INCH)
        first, second = shown.names
        print(
            f"{first} alone until {PART_S} s, both until {2 * PART_S} s, then {second} alone; "
            f"heard by {MODEL}: {video_in_words(timeline)}"
        )
        print(f"{picture} and {found} written; see also the failures, for example with --seed 1")


def _moments(model: Model, shown: DemoVideo) -> list[Moment]:
    """Return the middle of each part, localised."""
    moments = []
    for number, heard in enumerate(PARTS):
        time_s = (number + 0.5) * PART_S
        image = shown.scene.frame(time_s)
        found = model.localize(image, shown.waveform, SAMPLE_RATE_HZ, time_s)
        names = " and ".join(shown.names[n] for n in heard)
        title = f"{names} sound{'s' if len(heard) == 1 else ''}"
        moments.append(Moment(title, image, found, shown.masks(time_s)[list(heard)]))
    return moments
