"""Read the boxes of MUSIC's test videos by Hu et al. (NeurIPS 2020, "DSOL").

One JSON file is for solos and one for duets. A key names a frame; its value holds the size of the
frame and the boxes of the sounding objects. A detector made the boxes, and people removed those of
silent objects::

    "1Ju4S0qeDqw_0_1000/frame_116/03480.jpg": {
      "bbox": [{"box": [158, 145, 133, 171],
                "normbox": [0.3292, 0.4028, 0.2771, 0.475], "category_id": 1}],
      "wdith": 480, "height": 360}

``0_1000`` means that the first 1000 s of the video were taken, ``frame_116`` is the second, and
03480 is the number of the frame at 30.00 frames a second, whatever the rate of the video. There are
four frames of every second: 0, 7, 14 and 21. So the time is 03480 / 30 s. ``box`` is (x, y, width,
height) in pixels, not two corners, and ``normbox`` the same as fractions of the frame.
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Seconds
from avloc.datasets.annotation import list_error, schema_error
from avloc.datasets.annotation.music_lists import ID

FRAMES_PER_S = 30
KEY = re.compile(rf"(?P<id>{ID})_0_1000/frame_(?P<second>[0-9]{{3}})/(?P<frame>[0-9]{{5}})\.jpg")

#: Class of the detector -> instrument. Clarinet, erhu, tuba and xylophone are not among its classes
#: and have no boxes.
INSTRUMENTS = {
    1: "cello",
    3: "acoustic_guitar",
    8: "saxophone",
    10: "trumpet",
    11: "violin",
    12: "flute",
    13: "accordion",
}

#: Tolerance for rounding: of the edge of the frame, and between fractions and pixels.
ROUNDING = 1e-6

Pixels = Annotated[int, Field(ge=0, le=1 << 16)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Strict(BaseModel):
    """A mapping with exactly these keys and types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Box(Strict):
    """One sounding object."""

    box: tuple[Pixels, Pixels, Pixels, Pixels]
    normbox: tuple[Fraction, Fraction, Fraction, Fraction]
    category_id: int

    @model_validator(mode="after")
    def _is_inside(self) -> Self:
        x, y, width, height = self.normbox
        if not width or not height or max(x + width, y + height) > 1 + ROUNDING:
            raise ValueError("normbox is empty or not inside the frame")
        if self.category_id not in INSTRUMENTS:
            raise ValueError(
                f"category_id {self.category_id} is none of {', '.join(map(str, INSTRUMENTS))}"
            )
        return self


class Frame(Strict):
    """One frame; the files spell width ``wdith``."""

    bbox: list[Box]
    width: Annotated[Pixels, Field(alias="wdith", ge=1)]
    height: Annotated[Pixels, Field(ge=1)]

    @model_validator(mode="after")
    def _boxes_agree(self) -> Self:
        sides = (self.width, self.height) * 2
        for item in self.bbox:
            for pixels, fraction, side in zip(item.box, item.normbox, sides, strict=True):
                if abs(pixels - fraction * side) > ROUNDING * side:
                    raise ValueError("box and normbox are not the same box")
        return self


def read_boxes(path: Path) -> Annotations:
    """Return the boxes of one of the two files, by video and time.

    A frame without a sounding object becomes a time without objects.

    Raises
    ------
    UserError
        If a key, type, size or class is wrong; it names the first one.
    """
    try:
        frames = TypeAdapter(dict[str, Frame]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise schema_error(path, error) from None
    times = defaultdict[str, dict[int, AnnotatedTime]](dict)
    for key, frame in frames.items():
        parts = KEY.fullmatch(key)
        if parts is None:
            raise list_error(
                path, f"key {key[:80]!r} is not of the form <id>_0_1000/frame_000/00000.jpg"
            )
        number = int(parts["frame"])
        if number // FRAMES_PER_S != int(parts["second"]):
            raise list_error(path, f"key {key!r}: frame {number} is not in that second")
        objects = [AnnotatedObject(INSTRUMENTS[b.category_id], b.normbox) for b in frame.bbox]
        times[parts["id"]][number] = AnnotatedTime(Seconds(number / FRAMES_PER_S), tuple(objects))
    return {id: tuple(found[n] for n in sorted(found)) for id, found in sorted(times.items())}
