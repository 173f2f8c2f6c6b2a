"""The best threshold of a method, chosen on other scenes than those it scores (section 4.4; D9).

If a set has validation scenes, one threshold is chosen on them. MUSIC and VGGSound-Instruments have
none, since all their annotated videos are test videos. There each test scene takes the threshold
that is best on scenes of other videos (cross-fitting): every scene is scored, and none influences
its own threshold.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: 0.05, 0.10, ..., 0.95.
GRID: tuple[float, ...] = tuple(i / 20 for i in range(1, 20))

#: The threshold of the paper's own method ("in all experiments", section 4.4), on the grid.
PAPER = 0.4

Curves = NDArray[np.float64]


def choose_threshold(curves: Curves) -> float:
    """Return the threshold of the grid with the highest mean IoU (solo) or CIoU (multi).

    The mean IoU differs from the area under the success curve by at most 0.025 and, unlike it, does
    not move in steps. The lowest of equally good thresholds is taken.

    Parameters
    ----------
    curves
        (N, T) overlaps of N validation scenes, never of scenes that are scored, at the T
        thresholds of `GRID` (`avloc.evaluation.overlap_curves`).
    """
    return GRID[int(np.argmax(curves.mean(axis=0)))]


def cross_fitted(
    curves: Curves, videos: Sequence[Sequence[str]], grid: Sequence[float] = GRID
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return for each scene the threshold that is best on scenes of other videos.

    Frames of a video are alike, so a threshold is chosen on the scenes that share no video with the
    scene it is for. In sets of pairs or mosaics of few videos there may be no such scene. Then the
    scenes are taken that share the fewest videos with it, but never scenes that show all of its
    videos, such as the scene itself.

    Parameters
    ----------
    curves
        (N, T) overlaps of all scenes at the T thresholds of the grid.
    videos
        Ids of the videos that each scene shows, in any order.
    grid
        The T thresholds, ascending.

    Returns
    -------
    thresholds
        (N,) of the grid; scenes of the same videos have the same one.
    shared
        (N,) how many videos a scene shares with those on which its threshold was chosen; 0 unless
        there were too few videos.

    Raises
    ------
    ValueError
        If every other scene shows all videos of one scene, as in a set of a single video.
    """
    members: dict[frozenset[str], list[int]] = {}
    for number, own in enumerate(videos):
        members.setdefault(frozenset(own), []).append(number)
    names = sorted(frozenset().union(*members))
    shows = np.array([[name in own for name in names] for own in members], np.int64)
    # Summed group by group, never as a difference from a sum over all scenes: not even by rounding
    # may a scene influence its own threshold.
    sums = np.stack([curves[numbers].sum(axis=0) for numbers in members.values()])
    thresholds, shared = np.empty(len(videos)), np.empty(len(videos), np.int64)
    for group, (shown, numbers) in enumerate(members.items()):
        common = shows @ shows[group]
        others = common < len(shown)
        if not others.any():
            raise ValueError(
                f"every other scene shows all videos of scene {numbers[0]}: "
                f"{', '.join(sorted(shown))}"
            )
        fewest = common[others].min()
        thresholds[numbers] = grid[int(np.argmax(sums[common == fewest].sum(axis=0)))]
        shared[numbers] = fewest
    return thresholds, shared
