"""Photos as material of videos: read them, and draw the part that a zoom shows."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError


def read_photo(path: Path) -> NDArray[np.uint8]:
    """Return a photo as (H, W, 3) RGB, turned as its EXIF data ask for.

    Raises
    ------
    UserError
        If it is no picture that can be read to its end.
    """
    # Not imread, which makes up what a JPEG that is cut off lacks.
    data = np.fromfile(path, np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except cv2.error:
        image = None
    if image is None:
        raise UserError(f"{path} is no picture that can be read, or is cut off")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def zoomed(
    photo: NDArray[np.uint8], zoom: float, corner: NDArray[np.float64], side_px: int
) -> NDArray[np.uint8]:
    """Return the part of a photo that a zoom shows, scaled to a square.

    Parameters
    ----------
    photo
        (H, W, 3).
    zoom
        At least 1; 1 shows the whole photo.
    corner
        Where the part lies: (0, 0) at the top left, (1, 1) at the bottom right.
    side_px
        Side of the square.

    Returns
    -------
    ndarray
        (side_px, side_px, 3).
    """
    height, width = photo.shape[:2]
    part = np.array([width, height]) / zoom
    x, y = corner * (np.array([width, height]) - part)
    scale = side_px / part
    # Pixel centres: the middle of output pixel 0 shows what lies half an output pixel inside.
    shift = [(0.5 - x) * scale[0] - 0.5, (0.5 - y) * scale[1] - 0.5]
    matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
    return np.asarray(
        cv2.warpAffine(photo, matrix, (side_px, side_px), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
