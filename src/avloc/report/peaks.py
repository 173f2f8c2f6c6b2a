"""Where localisation maps peak, in numbers and in words.

Conventions
-----------
Peaks are (..., 3): x from the left and y from the top, as fractions of the frame, and the map's
own value there. Nodes are numbered from 1.
"""

import csv
from collections import Counter
from pathlib import Path

import numpy as np

from avloc.files import atomic
from avloc.report.maps import Floats

ROWS = ("upper", "middle", "lower")
COLUMNS = ("left", "centre", "right")


def peaks(maps: Floats) -> Floats:
    """Return the peak of every map (..., h, w) as (..., 3), in the middle of its highest cell.

    Of several equal cells the first counts, row by row.
    """
    *leading, rows, columns = maps.shape
    flat = maps.reshape(*leading, rows * columns)
    row, column = np.divmod(flat.argmax(axis=-1), columns)
    return np.stack([(column + 0.5) / columns, (row + 0.5) / rows, flat.max(axis=-1)], axis=-1)


def in_words(found: Floats) -> str:
    """Say for each node of a video's peaks (T, M, 3) in which ninth of the frame most of them lie.

    For example ``node 1 mostly upper left (71%), node 2 mostly middle right (50%)``.
    """
    thirds = (found[..., :2] * 3).astype(int)
    said = []
    for node, cells in enumerate(thirds.swapaxes(0, 1), start=1):
        counts = Counter(f"{ROWS[y]} {COLUMNS[x]}" for x, y in cells)
        name, count = counts.most_common(1)[0]
        said.append(f"node {node} mostly {name} ({100 * count / len(found):.0f}%)")
    return ", ".join(said)


def write_peaks(path: Path, found: Floats, fps: float) -> None:
    """Write the peaks of a video's maps as CSV, one line for each frame and node.

    Parameters
    ----------
    path
        File to write.
    found
        (T, M, 3) peaks of M maps in T frames, from `peaks`.
    fps
        Frames a second.
    """
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time_s", "node", "x", "y", "value"])
        for number, nodes in enumerate(found):
            for node, peak in enumerate(nodes, start=1):
                time_s = number / fps
                writer.writerow([f"{time_s:.4f}", node, *(f"{value:.4f}" for value in peak)])
