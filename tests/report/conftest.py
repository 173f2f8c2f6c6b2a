from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from avloc.config import params
from avloc.report.labels import Labels, read_labels
from avloc.report.maps import Masks, SetMaps
from avloc.report.settings import Settings, read_settings


@pytest.fixture(scope="session")
def labels() -> Labels:
    """The project's own names and layout."""
    return read_labels()


@pytest.fixture(scope="session")
def settings() -> Settings:
    """What the project itself sets."""
    return read_settings(params.load().report)


@dataclass(frozen=True)
class FakeScenes:
    images: NDArray[np.uint8]
    targets: Masks
    mixture: NDArray[np.float32] = field(default_factory=lambda: np.zeros((8, 1, 6, 4), np.float32))
    classes: Sequence[Sequence[str]] = (("bell", "reed_box"),) * 7 + (("bell",),)

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
    """Maps of eight scenes, highest in the middle of a half; with two, the right half is first."""

    def make(count: int) -> SetMaps:
        maps = np.zeros((8, count, 4, 8), dtype=np.float16)
        maps[:, 0, 1:3, 5:7] = 1
        maps[:, -1, 1:3, 1:3] = 1
        return SetMaps(maps, np.arange(8, dtype=np.float32) / 8, np.full(8, 0.4))

    return make
