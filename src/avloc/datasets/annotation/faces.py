"""Detect faces in an image by one of two detectors: from OpenCV, or from its model zoo.

The paper does not name the detector behind its face masks. Boxes are fractions of the image, faces
narrower than a given fraction of its shorter side are left out.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.data.masks import Box
from avloc.errors import UserError

#: Takes an image, (H, W, 3) RGB; returns the boxes of its faces, clipped to it.
Detector = Callable[[NDArray[np.uint8]], list[Box]]

# Chosen on 46 talking faces (docs/datasets/voxceleb2.md): of the frontal cascades this one has the
# fewest misses and wrong boxes. The cascade for profiles finds more faces, but more wrong ones too.
FRONTAL, PROFILE = "haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml"

#: Ratio between neighbouring sizes of the search, and overlapping detections that make a face.
SCALE_STEP, NEIGHBOURS = 1.1, 3

#: YuNet: lowest score of a face, overlap above which two faces are one, and number of candidates
#: before that. These are the values of its page in OpenCV's model zoo.
YUNET_SCORE, YUNET_OVERLAP, YUNET_CANDIDATES = 0.9, 0.3, 5000


def haar(min_share: float) -> Detector:
    """Return the detector by Haar cascades, which needs no model file.

    It looks for profiles, left and right, only if it finds no frontal face.

    Parameters
    ----------
    min_share
        Smallest width of a face, as a fraction of the image's shorter side.
    """
    folder = Path(cv2.__file__).parent / "data"
    frontal, profile = (cv2.CascadeClassifier(str(folder / name)) for name in (FRONTAL, PROFILE))

    def detect(image: NDArray[np.uint8]) -> list[Box]:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        side = max(1, round(min_share * min(height, width)))

        def boxes_of(cascade: cv2.CascadeClassifier, searched: Any) -> list[tuple[float, ...]]:
            boxes = cascade.detectMultiScale(searched, SCALE_STEP, NEIGHBOURS, minSize=(side, side))
            return [tuple(map(float, box)) for box in boxes]

        boxes = boxes_of(frontal, grey)
        if not boxes:
            mirrored = boxes_of(profile, cv2.flip(grey, 1))
            boxes = boxes_of(profile, grey) + [(width - x - w, y, w, h) for x, y, w, h in mirrored]
        return [_fractions(box, width, height) for box in boxes]

    return detect


def yunet(model: Path, min_share: float) -> Detector:
    """Return the detector by the YuNet model, ``face_detection_yunet_2023mar.onnx``.

    Parameters
    ----------
    model
        The model file.
    min_share
        Smallest width of a face, as a fraction of the image's shorter side.

    Raises
    ------
    UserError
        If OpenCV cannot read the model.
    """
    try:
        network = cv2.FaceDetectorYN.create(
            str(model), "", (320, 320), YUNET_SCORE, YUNET_OVERLAP, YUNET_CANDIDATES
        )
    except cv2.error:
        raise UserError(
            f"{model} is no YuNet model that this OpenCV reads; delete it, or set face_detector: "
            "haar in params.yaml"
        ) from None

    def detect(image: NDArray[np.uint8]) -> list[Box]:
        height, width = image.shape[:2]
        network.setInputSize((width, height))
        _, rows = network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        boxes = [] if rows is None else [tuple(map(float, row[:4])) for row in rows]
        smallest = min_share * min(height, width)
        return [_fractions(box, width, height) for box in boxes if box[2] >= smallest]

    return detect


def largest(boxes: Iterable[Box]) -> Box | None:
    """Return the box with the largest area, or None if there is none."""
    return max(boxes, key=area, default=None)


def area(box: Box) -> float:
    """Return the fraction of the image that a box covers."""
    return box[2] * box[3]


def _fractions(box: tuple[float, ...], width: int, height: int) -> Box:
    """Return a box in pixels as fractions, clipped to the image."""
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    right, bottom = min(box[0] + box[2], width), min(box[1] + box[3], height)
    return left / width, top / height, (right - left) / width, (bottom - top) / height
