"""How the time of each stage grows with the number of clips: the exponent over a 16-fold range.

1 is linear, 2 quadratic. What a stage takes before its first clip draws the exponent below 1.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from avloc.scenes.cache import cache_scenes
from bench import project
from bench.cache import log_mel_of, pairs
from bench.data_sets import boxes, write_cached_pairs, write_shards, write_video
from bench.evaluate import STRIDE, GivenMaps, score
from bench.extract import extract, repeated
from bench.project import Training
from bench.sizes import Size
from bench.timing import Block, timed

#: Clips at which the time is taken, as multiples of the least.
MULTIPLES = (1, 4, 16)
#: Side of all pictures, in pixels, and length of the videos: small, since only growth counts.
SIDE_PX, VIDEO_S = 32, 0.8
#: Channels of the first stage of the networks.
WIDTH = 4


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return for each stage the exponent, and the times that it comes from.

    Parameters
    ----------
    size, device, folder
        As in every yardstick.
    """
    small = replace(size, width=WIDTH, image_px=SIDE_PX)
    stages: dict[str, Callable[[int], Block]] = {
        "extract": lambda clips: _extract(clips, folder),
        "cache": lambda clips: _cache(clips, small, folder),
        "epoch": lambda clips: _epoch(clips, small, device, folder),
        "evaluate": lambda clips: _evaluate(clips, folder),
    }
    counts, found = [size.growth * multiple for multiple in MULTIPLES], dict[str, float]()
    for name, prepare in stages.items():
        prepare(counts[0])()  # imports, and what is compiled or allocated once
        times = [prepare(clips)() for clips in counts]
        found[f"growth_{name}"] = float(np.polyfit(np.log(counts), np.log(times), 1)[0])
        found |= {f"growth_{name}_{n}_s": t for n, t in zip(counts, times, strict=True)}
    return found


def _extract(clips: int, folder: Path) -> Block:
    raw = folder / "short-videos"
    raw.mkdir(exist_ok=True)
    write_video(raw / "short.mp4", VIDEO_S, 2 * SIDE_PX, 2 * SIDE_PX)
    out = folder / f"growth-{clips}"
    return timed(lambda: extract(repeated("short.mp4", clips), raw, out, SIDE_PX, workers=1))


def _cache(clips: int, size: Size, folder: Path) -> Block:
    shards = write_shards(folder / f"growth-test-{clips}", clips + 1, SIDE_PX, "test")
    audio = project.row(size).audio
    scenes, annotations, out = pairs(shards, clips), boxes(shards), folder / "growth-cached"
    log_mel = log_mel_of(audio)
    return timed(lambda: cache_scenes(scenes, annotations, shards, log_mel, audio.window_s, out))


def _epoch(clips: int, size: Size, device: torch.device, folder: Path) -> Block:
    settings = project.row(size)
    batch_size = min(settings.train.batch_size, size.growth)
    training = settings.train.model_copy(update={"batch_size": batch_size})
    shards = write_shards(folder / f"growth-train-{clips}", clips, SIDE_PX)
    loop = Training(settings.model_copy(update={"train": training}), shards, device, folder)
    steps = clips // batch_size
    return lambda: steps * loop.end_to_end(steps)


def _evaluate(clips: int, folder: Path) -> Block:
    cached = folder / f"growth-pairs-{clips}"
    write_cached_pairs(cached, clips, SIDE_PX)
    maps = GivenMaps((SIDE_PX // STRIDE, 2 * SIDE_PX // STRIDE))
    return timed(lambda: score(cached, maps))
