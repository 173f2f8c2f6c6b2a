"""Stored output of frozen blocks: of the right views, computed once, and shared."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from avloc.config import rows
from avloc.config.rows import Row
from avloc.data.clips import Clip
from avloc.data.shards.format import ClipFormat, write_tables
from avloc.data.shards.reader import Shards, open_shards
from avloc.data.shards.writer import write_shard
from avloc.errors import UserError
from avloc.methods.base import Method
from avloc.nets.trunk import reading_features
from avloc.seeding import rng
from avloc.training import features
from avloc.training.batches import assemble, batches, classes_of, on_device
from avloc.training.build import build
from avloc.training.images import CroppedFrames
from avloc.training.inputs import TrainingContext, sampler_of, train_clips, training_split
from avloc.training.requirements import faults_of
from avloc.training.run import train_row
from tests.settings import settings

CLIPS, SIZE, RATE, FPS = 6, 32, 16000, 4.0
VIEWS = 3


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("shards")
    random = rng("features")
    with write_shard(folder, "train-00000", SIZE) as writer:
        for number in range(CLIPS):
            writer.add(
                Clip(f"clip{number}", "x.mp4", "train" if number else "val", ("gong",), ""),
                random.integers(0, 256, (8, SIZE, SIZE, 3), dtype=np.uint8),
                random.integers(-9000, 9000, 2 * RATE, dtype=np.int16),
            )
    write_tables(folder, writer.entries, [], ClipFormat(FPS, SIZE, RATE))
    return open_shards(folder)


def row(name: str = "ours", views: int = VIEWS, frozen_blocks: int = 2) -> Row:
    """Two frozen blocks of a thin ResNet-18, and no warm start."""
    plain = rows.resolve(settings(), "synthetic", name)
    warm_start = plain.train.warm_start.model_copy(update={"steps": 0})
    train = plain.train.model_copy(update={"views": views, "warm_start": warm_start})
    net = plain.net.model_copy(update={"frozen_blocks": frozen_blocks})
    return plain.model_copy(update={"train": train, "net": net})


def method_of(of: Row, shards: Shards) -> Method:
    torch.manual_seed(0)
    return build(of, classes_of(shards))


def context(shards: Shards, scratch: Path) -> TrainingContext:
    return TrainingContext(shards, "data", scratch, torch.device("cpu"), 45.0)


@pytest.mark.parametrize("name", ["ours", "ots-mix", "dsol"])
def test_loss_is_that_of_the_images_that_the_views_show(
    name: str, shards: Shards, tmp_path: Path
) -> None:
    """A wrong order of clips and views, a lost crop or a lost flip would show here.

    Frames side by side (OTS-mix) differ at the seam, where frozen blocks see the other frame, so
    its loss is not compared.
    """
    of, cpu = row(name), torch.device("cpu")
    method = method_of(of, shards).train()
    phase = method.phases[0]
    sampler = sampler_of(of, shards, (phase.frames, phase.sounds), seed=5)
    frames = CroppedFrames(shards, train_clips(shards))
    with training_split(method, of, context(shards, tmp_path)) as split:
        batch = next(batches(split, sampler, 3, 4, cpu))
        loss, _ = phase.loss(batch)
    draw = sampler.draw(3)
    sounds = assemble(split, draw, sampler.window)[:1]
    plain = on_device(frames, [*sounds, *frames.gather(draw.clips, draw.views)], cpu)
    assert torch.equal(batch.sounds, plain.sounds)
    trunk = features.trunk_of(method)
    expected = trunk.frozen_features(plain.frames.flatten(0, 1))
    torch.testing.assert_close(batch.frames.flatten(0, 1), expected, rtol=2e-3, atol=2e-3)
    if name != "ots-mix":
        torch.testing.assert_close(loss, phase.loss(plain)[0], rtol=0.01, atol=0.01)


def test_a_network_reads_images_again_afterwards(shards: Shards) -> None:
    method = method_of(row(), shards).eval()
    trunk = features.trunk_of(method)
    images = torch.randn(2, 3, SIZE, SIZE)
    before = trunk(images)
    with pytest.raises(ZeroDivisionError), reading_features(method):
        torch.testing.assert_close(trunk(trunk.frozen_features(images)), before)
        raise ZeroDivisionError
    assert torch.equal(trunk(images), before)


def test_views_are_computed_once_for_all_rows_and_seeds(
    shards: Shards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_row(row("ours"), context(shards, tmp_path), 0)
    monkeypatch.setattr(features, "_write_part", None)
    train_row(row("isi"), context(shards, tmp_path), 0)
    assert len(list(tmp_path.glob("features-*"))) == 1


def test_killed_computation_continues_with_the_parts_that_are_missing(
    shards: Shards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """15 views in parts of 4: the run dies in the third part and the next one computes two."""
    monkeypatch.setattr(features, "PART", 4)
    of = row()
    method, write = method_of(of, shards), features._write_part
    written = list[int]()

    def dying(*arguments: Any) -> None:
        number = arguments[5]
        if number == 2 and len(written) == 2:
            raise KeyboardInterrupt
        written.append(number)
        write(*arguments)

    monkeypatch.setattr(features, "_write_part", dying)
    with (
        pytest.raises(KeyboardInterrupt),
        training_split(method, of, context(shards, tmp_path)),
    ):
        pass
    written.append(-1)
    with training_split(method, of, context(shards, tmp_path)) as split:
        assert written == [0, 1, -1, 2, 3]
        draw = sampler_of(of, shards, (1, 1), 0).draw(0)
        assert split.images.gather(draw.clips, draw.views)[0].isfinite().all()


def test_damaged_part_is_named(shards: Shards, tmp_path: Path) -> None:
    of = row()
    method = method_of(of, shards)
    with training_split(method, of, context(shards, tmp_path)):
        pass
    (part,) = tmp_path.glob("features-*/*.npy")
    part.write_bytes(part.read_bytes()[:200])
    with (
        pytest.raises(UserError, match=r"00000\.npy is damaged; delete it and run again"),
        training_split(method, of, context(shards, tmp_path)),
    ):
        pass


def test_untrained_row_computes_no_features(shards: Shards, tmp_path: Path) -> None:
    of = row()
    untrained = of.model_copy(update={"train": of.train.model_copy(update={"steps": 0})})
    method, curve = train_row(untrained, context(shards, tmp_path), 0)
    assert curve == []
    assert not method.training
    assert not list(tmp_path.glob("features-*"))


def test_views_without_frozen_blocks_are_refused_before_training(shards: Shards) -> None:
    faults = faults_of(row(frozen_blocks=0), shards)
    assert any("train.views needs frozen blocks" in fault for fault in faults)
    assert not any("train.views" in fault for fault in faults_of(row(views=0), shards))
