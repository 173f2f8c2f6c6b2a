"""Localises the sounds of a video, in memory that does not grow with its length but by its maps."""

import math
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avloc.inference.model import AUDIBLE, BATCH_SIZE, Model
from avloc.inference.node_order import NodeOrder
from avloc.inference.timeline import Timeline
from avloc.media.sound_track import extract_sound
from avloc.media.streaming import Frames
from avloc.media.video_facts import VideoFacts
from avloc.progress import Progress

FULL_SCALE = 32768


def localise_video(
    model: Model, facts: VideoFacts, maps_per_second: float, duration_s: float | None = None
) -> tuple[Timeline, bool]:
    """Return the maps of a video.

    Parameters
    ----------
    model
        The model.
    facts
        The video.
    maps_per_second
        How many times a second a picture is looked at, with the 0.96 s of sound around it.
    duration_s
        What is later is left out; None for all of the video.

    Returns
    -------
    timeline : Timeline
        At least one window.
    damaged : bool
        Whether parts of the pictures did not decode.

    Raises
    ------
    Unusable
        If no picture or no sound decodes.
    UserError
        If the machine is at fault.
    """
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        sound = extract_sound(facts, model.sample_rate_hz, Path(folder), duration_s)
        sound_s = len(sound) / model.sample_rate_hz
        expected_s = min(sound_s, math.inf if duration_s is None else duration_s)
        progress = Progress(max(1, round(expected_s * maps_per_second)), "localise")
        order = NodeOrder()
        maps, silent = list[NDArray[np.float32]](), list[bool]()
        reader = Frames(facts, maps_per_second, model.image_px, model.image_px, duration_s)
        try:
            with reader as frames:
                for batch in _batches(iter(frames)):
                    times_s = (len(maps) + np.arange(len(batch))) / maps_per_second
                    logmels, quiet = _heard(model, sound, times_s)
                    found_maps = model.maps(np.stack(batch), logmels)
                    levels = model.level.of(found_maps)[0]
                    strengths = found_maps.max(axis=(2, 3))
                    for n, window in enumerate(found_maps):
                        found = (strengths[n] >= levels[n]) & (not quiet[n])
                        maps.append(order.put(window, found))
                        silent.append(quiet[n])
                        progress.step()
        finally:
            progress.close()
    times = np.arange(len(maps)) / maps_per_second
    timeline = Timeline(times, np.stack(maps), np.array(silent), model.level)
    return timeline, reader.damaged


def _batches(frames: Iterator[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.uint8]]]:
    while batch := list(islice(frames, BATCH_SIZE)):
        yield batch


def _heard(
    model: Model, sound: NDArray[np.int16], times_s: NDArray[np.float64]
) -> tuple[NDArray[np.float32], list[bool]]:
    """Return the log-mels around some times, in order, and which of them are of silence.

    Only the part of the sound that is needed is read. After its end there is silence.
    """
    window, half = model.window, model.window // 2
    centres = np.rint(times_s * model.sample_rate_hz).astype(np.int64)
    inside = np.minimum(centres, len(sound))
    first, last = max(0, int(inside[0]) - window), min(len(sound), int(inside[-1]) + window)
    part = sound[first:last].astype(np.float32) / FULL_SCALE
    loud = np.abs(part) >= AUDIBLE
    local = inside - first
    # Windows are shifted to lie inside the sound, as `windows_around` shifts them.
    begins = np.clip(local - half, 0, max(0, len(part) - window))
    silent = [
        bool(centre > len(sound) or not loud[begin : begin + window].any())
        for centre, begin in zip(centres, begins, strict=True)
    ]
    return model.spectrograms(torch.from_numpy(part), torch.from_numpy(local)), silent
