"""The walk of section 3 in numbers: from the nodes of a mixture to the images and back (Eqs. 1-4).

Conventions
-----------
Similarities are (..., k nodes, n images): cosines of Eq. 1, in [-1, 1].
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from avloc.report.maps import Floats


@dataclass(frozen=True)
class Walk:
    """Transitions of a random walk, and how often it ends where it began.

    Parameters
    ----------
    to_image
        (..., k, n), A_SI of Eq. 2: from each node to the images; sums to 1 over images.
    to_node
        (..., n, k), A_IS of Eq. 2: from each image to the nodes; sums to 1 over nodes.
    """

    to_image: Floats
    to_node: Floats

    @classmethod
    def of(cls, similarity: Floats, temperature: float) -> Self:
        """Return the walk that similarities make.

        Parameters
        ----------
        similarity
            (..., k, n).
        temperature
            tau, greater than 0.
        """
        to_node = _softmax(similarity.swapaxes(-1, -2) / temperature)
        return cls(_softmax(similarity / temperature), to_node)

    @property
    def returns(self) -> Floats:
        """How likely a walk from each node is to end there, (..., k): the diagonal in Eq. 4."""
        return np.asarray(np.einsum("...ki,...ik->...k", self.to_image, self.to_node))

    @property
    def loss(self) -> Floats:
        """Eq. 4 of each mixture, (...): 0 if every walk returns."""
        smallest = np.finfo(np.float64).tiny  # a probability that is rounded to 0 stays finite
        return np.asarray(-np.log(np.maximum(self.returns, smallest)).mean(axis=-1))


def similarities(maps: Floats, images: int) -> Floats:
    """Return Eq. 1 for the images side by side in one picture.

    Parameters
    ----------
    maps
        (..., k, h, w) cosines.
    images
        n, how many images of equal width there are. A column of cells that two of them share counts
        for both.

    Returns
    -------
    ndarray
        (..., k, n): the maximum over the cells of each image.
    """
    width = maps.shape[-1]
    found = [maps[..., _columns(image, images, width)] for image in range(images)]
    return np.stack([part.max(axis=(-2, -1)) for part in found], axis=-1).astype(np.float64)


def peaks_by_image(maps: Floats, images: int) -> Floats:
    """Return where the similarities are reached.

    Parameters
    ----------
    maps, images
        As of `similarities`.

    Returns
    -------
    ndarray
        (..., k, n, 2): x from the left and y from the top of the whole picture, as fractions of
        it. Of several equal cells the first counts, row by row.
    """
    height, width = maps.shape[-2:]
    found = []
    for image in range(images):
        columns = _columns(image, images, width)
        part = maps[..., columns]
        cell = part.reshape(*part.shape[:-2], -1).argmax(axis=-1)
        row, column = np.divmod(cell, part.shape[-1])
        x, y = (column + columns.start + 0.5) / width, (row + 0.5) / height
        found.append(np.stack([x, y], axis=-1))
    return np.stack(found, axis=-2)


def _columns(image: int, images: int, width: int) -> slice:
    """Return the columns of cells that an image covers, wholly or in part."""
    return slice(image * width // images, -(-(image + 1) * width // images))


def _softmax(values: Floats) -> Floats:
    exponentials = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))
