"""Pictures, maps, masks and sounds as text within a page.

Browsers read what is packed here in ``arrays.js`` and ``sound.js`` beside this module.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.report.maps import Floats, Image, Masks

JPEG_QUALITY = 90
#: Of the companding law of telephones, which hides the noise of eight bits under the sound.
MU = 255
#: Root mean square of a sound as it is played: all are equally loud, as in the mixtures.
PLAYED_RMS = 0.1
QUIETEST_RMS = 1e-4


def text_of(data: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(data).decode("ascii")


def picture_url(image: Image) -> str:
    """Return a picture (H, W, 3) RGB as the address of a JPEG that is part of the page."""
    _, coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return "data:image/jpeg;base64," + text_of(coded.tobytes())


def packed_masks(masks: Masks) -> str:
    """Return masks (K, H, W), eight pixels to a byte; each line of pixels begins a byte."""
    return text_of(np.packbits(masks, axis=-1).tobytes())


def packed_sound(samples: Floats) -> str:
    """Return a sound (samples,) in [-1, 1], equally loud as all others, at a byte per sample."""
    rms = max(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))), QUIETEST_RMS)
    scaled = np.clip(samples.astype(np.float64) * (PLAYED_RMS / rms), -1, 1)
    companded = np.sign(scaled) * np.log1p(MU * np.abs(scaled)) / np.log1p(MU)
    return text_of(np.round((companded + 1) / 2 * MU).astype(np.uint8).tobytes())


@dataclass
class ArrayPool:
    """Arrays of which equal ones are stored once: a control has the same maps in every scene.

    Attributes
    ----------
    entries
        Per array its shape and its values in half precision, as the evaluate stage saves maps.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    _numbers: dict[tuple[tuple[int, ...], bytes], int] = field(default_factory=dict)

    def number_of(self, array: NDArray[np.floating]) -> int:
        """Return the number of an array among the entries, where it is added if it is new."""
        data = np.ascontiguousarray(array, "<f2").tobytes()
        key = (array.shape, data)
        if key not in self._numbers:
            self._numbers[key] = len(self.entries)
            self.entries.append({"shape": list(array.shape), "data": text_of(data)})
        return self._numbers[key]
