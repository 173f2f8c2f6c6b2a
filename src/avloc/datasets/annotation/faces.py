"""Faces in a picture, by one of two detectors that come with OpenCV or its model zoo.

The detector behind the paper's face masks is not named. Boxes are fractions of the picture, faces
narrower than a part of its shorter side are left out, and of several faces the largest counts.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.data.masks import Box
from avloc.errors import UserError

#: Picture, (H, W, 3) RGB, to the boxes of its faces, clipped to it.
Detector = Callable[[NDArray[np.uint8]], list[Box]]

# Chosen on 46 talking faces (docs/datasets/voxceleb2.md): of the frontal cascades this one has the
# fewest misses and wrong boxes. The one for profiles finds more, but wrong ones too.
FRONTAL, PROFILE = "haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml"

#: Step between the sizes looked for, and overlapping finds that make a face.
SCALE_STEP, NEIGHBOURS = 1.1, 3

#: YuNet's certainty above which a face is one, and overlap above which two are the same; the
#: values of its page in OpenCV's zoo.
YUNET_SCORE, YUNET_OVERLAP, YUNET_CANDIDATES = 0.9, 0.3, 5000


def haar(min_share: float) -> Detector:
    """Return the detector of Haar cascades, which needs no model file.

    Profiles, looking either way, are sought only where no frontal face is found.

    Parameters
    ----------
    min_share
        Smallest width of a face, as a part of the shorter side of the picture.
    """
    folder = Path(cv2.__file__).parent / "data"
    frontal, profile = (cv2.CascadeClassifier(str(folder / name)) for name in (FRONTAL, PROFILE))

    def detect(picture: NDArray[np.uint8]) -> list[Box]:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        side = max(1, round(min_share * min(height, width)))

        def found(cascade: cv2.CascadeClassifier, seen: Any) -> list[tuple[float, ...]]:
            boxes = cascade.detectMultiScale(seen, SCALE_STEP, NEIGHBOURS, minSize=(side, side))
            return [tuple(map(float, box)) for box in boxes]

        boxes = found(frontal, grey)
        if not boxes:
            mirrored = found(profile, cv2.flip(grey, 1))
            boxes = found(profile, grey) + [(width - x - w, y, w, h) for x, y, w, h in mirrored]
        return [_fractions(box, width, height) for box in boxes]

    return detect


def yunet(model: Path, min_share: float) -> Detector:
    """Return the detector of the YuNet model, ``face_detection_yunet_2023mar.onnx``.

    Parameters
    ----------
    model
        The model file.
    min_share
        Smallest width of a face, as a part of the shorter side of the picture.

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

    def detect(picture: NDArray[np.uint8]) -> list[Box]:
        height, width = picture.shape[:2]
        network.setInputSize((width, height))
        _, rows = network.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        boxes = [] if rows is None else [tuple(map(float, row[:4])) for row in rows]
        smallest = min_share * min(height, width)
        return [_fractions(box, width, height) for box in boxes if box[2] >= smallest]

    return detect


def largest(boxes: Iterable[Box]) -> Box | None:
    """Return the box with the largest area, or None if there is none."""
    return max(boxes, key=area, default=None)


def area(box: Box) -> float:
    """Return the part of the picture that a box covers."""
    return box[2] * box[3]


def _fractions(box: tuple[float, ...], width: int, height: int) -> Box:
    """Return a box of pixels as fractions, without what sticks out of the picture."""
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    right, bottom = min(box[0] + box[2], width), min(box[1] + box[3], height)
    return left / width, top / height, (right - left) / width, (bottom - top) / height
