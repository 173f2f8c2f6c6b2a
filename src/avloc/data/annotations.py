"""Annotations: the objects that are visible at given times of a video, and their form on disk.

Boxes are (x, y, w, h) with the top-left corner first, as fractions of the frame's width and height.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from avloc.data.clips import Seconds
from avloc.files import read_json, write_json


@dataclass(frozen=True)
class AnnotatedObject:
    """One object visible at one time of a video.

    Parameters
    ----------
    category
        Class name.
    box
        (x, y, w, h), fractions of the frame.
    sounding
        Whether it is heard; silent distractors are annotated too.
    mask
        Its pixels as a run-length code (`avloc.data.masks`), or None where only the box is known.
    """

    category: str
    box: tuple[float, float, float, float]
    sounding: bool = True
    mask: dict[str, Any] | None = None


@dataclass(frozen=True)
class AnnotatedTime:
    """All annotated objects of one video at one time."""

    time_s: Seconds
    objects: tuple[AnnotatedObject, ...]


#: Video id -> its annotated times, in ascending order.
Annotations = dict[str, tuple[AnnotatedTime, ...]]


def write_annotations(path: Path, annotations: Annotations) -> None:
    """Write annotations as JSON."""
    write_json(
        path, {video: [asdict(time) for time in times] for video, times in annotations.items()}
    )


def read_annotations(path: Path) -> Annotations:
    """Read what `write_annotations` wrote."""
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
