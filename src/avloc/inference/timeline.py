"""The maps of a video, window by window, with numpy arrays only."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from avloc.inference.presence import Level

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Timeline:
    """What a model found in a video.

    Parameters
    ----------
    times_s
        (T,) times of the pictures, from the first one on, in equal steps; each is in the middle of
        the sound that was heard with it.
    maps
        (T, M, h, w) raw values, sources in one order (`avloc.inference.node_order`).
    silent
        (T,) whether nothing was heard around that time.
    level
        From which value on a map counts as present.
    """

    times_s: NDArray[np.float64]
    maps: Floats
    silent: NDArray[np.bool_]
    level: Level

    @cached_property
    def strengths(self) -> Floats:
        """(T, M) largest value of each map."""
        return np.asarray(self.maps.max(axis=(2, 3)), np.float32)

    @cached_property
    def present(self) -> Floats:
        """(T, M) levels."""
        return self.level.of(self.maps)[0]

    @cached_property
    def full(self) -> Floats:
        """(T, M) values of full colour."""
        return self.level.of(self.maps)[1]

    @cached_property
    def found(self) -> NDArray[np.bool_]:
        """(T, M) which maps count as present."""
        return np.asarray((self.strengths >= self.present) & ~self.silent[:, None])

    @property
    def step_s(self) -> float:
        """Seconds from one window to the next."""
        return float(self.times_s[1] - self.times_s[0]) if len(self.times_s) > 1 else 0.0

    def at(self, time_s: float) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
        """Return the maps at a time between the windows, interpolated, and which are present.

        Parameters
        ----------
        time_s
            From the first picture on; after the last window, its maps stay.

        Returns
        -------
        maps, present, full, found
            (M, h, w), and (M,) each. A map is found where that of the nearest window is.
        """
        place = np.interp(time_s, self.times_s, np.arange(len(self.times_s)))
        before = int(place)
        after, share = min(before + 1, len(self.times_s) - 1), np.float32(place - before)
        maps = (1 - share) * self.maps[before] + share * self.maps[after]
        present, full = self.level.of(maps)
        found = self.found[round(float(place))] & (maps.max(axis=(1, 2)) >= present)
        return maps, present, full, found
