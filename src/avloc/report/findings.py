"""What was found in a video or a picture, in words and as a table.

Conventions
-----------
Places are fractions of the picture: x from the left and y from the top. Sources are numbered from
1, as in the pictures.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import upsample
from avloc.files import atomic
from avloc.inference.localised_image import LocalisedImage
from avloc.inference.timeline import Timeline
from avloc.report.maps import Floats

ROWS = ("upper", "middle", "lower")
COLUMNS = ("left", "centre", "right")

#: Names of the colours of `avloc.report.style`: of several maps, and of a single one.
COLOURS = ("orange", "blue", "green", "pink")
SHARED_COLOUR = "purple"

#: Gaps that are not told, and how many stretches of time are told of each source.
SHORT_GAP_S, MOST_STRETCHES = 0.5, 3

#: Overlap (intersection over union) of two maps that mark the same place, and in which share of
#: the windows with both they must for that to be said.
SAME_PLACE, SAME_SHARE = 0.5, 0.5

#: Cells of a map are divided into this many for the box.
FINER = 8

HEADER = ("time_s", "source", "strength", "present", "x", "y", "x0", "y0", "x1", "y1")


def peak(values: Floats) -> tuple[float, float]:
    """Return x and y of the middle of the highest cell of a map (h, w), the first of equals."""
    rows, columns = values.shape
    row, column = divmod(int(values.argmax()), columns)
    return (column + 0.5) / columns, (row + 0.5) / rows


def box(values: Floats, level: float) -> tuple[float, float, float, float] | None:
    """Return x0, y0, x1, y1 around the highest part of a map (h, w) that reaches a level, if any.

    Parameters
    ----------
    values, level
        The map, which is resized as it is drawn, and the value that must be reached.
    """
    rows, columns = values.shape
    if values.max() < level:
        return None
    fine = upsample(values, FINER * rows, FINER * columns)
    level = min(level, float(fine.max()))
    _, labels = cv2.connectedComponents((fine >= level).astype(np.uint8), connectivity=4)
    y, x = np.nonzero(labels == labels.flat[fine.argmax()])
    height, width = fine.shape
    return (
        float(x.min() / width), float(y.min() / height),
        float((x.max() + 1) / width), float((y.max() + 1) / height),
    )  # fmt: skip


def write_table(path: Path, timeline: Timeline) -> None:
    """Write a line for each window and source: strength, peak, and the box around it if present.

    Parameters
    ----------
    path
        CSV file to write.
    timeline
        What was found.
    """
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for window, time_s in enumerate(timeline.times_s):
            for number, values in enumerate(timeline.maps[window]):
                found = bool(timeline.found[window, number])
                level = float(timeline.present[window, number])
                corners = (box(values, level) if found else None) or ("",) * 4
                strength = timeline.strengths[window, number]
                numbers = [*peak(values), *corners]
                cells = [value if isinstance(value, str) else f"{value:.4f}" for value in numbers]
                writer.writerow(
                    [f"{time_s:.4f}", number + 1, f"{strength:.4f}", int(found), *cells]
                )


def write_maps(path: Path, timeline: Timeline) -> None:
    """Write the maps as a NumPy archive: ``times_s``, ``maps``, ``present``, ``found``, ``silent``.

    Parameters
    ----------
    path
        File to write, .npz.
    timeline
        What was found; `Timeline` says what the arrays hold.
    """
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file, times_s=timeline.times_s, maps=timeline.maps, present=timeline.present,
            found=timeline.found, silent=timeline.silent,
        )  # fmt: skip


def video_in_words(timeline: Timeline) -> str:
    """Say in one sentence what was found in a video, and when."""
    if timeline.silent.all():
        return "its sound track is silent, so nothing was localised"
    level = f"{timeline.level.present:.2f}"
    if not timeline.found.any():
        return (
            f"nothing was found: the strongest map reached {timeline.strengths.max():.2f}, and from"
            f" {level} on a source counts as present; the pictures stay as they are"
        )
    said = []
    for number in range(timeline.maps.shape[1]):
        found = timeline.found[:, number]
        if not found.any():
            continue
        places = Counter(_place(timeline.maps[n, number]) for n in np.flatnonzero(found))
        where, times = places.most_common(1)[0]
        often = "" if times == found.sum() else "mostly "
        when = _stretches(found, timeline.times_s, timeline.step_s)
        said.append(f"{_name(number, timeline.maps.shape[1])} {when}, {often}{where}")
    text = "; ".join(said)
    return text + _same_place(timeline)


def picture_in_words(found: LocalisedImage) -> str:
    """Say in one sentence what was found in a picture."""
    if found.silent:
        return "the sound is silent, so nothing was localised"
    if not found.found.any():
        return (
            f"nothing was found: the strongest map reached {found.strengths.max():.2f}, and from "
            f"{found.present.max():.2f} on a source counts as present; the picture stays as it is"
        )
    return "; ".join(
        f"{_name(number, len(found.maps))} {_place(found.maps[number])} "
        f"({found.strengths[number]:.2f})"
        for number in np.flatnonzero(found.found).tolist()
    )


def _name(number: int, count: int) -> str:
    if count == 1:
        return f"what sounds ({SHARED_COLOUR})"
    return f"source {number + 1} ({COLOURS[number % len(COLOURS)]})"


def _place(values: Floats) -> str:
    x, y = peak(values)
    row, column = ROWS[int(3 * y)], COLUMNS[int(3 * x)]
    return "in the middle" if (row, column) == ("middle", "centre") else f"{row} {column}"


def _stretches(found: NDArray[np.bool_], times_s: Floats, step_s: float) -> str:
    """Name the stretches of time in which a source is present."""
    if found.all():
        return "all the time"
    stretches = list[tuple[float, float]]()
    for time_s in times_s[found]:
        begin, end = max(0.0, time_s - step_s / 2), time_s + step_s / 2
        if stretches and begin - stretches[-1][1] <= SHORT_GAP_S:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((begin, end))
    longest = sorted(sorted(stretches, key=lambda s: s[0] - s[1])[:MOST_STRETCHES])
    told = _joined([f"{begin:.1f}-{end:.1f} s" for begin, end in longest])
    left = len(stretches) - len(longest)
    total = f"{100 * found.mean():.0f} % of the time"
    return f"at {told}" if not left else f"{total}, longest at {told}"


def _same_place(timeline: Timeline) -> str:
    """Say so if two maps mostly mark the same place: then they may be one source."""
    count = timeline.maps.shape[1]
    same, both = 0, 0
    for window in np.flatnonzero(timeline.found.sum(axis=1) > 1):
        maps = timeline.maps[window]
        fine = upsample(maps, FINER * maps.shape[1], FINER * maps.shape[2])
        above = fine >= timeline.present[window, :, None, None]
        union = (above[0] | above[1]).sum()
        both += 1
        same += bool(union) and (above[0] & above[1]).sum() / union >= SAME_PLACE
    if count != 2 or not both or same / both < SAME_SHARE:
        return ""
    return "; both mostly mark the same place, so they may be one source"


def _joined(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"
