"""Masks of pixels: their run lengths, boxes drawn as masks, and resizing.

Run lengths have the uncompressed form of COCO: pixels are counted column by column, and the first
count is that of pixels outside the mask.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError

#: (x, y, w, h): top-left corner, width and height, as fractions of the frame.
Box = tuple[float, float, float, float]

#: Added to the corner of a box: fractions such as 1/49 times 49 would fall just below their pixel.
NUDGE = 1e-9


def encode_mask(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the run lengths of a mask.

    Parameters
    ----------
    mask
        (H, W) bool.

    Returns
    -------
    dict
        ``{"size": [H, W], "counts": [...]}`` with plain integers, as JSON can hold.
    """
    pixels = mask.ravel(order="F")
    edges = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    counts = np.diff(np.concatenate([[0], edges, [pixels.size]])).tolist()
    if pixels.size and pixels[0]:
        counts.insert(0, 0)
    return {"size": list(mask.shape), "counts": counts}


def decode_mask(code: dict[str, Any]) -> NDArray[np.bool_]:
    """Return the (H, W) mask of run lengths.

    Parameters
    ----------
    code
        As `encode_mask` returns it.

    Raises
    ------
    UserError
        If a key is missing, a number is negative or fractional, or the counts do not add up to the
        size.
    """
    try:
        height, width = code["size"]
        counts = list(code["counts"])
    except (KeyError, TypeError, ValueError):
        raise UserError(
            "a mask is not of the form {'size': [height, width], 'counts': [...]}; write it "
            "as uncompressed COCO run lengths"
        ) from None
    numbers = [height, width, *counts]
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers):
        raise UserError(
            "a mask has a size or a count that is not a whole number of pixels; write it as "
            "uncompressed COCO run lengths"
        )
    if sum(counts) != height * width:
        raise UserError(
            f"the counts of a mask add up to {sum(counts)} pixels but its size "
            f"{height} x {width} has {height * width}; write it again"
        )
    inside = np.arange(len(counts)) % 2 == 1
    return np.repeat(inside, counts).reshape((height, width), order="F")


def box_mask(box: Box, height: int, width: int) -> NDArray[np.bool_]:
    """Return a box as a filled mask.

    The mask has the rows from ``int(y H)`` to ``int(y H + h H)``, the last one excluded, and the
    columns likewise, as in the evaluation of the MUSIC boxes (Hu et al., NeurIPS 2020). The part of
    a box outside the frame is cut off.

    Parameters
    ----------
    box
        (x, y, w, h), as fractions of the frame.
    height, width
        H and W of the frame, in pixels.

    Returns
    -------
    ndarray
        (H, W) bool; empty if the box is thinner than a pixel and covers none.
    """
    x, y, w, h = box
    mask = np.zeros((height, width), dtype=bool)
    rows = slice(max(int(y * height), 0), max(int(y * height + h * height), 0))
    columns = slice(max(int(x * width), 0), max(int(x * width + w * width), 0))
    mask[rows, columns] = True
    return mask


def box_of(mask: NDArray[np.bool_]) -> Box:
    """Return the smallest box around a mask; `box_mask` at the same size draws the same rectangle.

    Parameters
    ----------
    mask
        (H, W) bool, not empty.

    Raises
    ------
    ValueError
        If the mask is empty.
    """
    if not mask.any():
        raise ValueError("an empty mask has no box")
    height, width = mask.shape
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    return (
        left / width + NUDGE,
        top / height + NUDGE,
        (right - left) / width,
        (bottom - top) / height,
    )


def resize_mask(mask: NDArray[np.bool_], height: int, width: int) -> NDArray[np.bool_]:
    """Resize a mask by the nearest neighbour, centre to centre.

    Parameters
    ----------
    mask
        (h, w) bool.
    height, width
        H and W of the result, in pixels.

    Returns
    -------
    ndarray
        (H, W) bool.
    """
    rows = ((np.arange(height) + 0.5) * mask.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * mask.shape[1] / width).astype(np.intp)
    return np.asarray(mask[np.ix_(rows, columns)])
