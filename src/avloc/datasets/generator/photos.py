"""Photos as material of videos: read them, and draw the part that a zoom shows."""

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError

#: Begin of a JPEG, its end, and what follows 0xFF where a segment begins.
JPEG, JPEG_END, JPEG_MARKER = b"\xff\xd8", b"\xd9", re.compile(rb"\xff+([^\x00\x01\xff\xd0-\xd7])")


def read_photo(path: Path) -> NDArray[np.uint8]:
    """Return a photo as (H, W, 3) RGB, turned as its EXIF data ask for.

    Raises
    ------
    UserError
        If it is no picture that can be read, or is cut off.
    """
    data = np.fromfile(path, np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except cv2.error:
        image = None
    if image is None:
        raise UserError(f"{path} is no picture that can be read")
    # OpenCV makes up what a cut JPEG lacks; it does not read other cut pictures.
    content = data.tobytes()
    if content.startswith(JPEG) and not _jpeg_ends(content):
        raise UserError(f"{path} is cut off: its end is missing")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _jpeg_ends(content: bytes) -> bool:
    """Whether a JPEG has the marker of its end, after all that lies before it."""
    place = len(JPEG)
    while found := JPEG_MARKER.search(content, place):
        if found[1] == JPEG_END:
            return True
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    return False


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
