"""A row's training: the same bytes for the same seed, one warm start for equal networks."""

from pathlib import Path

import numpy as np
import pytest
import torch

from avloc import params, rows
from avloc.records import Clip
from avloc.rows import Row
from avloc.seeding import rng
from avloc.shards.format import Rates, open_shards, write_shard, write_tables
from avloc.training import checkpoint
from avloc.training.run import Site, train_row, unfinished

CLIPS, SIZE, RATE, FPS = 6, 32, 16000, 4.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shards")
    random = rng("run")
    with write_shard(made, "train-00000", SIZE) as writer:
        for number in range(CLIPS):
            writer.add(
                Clip(f"clip{number}", "x.mp4", "train", (), ""),
                random.integers(0, 256, (8, SIZE, SIZE, 3), dtype=np.uint8),
                random.integers(-9000, 9000, 2 * RATE, dtype=np.int16),
            )
    write_tables(made, writer.entries, [], Rates(FPS, SIZE, RATE))
    return made


def site(folder: Path, scratch: Path, identity: str = "data") -> Site:
    return Site(open_shards(folder), identity, scratch, torch.device("cpu"))


def row(name: str, seed: int = 0) -> Row:
    resolved = rows.resolve(params.load(), "synthetic", name)
    train = resolved.train.model_copy(
        update={
            "steps": 3,
            "warm_start": resolved.train.warm_start.model_copy(update={"steps": 2}),
            "batch_size": 4,
            "log_every": 1,
        }
    )
    net = resolved.net.model_copy(update={"width": 4})
    return resolved.model_copy(update={"train": train, "net": net, "seed": seed})


def trained(of: Row, at: Site, path: Path) -> bytes:
    method, _ = train_row(of, at)
    checkpoint.save(path, dict(method.state_dict()))
    return path.read_bytes()


def test_same_seed_same_bytes_whoever_did_the_warm_start(folder: Path, tmp_path: Path) -> None:
    alone = trained(row("isi"), site(folder, tmp_path / "one"), tmp_path / "a.pt")
    trained(row("ours"), site(folder, tmp_path / "two"), tmp_path / "b.pt")
    shared = trained(row("isi"), site(folder, tmp_path / "two"), tmp_path / "c.pt")
    assert len(list((tmp_path / "two").glob("warm-start-*.pt"))) == 1
    assert alone == shared


def test_other_seed_or_data_or_network_shares_nothing(folder: Path, tmp_path: Path) -> None:
    first = trained(row("ours"), site(folder, tmp_path), tmp_path / "a.pt")
    assert trained(row("ours", seed=1), site(folder, tmp_path), tmp_path / "b.pt") != first
    trained(row("ours"), site(folder, tmp_path, identity="other data"), tmp_path / "c.pt")
    trained(row("ots"), site(folder, tmp_path), tmp_path / "d.pt")
    assert len(list(tmp_path.glob("warm-start-*.pt"))) == 4


def test_unfinished_work_on_other_data_is_not_continued(folder: Path, tmp_path: Path) -> None:
    of = row("ours")
    assert unfinished(of, site(folder, tmp_path)) != unfinished(of, site(folder, tmp_path, "other"))


def test_curve_counts_through_both_phases(folder: Path, tmp_path: Path) -> None:
    _, curve = train_row(row("ours"), site(folder, tmp_path))
    assert [(record["phase"], record["step"]) for record in curve] == [
        (0, 1), (0, 2), (1, 3), (1, 4), (1, 5)
    ]  # fmt: skip
    assert "node_cosine" in curve[-1]
