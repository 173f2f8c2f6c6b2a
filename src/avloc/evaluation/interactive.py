"""Interactive localisation: every sound of an image, heard alone, must find its own source.

Senocak et al. (ICCV 2023, and its extension of 2024) show an image with several sources one sound
after another. The image counts only if the overlap with the right source is large enough for each
sound, so a map that ignores the sound cannot win by covering the most salient source. No pairing of
maps and sources has to be chosen.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.localised_scene import Thresholds, validate
from avloc.evaluation.maps import Maps, Masks, min_max, upsample
from avloc.evaluation.metric import PerScene
from avloc.evaluation.overlap import area_under_curve, iou_matrix, success_rate

#: The overlap that every sound has to reach.
LEVEL = 0.5


def least_overlaps(
    single_maps: Iterable[Maps], masks: Iterable[Masks], threshold: Thresholds
) -> PerScene:
    """Return the IoU of the sound that finds its source worst, scene by scene.

    Parameters
    ----------
    single_maps
        Per scene (K, h, w): the map of the image with the sound of source k alone.
    masks
        Per scene (K, H, W) bool, the pixels of each source, none empty.
    threshold
        In [0, 1), one for all scenes or (N,). A pixel counts as found strictly above it, after each
        map is scaled to [0, 1].

    Returns
    -------
    ndarray
        (N,) in [0, 1].

    Raises
    ------
    ValueError
        As `avloc.evaluation.validate`; if a scene has not one map for each source; or if a mask is
        empty.
    """
    scenes = _checked(single_maps, masks)
    levels = np.broadcast_to(threshold, len(scenes)).tolist()
    least = []
    for (maps, truth), level in zip(scenes, levels, strict=True):
        overlaps = iou_matrix(min_max(upsample(maps, *truth.shape[1:])), truth, (level,))
        least.append(np.diagonal(overlaps[0]).min())
    return np.array(least)


def least_overlaps_adaptive(single_maps: Iterable[Maps], masks: Iterable[Masks]) -> PerScene:
    """Return the same where each map is cut at as many pixels as its source has.

    No threshold has to be chosen, but the size of the source is taken from its mask.

    Parameters
    ----------
    single_maps, masks
        As for `least_overlaps`.

    Raises
    ------
    ValueError
        As `least_overlaps`.
    """
    return np.array(
        [
            min(
                cut_to_size(values, mask)
                for values, mask in zip(upsample(maps, *truth.shape[1:]), truth, strict=True)
            )
            for maps, truth in _checked(single_maps, masks)
        ]
    )


def cut_to_size(values: Maps, mask: NDArray[np.bool_]) -> float:
    """Return the IoU of a mask with as many of the highest pixels as it has.

    Of pixels that are tied at the cut, the share that still fits counts as found, wherever they
    lie.

    Parameters
    ----------
    values
        (H, W), any range.
    mask
        (H, W), not empty.
    """
    size = int(mask.sum())
    cut = np.partition(values, values.size - size, axis=None)[values.size - size]
    above, tied = values > cut, values == cut
    share = (size - above.sum()) / tied.sum()
    common = float((above & mask).sum() + share * (tied & mask).sum())
    return common / (2 * size - common)


def interactive_scores(overlaps: PerScene, suffix: str = "") -> dict[str, float]:
    """Return IIoU and IAUC of a test set, in percent.

    Parameters
    ----------
    overlaps
        (N,) of `least_overlaps` or `least_overlaps_adaptive`.
    suffix
        Of their names, as in ``iiou_adaptive@0.5``.
    """
    return {
        f"iiou{suffix}@{LEVEL}": 100 * success_rate(overlaps, LEVEL),
        f"iauc{suffix}": 100 * area_under_curve(overlaps),
    }


def _checked(single_maps: Iterable[Maps], masks: Iterable[Masks]) -> list[tuple[Maps, Masks]]:
    maps, truths = list(single_maps), list(masks)
    validate(maps, truths)
    for number, (scene, truth) in enumerate(zip(maps, truths, strict=True)):
        if len(scene) != len(truth):
            raise ValueError(
                f"scene {number} has {len(scene)} maps of single sounds and {len(truth)} masks; "
                "give one map for each"
            )
        if not truth.any(axis=(1, 2)).all():
            raise ValueError(f"scene {number} has an empty mask; leave that source out")
    return list(zip(maps, truths, strict=True))
