"""One threshold for all images (arXiv 2410.01020): what a method marks when nothing there sounds.

A threshold on maps that are scaled image by image always marks something. One on raw values,
chosen on validation scenes, may leave an image empty. It should, where the sound is silence, noise,
or that of something off screen.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.localised_scene import LocalisedScene, Thresholds, overlap_curves
from avloc.evaluation.maps import raw
from avloc.evaluation.thresholds import cross_fitted

#: The threshold is sought among this many quantiles of the raw values.
QUANTILES = 50


def universal_threshold(scenes: Sequence[LocalisedScene]) -> float:
    """Return the raw value above which pixels count as found, with the best mean IoU or CIoU.

    Parameters
    ----------
    scenes
        Validation scenes of one kind.

    Returns
    -------
    float
        A quantile of the raw values, or just below them all if it is best to mark every pixel; of
        equally good ones the lowest.
    """
    levels = _levels(scenes)
    overlaps = overlap_curves(scenes, levels.tolist(), raw).mean(axis=0)
    return float(levels[int(np.argmax(overlaps))])


def universal_thresholds(
    scenes: Sequence[LocalisedScene], videos: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """Return the thresholds of a set without validation scenes, each chosen on other videos.

    Parameters
    ----------
    scenes
        N test scenes of one kind.
    videos
        Ids of the videos that each scene shows.

    Returns
    -------
    ndarray
        (N,): for each scene that of the scenes that share no video with it, or the fewest
        (`avloc.evaluation.thresholds.cross_fitted`).

    Raises
    ------
    ValueError
        If every other scene shows all videos of one scene.
    """
    # The levels tell nothing of the masks, so scenes may share them.
    levels = _levels(scenes).tolist()
    return cross_fitted(overlap_curves(scenes, levels, raw), videos, levels)[0]


def positive_share(scenes: Sequence[LocalisedScene], threshold: Thresholds) -> float:
    """Return the share of pixels above a threshold, in [0, 1], mean over scenes and maps.

    Parameters
    ----------
    scenes
        With any sound: the right one, silence, noise, or that of another scene.
    threshold
        On raw values; one for all scenes, or one for each.
    """
    # Compared in float32, as the maps are in the overlap.
    levels = np.broadcast_to(np.float32(threshold), len(scenes))
    shares = [
        (scene.at_mask_size(scene.scored_maps) > level).mean()
        for scene, level in zip(scenes, levels, strict=True)
    ]
    return float(np.mean(shares))


def _levels(scenes: Sequence[LocalisedScene]) -> NDArray[np.float32]:
    values = np.concatenate([scene.scored_maps.ravel() for scene in scenes]).astype(np.float32)
    below = np.nextafter(values.min(), np.float32(-np.inf))
    # Lower: a value that occurs, whatever way of interpolating numpy's next version takes.
    quantiles = np.quantile(values, np.arange(QUANTILES) / QUANTILES, method="lower")
    return np.concatenate([[below], quantiles]).astype(np.float32)
