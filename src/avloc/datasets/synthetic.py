"""The embedded data set: videos of invented instruments, rendered on the spot.

Solos show one sounding object, duets two of different classes; both may show silent objects.
The videos are real h264 and aac files, so that every later stage treats them like any others.
They lie under ``<raw>/<hash>/<id>.mp4``. The hash covers all that decides their content (settings
except the numbers of videos, the seed, and the generator's code without its comments), and each
video depends on nothing else but its id. So what is there is never rendered again: after a crash,
with more videos, or with other settings tried in between. Folders that are no longer wanted may
be deleted.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from avloc.change_tracking import key
from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.clips import Clip, Seconds, Split
from avloc.data.masks import box_of, encode_mask
from avloc.datasets import DownloadContext, DownloadResult, nothing_missing
from avloc.datasets.generator.instruments import INSTRUMENTS, Instrument
from avloc.datasets.generator.scene import MovingScene, Style, draw_scene
from avloc.datasets.generator.timbres import Waveform, mix, play
from avloc.files import sha256
from avloc.media import encode
from avloc.progress import track
from avloc.seeding import rng

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
EvenPixels = Annotated[int, Field(ge=32, multiple_of=2)]  # h264 with 4:2:0 colour

#: Settings that say how many videos there are, not what is in them.
COUNTS = {"train_videos", "val_videos", "test_videos", "val_duets", "test_duets"}


class Settings(BaseModel):
    """What to render; every key is required."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: Annotated[int, Field(ge=2, le=len(INSTRUMENTS))]
    train_videos: Count
    val_videos: Count
    test_videos: Count
    val_duets: Count
    test_duets: Count
    duration_s: Annotated[float, Field(ge=1)]
    video_fps: Annotated[float, Field(gt=0)]
    annotation_fps: Annotated[float, Field(gt=0)]
    width_px: EvenPixels
    height_px: EvenPixels
    sample_rate_hz: Annotated[int, Field(ge=16000)]
    object_size: tuple[Share, Share]
    clutter_size: tuple[Share, Share]
    clutter_max: Count
    silent_class_probability: Share
    hue_spread_deg: Annotated[float, Field(ge=0, le=180)]
    sway: Share
    centring: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not math.isclose(self.video_frames, self.duration_s * self.video_fps):
            raise ValueError("duration_s times video_fps must be a whole number of frames")
        for name, (low, high) in (
            ("object_size", self.object_size),
            ("clutter_size", self.clutter_size),
        ):
            if not 0.05 <= low <= high:
                raise ValueError(f"{name} must be two fractions, 0.05 <= smallest <= largest <= 1")
        return self

    @property
    def video_frames(self) -> int:
        """Frames in a video."""
        return round(self.duration_s * self.video_fps)

    @property
    def samples(self) -> int:
        """Sound samples in a video."""
        return round(self.duration_s * self.sample_rate_hz)

    @property
    def style(self) -> Style:
        """How scenes are drawn."""
        return Style(
            width_px=self.width_px,
            height_px=self.height_px,
            object_size=self.object_size,
            clutter_size=self.clutter_size,
            clutter_max=self.clutter_max,
            silent_class_probability=self.silent_class_probability,
            hue_spread_deg=self.hue_spread_deg,
            sway=self.sway,
            centring=self.centring,
        )


@dataclass(frozen=True)
class Plan:
    """One video to be rendered: who sounds in it."""

    id: str
    split: Split
    sounding: tuple[Instrument, ...]


def plans(settings: Settings) -> Iterator[Plan]:
    """Yield all videos; the classes take turns, so that every split has every class."""
    cast = INSTRUMENTS[: settings.classes]
    solos: dict[Split, int] = {
        "train": settings.train_videos,
        "val": settings.val_videos,
        "test": settings.test_videos,
    }
    duets: dict[Split, int] = {"val": settings.val_duets, "test": settings.test_duets}
    for split, count in solos.items():
        for n in range(count):
            yield Plan(f"{split}-solo-{n:05d}", split, (cast[n % len(cast)],))
    for split, count in duets.items():
        for n in range(count):
            first = n % len(cast)
            # Neighbours in the first round, then next but one, ...: all pairs come in turn.
            second = (first + 1 + n // len(cast) % (len(cast) - 1)) % len(cast)
            yield Plan(f"{split}-duet-{n:05d}", split, (cast[first], cast[second]))


def scene_of(plan: Plan, settings: Settings, seed: int) -> MovingScene:
    """Return what a video shows."""
    others = [one for one in INSTRUMENTS[: settings.classes] if one not in plan.sounding]
    return draw_scene(settings.style, plan.sounding, others, rng(seed, plan.id, "scene"))


def sounds_of(plan: Plan, settings: Settings, seed: int) -> list[Waveform]:
    """Return what each sounding object of a video plays, alone, at an RMS of 0.1."""
    return [
        play(
            instrument.timbre,
            rng(seed, plan.id, "sound", number),
            settings.samples,
            settings.sample_rate_hz,
        )
        for number, instrument in enumerate(plan.sounding)
    ]


def annotate(scene: MovingScene, settings: Settings) -> tuple[AnnotatedTime, ...]:
    """Return the visible pixels of every object with a class, at each annotated time.

    The frame on screen is annotated, as an extraction at `annotation_fps` would show it.
    """
    times = np.arange(math.ceil(settings.duration_s * settings.annotation_fps - 1e-9))
    annotated = []
    for time_s in times / settings.annotation_fps:
        number = math.floor(time_s * settings.video_fps + 1e-9)
        owners = scene.owners(number / settings.video_fps)
        annotated.append(
            AnnotatedTime(
                Seconds(float(time_s)),
                tuple(
                    AnnotatedObject(layer.category, box_of(mask), layer.sounding, encode_mask(mask))
                    for index, layer in enumerate(scene.layers)
                    if layer.category is not None and (mask := owners == index).any()
                ),
            )
        )
    return tuple(annotated)


def folder_name(settings: Settings, seed: int) -> str:
    """Return 32 hex digits that change whenever the content of a video could."""
    return key([seed, settings.model_dump(mode="json", exclude=COUNTS)], [Path(__file__)])


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Render all videos that are not there yet.

    Parameters
    ----------
    settings
        What to render.
    context
        Another seed gives other videos. Its workers are threads: most of the time goes into drawing
        and into the encoder's process, both outside Python's lock.

    Returns
    -------
    DownloadResult
        The clips in the order of `plans`, with paths relative to ``context.raw``.
    """
    raw, seed = context.raw, context.seed
    folder = folder_name(settings, seed)

    def render(plan: Plan) -> tuple[Clip, tuple[AnnotatedTime, ...]]:
        scene = scene_of(plan, settings, seed)
        path = Path(folder) / f"{plan.id}.mp4"
        if not (raw / path).exists():
            frames = [scene.frame(n / settings.video_fps) for n in range(settings.video_frames)]
            sound = mix(sounds_of(plan, settings, seed))
            encode(raw / path, np.stack(frames), settings.video_fps, sound, settings.sample_rate_hz)
        names = tuple(instrument.name for instrument in plan.sounding)
        clip = Clip(plan.id, path.as_posix(), plan.split, names, sha256(raw / path))
        return clip, annotate(scene, settings)

    todo = list(plans(settings))
    with ThreadPoolExecutor(context.workers) as pool:
        rendered = list(track(pool.map(render, todo), len(todo), "render videos"))
    return nothing_missing(
        [clip for clip, _ in rendered], {clip.id: times for clip, times in rendered}
    )
