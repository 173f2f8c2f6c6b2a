"""Kept image features: of the right images, computed once, and never more than the limit."""

import numpy as np
import pytest
import torch
from torch import nn

from avloc.config import rows
from avloc.inference.image_memory import ImageMemory
from avloc.inference.localiser import Localiser
from avloc.methods.base import Method
from avloc.nets.two_tower import ImageTower
from avloc.seeding import rng
from avloc.training.build import build
from avloc.training.trained_row import TrainedRow, TrainingData
from tests.settings import settings

SIZE, CLASSES = 32, ("flute", "gong")


def localiser(name: str) -> Localiser:
    row = rows.resolve(settings(), "synthetic", name)
    torch.manual_seed(0)
    data = TrainingData(image_px=SIZE, fps=4.0, clips=6, hash="")
    trained = TrainedRow(row=row, classes=CLASSES, data=data)
    return Localiser(trained, build(row, CLASSES), torch.device("cpu"), batch_size=2)


def images(name: str) -> np.ndarray:
    return rng(name).integers(0, 256, (5, SIZE, 2 * SIZE, 3), dtype=np.uint8)


def sounds(name: str) -> np.ndarray:
    return rng(name).uniform(-1, 1, (5, 1, 193, 64)).astype(np.float32)


def towers(method: Method) -> list[ImageTower]:
    return [module for module in method.modules() if isinstance(module, ImageTower)]


@pytest.mark.parametrize("name", ["ours", "ots", "dsol", "dmc", "attention", "sound-of-pixels"])
def test_maps_are_those_of_a_method_that_keeps_nothing(name: str) -> None:
    """A batch with the features of another one, or of other images, would have other maps."""
    keeping = localiser(name)
    first, second = images("first"), images("second")
    for seen, heard in ((first, "a"), (first, "b"), (second, "b"), (first, "c")):
        expected = localiser(name)(seen.copy(), sounds(heard))
        assert np.array_equal(keeping(seen, sounds(heard)), expected)


def test_image_trunk_sees_an_array_once_whatever_is_heard() -> None:
    keeping = localiser("ours")
    (tower,) = towers(keeping.method)
    seen = list[int]()
    inner = tower.trunk.get_submodule("trunk")
    inner.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    shown = images("first")
    for heard in "abc":
        keeping(shown, sounds(heard))
    assert seen == [2, 2, 1]
    keeping(images("second"), sounds("a"))
    assert seen == [2, 2, 1, 2, 2, 1]


def test_no_more_is_kept_than_the_limit() -> None:
    """Scenes of a large set would fill the memory."""
    method = localiser("ours").method
    for tower in towers(method):
        tower.trunk = tower.trunk.get_submodule("trunk")  # type: ignore[assignment]
    shown = torch.zeros(1, 3, SIZE, SIZE)
    (tower,) = towers(method)
    features = tower.trunk(shown).nbytes
    memory = ImageMemory(method, limit=2 * features)
    calls = list[int]()
    inner = tower.trunk.get_submodule("trunk")
    inner.register_forward_hook(lambda *_: calls.append(1))
    whole = images("first")
    for _ in range(2):
        for first in range(4):
            memory.look_at(whole, first)
            tower.trunk(shown)
    assert len(calls) == 4 + 2


def test_a_method_without_image_towers_is_left_alone() -> None:
    ImageMemory(nn.Linear(2, 2)).look_at(images("first"), 0)
