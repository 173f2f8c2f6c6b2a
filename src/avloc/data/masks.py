"""Pixel masks: their run-length form on disk, boxes drawn as masks, and resizing.

Run lengths are those of COCO's uncompressed form: pixels are read column by column, and the
counts begin with the pixels outside the mask.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError

#: (x, y, width, height) from the top-left corner, as fractions of the frame.
Box = tuple[float, float, float, float]

# Fractions such as 1/49 times 49 fall just below the pixel they came from; this lifts them over.
NUDGE = 1e-9


def encode_mask(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the run-length code of a mask.

    Parameters
    ----------
    mask
        (H, W) bool.

    Returns
    -------
    dict
        ``{"size": [H, W], "counts": [...]}`` with plain integers, ready for JSON.
    """
    pixels = mask.ravel(order="F")
    edges = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    counts = np.diff(np.concatenate([[0], edges, [pixels.size]])).tolist()
    if pixels.size and pixels[0]:
        counts.insert(0, 0)
    return {"size": list(mask.shape), "counts": counts}


def decode_mask(code: dict[str, Any]) -> NDArray[np.bool_]:
    """Return the (H, W) mask of a run-length code.

    Raises
    ------
    UserError
        If the code is not what `encode_mask` writes: a missing key, a negative or fractional
        number, or counts that do not add up to the size.
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
            "a mask holds a size or a count that is no whole number of pixels; write it as "
            "uncompressed COCO run lengths"
        )
    if sum(counts) != height * width:
        raise UserError(
            f"the counts of a mask add up to {sum(counts)} pixels but its size "
            f"{height} x {width} has {height * width}; write it anew"
        )
    inside = np.arange(len(counts)) % 2 == 1
    return np.repeat(inside, counts).reshape((height, width), order="F")


def box_mask(box: Box, height: int, width: int) -> NDArray[np.bool_]:
    """Draw a box as a filled mask.

    Rows ``int(y H)`` to ``int(y H + h H)`` (exclusive) and columns likewise, by truncation, as
    the evaluation of the MUSIC boxes does it (Hu et al., NeurIPS 2020). A part outside the
    canvas is cut off.

    Parameters
    ----------
    box
        (x, y, w, h) as fractions of the canvas.
    height, width
        Of the canvas, in pixels.

    Returns
    -------
    ndarray
        (H, W) bool; empty where the box is thinner than a pixel and meets none.
    """
    x, y, w, h = box
    mask = np.zeros((height, width), dtype=bool)
    rows = slice(max(int(y * height), 0), max(int(y * height + h * height), 0))
    columns = slice(max(int(x * width), 0), max(int(x * width + w * width), 0))
    mask[rows, columns] = True
    return mask


def box_of(mask: NDArray[np.bool_]) -> Box:
    """Return the tightest box around a mask; `box_mask` draws that box back at the same size.

    Parameters
    ----------
    mask
        (H, W) bool with at least one pixel.

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
    """Resize a mask to (height, width); each pixel takes the nearest one, centre to centre."""
    rows = ((np.arange(height) + 0.5) * mask.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * mask.shape[1] / width).astype(np.intp)
    return np.asarray(mask[np.ix_(rows, columns)])
