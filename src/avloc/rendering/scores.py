"""Scores of the rows that were run, read from metrics files and checked."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from avloc.errors import UserError
from avloc.files import read_json

#: Row -> test set -> metric -> percent.
Scores = Mapping[str, Mapping[str, Mapping[str, float]]]

#: Metrics that take the best pairing of maps and sources; PIAP needs none (section 4.4).
_PAIRED = ("cap", "cap_swapped", "auc", "ciou@")
_SINGLE_SOURCE = "solo"


def read_scores(files: Mapping[str, Path]) -> Scores:
    """Read the metrics files of all rows.

    Parameters
    ----------
    files
        Row name -> its file, ``{test set: {metric: percent}}``.

    Raises
    ------
    UserError
        If a file is missing or holds anything but finite percentages.
    """
    scores = {}
    for row, path in files.items():
        if not path.exists():
            raise UserError(
                f"{path} is missing: run the evaluate stage of row {row!r} (`dvc repro`), or take"
                " the row out of `runs`"
            )
        scores[row] = read_json(path)
        for test_set, metrics in scores[row].items():
            for metric, value in metrics.items():
                if not _is_percent(value):
                    raise UserError(
                        f"{path}: {metric} of {test_set} is {value}, not a percentage; look at the"
                        f" training curve of row {row!r}, then train and evaluate it again"
                    )
    return scores


def value_of(scores: Scores, row: str, test_set: str, metric: str) -> float | None:
    """Return a score in percent, or None where the row has none."""
    return scores.get(row, {}).get(test_set, {}).get(metric)


def gain_of(scores: Scores, row: str, test_set: str) -> float | None:
    """Return how much CAP a row loses, in points, when it hears the sound of another scene."""
    right = value_of(scores, row, test_set, "cap")
    wrong = value_of(scores, row, test_set, "cap_swapped")
    return None if right is None or wrong is None else right - wrong


def takes_pairing(test_set: str, metric: str) -> bool:
    """Whether a score of several maps is reported under its best pairing, the paper's star."""
    return test_set != _SINGLE_SOURCE and metric.startswith(_PAIRED)


def metric_title(metric: str) -> str:
    """Return a metric's name as the paper prints it.

    >>> metric_title("ciou@0.3")
    'CIoU@0.3'
    """
    return metric.upper().replace("IOU", "IoU")


def long_form(scores: Scores) -> str:
    """Return the scores as CSV with columns row, set, metric, value, for ``dvc plots``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "set", "metric", "value"])
    for row, sets in scores.items():
        for test_set in sorted(sets):
            for metric in sorted(sets[test_set]):
                writer.writerow([row, test_set, metric, sets[test_set][metric]])
    return text.getvalue()


def _is_percent(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= 100
    )
