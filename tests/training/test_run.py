"""A row's training: the same bytes for the same seed, one warm start, phases in their order."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from avloc.config import rows
from avloc.config.rows import Row
from avloc.data.clips import Clip
from avloc.data.shards.format import ClipFormat, write_tables
from avloc.data.shards.reader import open_shards
from avloc.data.shards.writer import write_shard
from avloc.methods.base import Batch, ClipReader, LossAndMonitors, Method, Phase
from avloc.seeding import rng
from avloc.training import checkpoint, run
from avloc.training.build import build
from avloc.training.inputs import TrainingContext
from avloc.training.loop import Curve
from avloc.training.run import train_row, unfinished_path
from tests.settings import settings

CLIPS, SIZE, RATE, FPS = 6, 32, 16000, 4.0
CLASSES = [("gong",), ("flute",), (), ("gong",), ("flute", "gong"), ("flute",)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shards")
    random = rng("run")
    with write_shard(made, "train-00000", SIZE) as writer:
        for number in range(CLIPS):
            writer.add(
                Clip(f"clip{number}", "x.mp4", "train", CLASSES[number], ""),
                random.integers(0, 256, (8, SIZE, SIZE, 3), dtype=np.uint8),
                random.integers(-9000, 9000, 2 * RATE, dtype=np.int16),
            )
    write_tables(made, writer.entries, [], ClipFormat(FPS, SIZE, RATE))
    return made


def context(folder: Path, scratch: Path, identity: str = "data") -> TrainingContext:
    return TrainingContext(open_shards(folder), identity, scratch, torch.device("cpu"), 0.0)


def row(name: str) -> Row:
    """Two steps of warm start and three of its own, on two thin towers."""
    return rows.resolve(settings(), "synthetic", name)


def trained(of: Row, at: TrainingContext, path: Path, seed: int = 0) -> bytes:
    method, _ = train_row(of, at, seed)
    checkpoint.save(path, dict(method.state_dict()))
    return path.read_bytes()


def test_same_seed_same_bytes_whoever_did_the_warm_start(folder: Path, tmp_path: Path) -> None:
    alone = trained(row("isi"), context(folder, tmp_path / "one"), tmp_path / "a.pt")
    trained(row("ours"), context(folder, tmp_path / "two"), tmp_path / "b.pt")
    shared = trained(row("isi"), context(folder, tmp_path / "two"), tmp_path / "c.pt")
    assert len(list((tmp_path / "two").glob("warm-start-*.pt"))) == 1
    assert alone == shared


def test_other_seed_or_data_or_network_shares_nothing(folder: Path, tmp_path: Path) -> None:
    first = trained(row("ours"), context(folder, tmp_path), tmp_path / "a.pt")
    assert trained(row("ours"), context(folder, tmp_path), tmp_path / "b.pt", seed=1) != first
    trained(row("ours"), context(folder, tmp_path, identity="other data"), tmp_path / "c.pt")
    trained(row("ots"), context(folder, tmp_path), tmp_path / "d.pt")
    assert len(list(tmp_path.glob("warm-start-*.pt"))) == 4


def test_unfinished_work_on_other_data_is_not_continued(folder: Path, tmp_path: Path) -> None:
    of = row("ours")
    here, other = context(folder, tmp_path), context(folder, tmp_path, "other")
    assert unfinished_path(of, here, 0) != unfinished_path(of, other, 0)
    assert unfinished_path(of, here, 0) != unfinished_path(of, here, 1)


def test_curve_counts_through_both_phases(folder: Path, tmp_path: Path) -> None:
    _, curve = train_row(row("ours"), context(folder, tmp_path), 0)
    assert [(record["phase"], record["step"]) for record in curve] == [
        (0, 1), (0, 2), (1, 3), (1, 4), (1, 5)
    ]  # fmt: skip
    assert "node_cosine" in curve[-1]


def test_finished_seed_is_not_trained_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-S seeds=[0,1]` after `seeds=[0]` costs one training."""
    first = trained(row("ours"), context(folder, tmp_path), tmp_path / "a.pt")
    monkeypatch.setattr("avloc.training.run.train", None)
    assert trained(row("ours"), context(folder, tmp_path), tmp_path / "b.pt") == first


#: What happened while `in_phases` was trained.
Events = list[tuple[object, ...]]


def in_phases(method: Method, events: Events, stop_at: str) -> Method:
    """Give a method three phases: half of the steps, what is left, and a mere preparation."""

    def loss(batch: Batch) -> LossAndMonitors:
        events.append(("step", len(batch.frames)))
        return type(method).loss(method, batch)

    def look(name: str) -> Callable[[ClipReader], None]:
        def prepare(corpus: ClipReader) -> None:
            assert not method.training
            seen = list(corpus())
            assert [len(part.sounds) for part in seen] == [4, 2]
            assert torch.cat([part.classes for part in seen]).tolist() == [1, 0, -1, 1, -1, 0]
            events.append((name,))
            if name == stop_at:
                raise KeyboardInterrupt

        return prepare

    class InPhases(type(method)):  # type: ignore[misc]  # a class found at run time
        @property
        def phases(self) -> tuple[Phase, ...]:
            return (
                Phase("first", 0.5, loss, frames=1, sounds=2),
                Phase("second", 0.5, loss, frames=2, sounds=2, prepare=look("between")),
                Phase("last", 0.0, loss, prepare=look("end")),
            )

    method.__class__ = InPhases
    return method


@pytest.fixture
def phased(monkeypatch: pytest.MonkeyPatch) -> Callable[[Events, str], None]:

    def use(events: Events, stop_at: str) -> None:
        monkeypatch.setattr(
            run, "build", lambda row, classes: in_phases(build(row, classes), events, stop_at)
        )

    return use


def steps_of(curve: Curve) -> list[tuple[float, float]]:
    return [(record["phase"], record["step"]) for record in curve]


def test_phases_run_in_order_each_with_its_draws(
    folder: Path, tmp_path: Path, phased: Callable[[Events, str], None]
) -> None:
    events: Events = []
    phased(events, "")
    _, curve = train_row(row("ours"), context(folder, tmp_path), 0)
    assert events == [("step", 1), ("step", 1), ("between",), ("step", 2), ("end",)]
    assert steps_of(curve) == [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5)]


def test_training_killed_between_phases_repeats_no_finished_phase(
    folder: Path, tmp_path: Path, phased: Callable[[Events, str], None]
) -> None:
    events: Events = []
    phased(events, "end")
    with pytest.raises(KeyboardInterrupt):
        train_row(row("ours"), context(folder, tmp_path), 0)
    again: Events = []
    phased(again, "")
    _, curve = train_row(row("ours"), context(folder, tmp_path), 0)
    assert again == [("step", 2), ("end",)], "from the state at the second phase's beginning"
    assert steps_of(curve) == [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5)]
    assert not unfinished_path(row("ours"), context(folder, tmp_path), 0).exists()
