"""Annotations: the objects that are visible at given times of a clip, and their file.

Boxes are (x, y, w, h): the top-left corner, the width and the height, as fractions of the frame.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from avloc.data.clips import Seconds
from avloc.files import read_json, write_json


@dataclass(frozen=True)
class AnnotatedObject:
    """An object that is visible at one time of a clip.

    Parameters
    ----------
    category
        Name of its class.
    box
        (x, y, w, h), as fractions of the frame.
    sounding
        Whether it makes a sound; silent objects are annotated, too.
    mask
        Its pixels as run lengths (`avloc.data.masks`); None if only the box is known.
    """

    category: str
    box: tuple[float, float, float, float]
    sounding: bool = True
    mask: dict[str, Any] | None = None


@dataclass(frozen=True)
class AnnotatedTime:
    """All annotated objects at one time of a clip.

    Parameters
    ----------
    time_s
        Seconds from the start of the video.
    objects
        In the order of the source.
    """

    time_s: Seconds
    objects: tuple[AnnotatedObject, ...]


#: Clip id -> its annotated times, in ascending order.
Annotations = dict[str, tuple[AnnotatedTime, ...]]


def write_annotations(path: Path, annotations: Annotations) -> None:
    """Write annotations as JSON.

    Parameters
    ----------
    path
        File to write, atomically.
    annotations
        Of all clips that have any.
    """
    write_json(
        path, {video: [asdict(time) for time in times] for video, times in annotations.items()}
    )


def read_annotations(path: Path) -> Annotations:
    """Read a file of `write_annotations`.

    Raises
    ------
    UserError
        If the file is missing or is not JSON.
    """
    return {
        video: tuple(
            AnnotatedTime(
                Seconds(time["time_s"]),
                tuple(
                    AnnotatedObject(
                        item["category"], tuple(item["box"]), item["sounding"], item["mask"]
                    )
                    for item in time["objects"]
                ),
            )
            for time in times
        )
        for video, times in read_json(path).items()
    }
