"""On which of several images side by side a map has its peak.

The peak of a map is the cell with the highest value, before upsampling. If several images have a
cell with the highest value, or it lies in a column that two images share, the peak counts in equal
parts for each of them.
"""

from collections.abc import Iterable
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.localised_scene import check_maps
from avloc.evaluation.maps import Maps

Shares = NDArray[np.float64]


def image_shares(score: Maps, images: int) -> Shares:
    """Return how much of the peak of a map lies on each image, from left to right.

    Parameters
    ----------
    score
        (h, w).
    images
        How many stand side by side, all of one width.

    Returns
    -------
    ndarray
        (images,), which sums to 1: a single 1 unless the peak is tied.
    """
    columns = np.nonzero(score == score.max())[1]
    # In whole numbers: the centre of a column is (2 column + 1) / 2 of w / images to an image.
    image, rest = np.divmod((2 * columns + 1) * images, 2 * score.shape[1])
    touched = np.zeros(images)
    touched[image] = 1
    touched[image[rest == 0] - 1] = 1
    return np.asarray(touched / touched.sum())


def half(single_maps: Iterable[Maps]) -> Shares:
    """Return the share of single sounds whose map peaks on their own image, scene by scene.

    Parameters
    ----------
    single_maps
        Per scene (n, h, w): a map of n images side by side with the sound of the first image alone,
        then one with that of the second, and so on.

    Returns
    -------
    ndarray
        (N,) in [0, 1]; chance is 1 / n.

    Raises
    ------
    ValueError
        If there is no scene, or a map holds a value that is not finite.
    """
    shares = []
    for number, maps in enumerate(single_maps):
        check_maps(maps, number)
        own = [image_shares(score, len(maps))[image] for image, score in enumerate(maps)]
        shares.append(float(np.mean(own)))
    return _checked(shares)


def assigned(maps: Iterable[Maps], images: int) -> Shares:
    """Return whether every image of a mixture has a map that peaks on it, scene by scene.

    If peaks are tied, it is the chance that it has.

    Parameters
    ----------
    maps
        Per scene (M, h, w), M >= n maps of n images side by side.
    images
        n, the number of images.

    Returns
    -------
    ndarray
        (N,) in [0, 1]; with two maps of two images chance is 1 / 2, with three of three 2 / 9.

    Raises
    ------
    ValueError
        If there is no scene, fewer maps than images, or a value that is not finite.
    """
    groups = list(chain.from_iterable(combinations(range(images), n) for n in range(images + 1)))
    shares = []
    for number, scene in enumerate(maps):
        check_maps(scene, number)
        if len(scene) < images:
            raise ValueError(
                f"scene {number} has {len(scene)} maps; {images} are needed to find {images} images"
            )
        peaks = np.stack([image_shares(score, images) for score in scene])
        # Inclusion and exclusion over the groups of images on which no map peaks.
        missed = [(-1) ** len(g) * (1 - peaks[:, list(g)].sum(axis=1)).prod() for g in groups]
        shares.append(float(np.sum(missed)))
    return _checked(shares)


def _checked(shares: list[float]) -> Shares:
    if not shares:
        raise ValueError("there is no scene to evaluate; give at least one")
    return np.array(shares)
