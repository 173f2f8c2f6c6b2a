"""``avloc localize VIDEO``."""

import argparse
import math
from pathlib import Path

import numpy as np

from avloc.errors import UserError
from avloc.inference.model import Model
from avloc.inference.timeline import Timeline
from avloc.inference.video import localise_video
from avloc.media import Unusable
from avloc.media.streaming import Frames, VideoWriter
from avloc.media.video_facts import VideoFacts, examine_video
from avloc.progress import Progress
from avloc.report.findings import video_in_words, write_maps, write_table
from avloc.report.overlay import colours_of, draw_legend, tinted
from avloc.report.strength_strip import StrengthStrip


def localise_video_file(model: Model, options: argparse.Namespace) -> None:
    """Write a video with what was found in it, and say what that is.

    Parameters
    ----------
    model
        The model.
    options
        The command line (`avloc.cli.localise.parsed`).

    Raises
    ------
    UserError
        If the video cannot be read, or a file cannot be written.
    """
    video: Path = options.file
    longest_s = options.max_duration_s if math.isfinite(options.max_duration_s) else None
    try:
        facts = examine_video(video)
        timeline, damaged = localise_video(model, facts, options.maps_per_second, longest_s)
    except Unusable as reason:
        raise UserError(f"{video}: {reason}; give a video with pictures and sound") from None
    if options.maps:
        write_maps(options.maps, timeline)
    if options.peaks:
        write_table(options.peaks, timeline)
    write_video(options.output, facts, timeline, longest_s)
    if facts.tracks > 1:
        print(f"{video}: one of its {facts.tracks} sound tracks is used, as players do")
    if damaged:
        print(f"{video}: parts of its pictures do not decode")
    print(f"{video}: {video_in_words(timeline)}")
    print(f"(model {model.path}: {model.level.described})")
    print(f"{options.output} written")


def write_video(
    path: Path, facts: VideoFacts, timeline: Timeline, duration_s: float | None
) -> None:
    """Write a video with what was found in it, in the size, rate and sound of the original.

    Parameters
    ----------
    path
        File to write, .mp4.
    facts
        The original.
    timeline
        What was found. If nothing was, the pictures stay as they are.
    duration_s
        What is later is left out; None for all of the video.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    shown = bool(timeline.found.any())
    strip = StrengthStrip(timeline, facts.width, facts.height) if shown else None
    colours = colours_of(timeline.maps.shape[1])
    length_s = len(timeline.times_s) * timeline.step_s or 1.0
    progress = Progress(max(1, round(length_s * facts.fps)), "draw")
    try:
        with (
            Frames(facts, facts.fps, facts.width, facts.height, duration_s) as frames,
            VideoWriter(path, facts, duration_s) as writer,
        ):
            for number, frame in enumerate(frames):
                time_s = float(number / facts.fps)
                if strip is not None:
                    maps, present, full, found = timeline.at(time_s)
                    frame = tinted(frame, maps, present, full, found, colours)
                    draw_legend(frame, colours, np.asarray(maps.max(axis=(1, 2))), found)
                    strip.draw(frame, time_s)
                writer.write(frame)
                progress.step()
    finally:
        progress.close()
