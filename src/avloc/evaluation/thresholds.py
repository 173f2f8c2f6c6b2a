"""The best threshold of a method, chosen on scenes that it does not score (section 4.4; D9).

Where a set has validation scenes, one threshold is chosen on them. Where it has none, as the
annotated videos of the real data sets are all test videos, each test scene takes the one that is
best on scenes of other videos: cross-fitting, by which every scene is scored and none has a say in
its own threshold.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: 0.05, 0.10, ..., 0.95.
GRID: tuple[float, ...] = tuple(i / 20 for i in range(1, 20))

#: The paper's own ("in all experiments", section 4.4), on the grid.
PAPER = 0.4

Curves = NDArray[np.float64]


def choose_threshold(curves: Curves) -> float:
    """Return the threshold of the grid with the highest mean IoU (solo) or CIoU (multi).

    The mean IoU stands for the area under the success curve, which follows it within 0.025 but
    moves in steps. Of equals the lowest threshold wins.

    Parameters
    ----------
    curves
        (N, T) overlaps of N validation scenes, never of scenes that are scored, at the T
        thresholds of `GRID` (`avloc.evaluation.protocol.overlap_curves`).
    """
    return GRID[int(np.argmax(curves.mean(axis=0)))]


def cross_fitted(
    curves: Curves, videos: Sequence[Sequence[str]]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return for each scene the threshold that is best on scenes of other videos.

    A scene belongs to every video that it shows, and frames of a video are alike: a scene that
    shares even one video with another would tell something of it. So a threshold is chosen on the
    scenes that share none, which for scenes of one video are those of all the other videos. Pairs
    and mosaics of few videos may leave none such; then those scenes count that share the fewest
    videos with it, but never scenes that show all of them, the scene itself among these.

    Parameters
    ----------
    curves
        (N, T) overlaps of all scenes at the T thresholds of `GRID`.
    videos
        Of every scene, those that it shows; their order does not matter.

    Returns
    -------
    thresholds
        (N,) of the grid; scenes of the same videos have the same one.
    shared
        (N,) how many of its videos the scenes show on which its threshold was chosen; 0 unless
        there were too few.

    Raises
    ------
    ValueError
        If every other scene shows all videos of some scene, as in a set of a single video.
    """
    members: dict[frozenset[str], list[int]] = {}
    for number, names in enumerate(videos):
        members.setdefault(frozenset(names), []).append(number)
    everything = sorted(frozenset().union(*members))
    shown = np.array([[name in own for name in everything] for own in members], np.int64)
    # Summed group by group and never over all scenes: not even by rounding may a scene get into
    # its own threshold.
    sums = np.stack([curves[numbers].sum(axis=0) for numbers in members.values()])
    thresholds, shared = np.empty(len(videos)), np.empty(len(videos), np.int64)
    for group, (own, numbers) in enumerate(members.items()):
        common = shown @ shown[group]
        others = common < len(own)
        if not others.any():
            listed = ", ".join(sorted(own))
            raise ValueError(f"every other scene shows all videos of scene {numbers[0]}: {listed}")
        fewest = common[others].min()
        thresholds[numbers] = GRID[int(np.argmax(sums[common == fewest].sum(axis=0)))]
        shared[numbers] = fewest
    return thresholds, shared
