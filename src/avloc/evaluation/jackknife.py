"""The standard error of a mean over scenes, for the choice of videos (decision D28).

Frames of a video are alike, so thousands of them tell little more than their videos do. The
jackknife leaves out one video at a time, with every scene that shows it. It needs no random draws,
unlike the bootstrap that compares rows (`avloc.evaluation.bootstrap`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def standard_error(values: NDArray[np.floating], videos: Sequence[Sequence[str]]) -> float | None:
    """Return the jackknife standard error of a mean, in the unit of the values.

    If every scene shows one video of its own, it is the usual standard error: the spread (n - 1)
    divided by the root of n.

    Parameters
    ----------
    values
        (N,) of the scenes.
    videos
        Ids of the videos that each scene shows.

    Returns
    -------
    float or None
        None if there is a single video, or a video that all scenes show.
    """
    scenes_of: dict[str, list[int]] = {}
    for number, names in enumerate(videos):
        for name in names:
            scenes_of.setdefault(name, []).append(number)
    means = []
    for own in scenes_of.values():
        kept = np.ones(len(values), bool)
        kept[own] = False
        if not kept.any():
            return None
        means.append(values[kept].mean())
    return float(np.std(means) * np.sqrt(len(means) - 1))
