"""One threshold for all images (arXiv 2410.01020): what a row marks when nothing there sounds.

A threshold on maps that are scaled image by image always marks something. One on raw values,
chosen on validation scenes, may leave an image empty, and should where the sound is silence,
noise, or that of something off screen.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import Masks, raw, upsample
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.protocol import PROTOCOLS, Kind, mean_overlap

#: The threshold is sought among this many quantiles of the raw values.
QUANTILES = 50


def universal_threshold(scenes: Sequence[Prediction], masks: Sequence[Masks], kind: Kind) -> float:
    """Return the raw value above which pixels count as found, with the best mean IoU or CIoU.

    Parameters
    ----------
    scenes, masks
        Of validation scenes, as in `avloc.evaluation.protocol.evaluate_set`.
    kind
        Of the set.

    Returns
    -------
    float
        A quantile of the raw values, or just below them all where marking everything is best; of
        equally good ones the lowest.
    """
    levels = _levels(scenes, kind)
    overlap = mean_overlap(scenes, masks, levels.tolist(), kind, raw)
    return float(levels[int(np.argmax(overlap))])


def positive_share(
    scenes: Iterable[Prediction], canvas: tuple[int, int], threshold: float, kind: Kind
) -> float:
    """Return the share of the canvas above a threshold, in [0, 1], mean over scenes and maps.

    Parameters
    ----------
    scenes
        Of any sound: the right one, silence, noise, or that of another scene.
    canvas
        Height and width in pixels.
    threshold
        On raw values.
    kind
        Of the set: it says which maps are scored.
    """
    scored = PROTOCOLS[kind].scored
    # Compared in float32, as the maps are in the overlap.
    level = np.float32(threshold)
    return float(np.mean([(upsample(scored(scene), *canvas) > level).mean() for scene in scenes]))


def _levels(scenes: Iterable[Prediction], kind: Kind) -> NDArray[np.float32]:
    scored = PROTOCOLS[kind].scored
    values = np.concatenate([scored(scene).ravel() for scene in scenes]).astype(np.float32)
    below = np.nextafter(values.min(), np.float32(-np.inf))
    # Lower: a value that occurs, whatever way of interpolating numpy's next version takes.
    quantiles = np.quantile(values, np.arange(QUANTILES) / QUANTILES, method="lower")
    return np.concatenate([[below], quantiles]).astype(np.float32)
