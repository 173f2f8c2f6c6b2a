"""Four solos and two duets of noise, from which every recipe can make scenes."""

from collections.abc import Sequence

import numpy as np
import pytest

from avloc.audio.logmel import LogMel
from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Clip, Seconds
from avloc.data.shards.format import ClipFormat, write_tables
from avloc.data.shards.reader import Shards, open_shards
from avloc.data.shards.writer import write_shard
from avloc.seeding import rng

RATES = ClipFormat(fps=4.0, size_px=20, sample_rate_hz=16000)
DURATION_S, WINDOW_S = 2.5, 0.96
CLASSES = ("bell", "drum", "flute", "harp")
LOG_MEL = LogMel(RATES.sample_rate_hz, 160, 80, 64)


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Four solos and two duets of noise, each clip with a colour and a loudness of its own."""
    folder = tmp_path_factory.mktemp("clips")
    labels = [(c,) for c in CLASSES] + [("bell", "drum"), ("flute", "harp")]
    with write_shard(folder, "test-00000", RATES.size_px) as writer:
        for number, classes in enumerate(labels):
            random = rng("clip", number)
            frames = random.integers(0, 256, (round(DURATION_S * RATES.fps), 20, 20, 3))
            sound = random.normal(0, 300 * (number + 1), round(DURATION_S * 16000))
            clip = Clip(f"clip-{number}", "", "test", classes, "")
            writer.add(clip, frames.astype(np.uint8), sound.astype(np.int16))
        entries = writer.entries
    write_tables(folder, entries, [], RATES)
    return open_shards(folder)


@pytest.fixture(scope="session")
def annotations(shards: Shards) -> Annotations:
    def time(second: float, classes: Sequence[str]) -> AnnotatedTime:
        boxes = [(0.5 * n, 0.1, 0.4, 0.5) for n in range(len(classes))]
        # Every other frame of a duet shows only its first instrument.
        seen = 1 if second == 1.0 else len(classes)
        objects = [AnnotatedObject(c, b) for c, b in zip(classes, boxes, strict=True)]
        return AnnotatedTime(Seconds(second), tuple(objects[:seen]))

    return {e.id: tuple(time(s, e.classes) for s in (1.0, 1.25, 1.5)) for e in shards.entries}
