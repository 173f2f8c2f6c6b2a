from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from avloc.report.maps import Floats, Masks, SetMaps
from avloc.report.settings import Settings, read_settings

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(scope="session")
def settings() -> Settings:
    """What the project itself renders."""
    return read_settings(yaml.safe_load(PARAMS.read_text(encoding="utf-8"))["render"])


@dataclass(frozen=True)
class FakeScenes:
    images: NDArray[np.uint8]
    targets: Masks

    def masks(self, number: int, /) -> Masks:
        return np.asarray(self.targets[number])


@pytest.fixture
def scenes() -> FakeScenes:
    """Eight images, 32 x 64, with a source in either half; in the last only the left one."""
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    images = np.broadcast_to(ramp[None, None, :, None], (8, 32, 64, 3))
    targets = np.zeros((8, 2, 32, 64), dtype=bool)
    targets[:, 0, 8:24, 4:20] = True
    targets[:-1, 1, 8:24, 44:60] = True
    return FakeScenes(images, targets)


@pytest.fixture
def set_maps() -> Callable[[int], SetMaps]:
    """Maps of eight scenes: with two, the right half comes first."""

    def make(count: int) -> SetMaps:
        maps = np.zeros((8, count, 4, 8), dtype=np.float16)
        maps[:, 0, :, 4:] = 1
        maps[:, -1, :, :4] = 1
        return SetMaps(maps, np.arange(8, dtype=np.float32) / 8, np.full(8, 0.4))

    return make


@pytest.fixture
def measure() -> Callable[[Floats, Masks], tuple[Floats, Floats]]:
    """Repeat cells up to the canvas; the precision is the mean of the map inside the mask."""

    def of(maps: Floats, masks: Masks) -> tuple[Floats, Floats]:
        canvas = maps.repeat(8, axis=1).repeat(8, axis=2)
        return canvas, np.array([[score[mask].mean() for mask in masks] for score in canvas])

    return of
