"""Scores and readings of the rows that were run, read from their files and checked."""

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    return _read(files, _is_percent, "a percentage")


def read_readings(files: Mapping[str, Path]) -> Scores:
    """Read the readings files of all rows.

    Parameters
    ----------
    files
        Row name -> its file, ``{test set: {reading: value}}``.

    Raises
    ------
    UserError
        If a file is missing or holds anything but finite numbers.
    """
    return _read(files, _is_finite, "a finite number")


def _read(files: Mapping[str, Path], accepted: Callable[[object], bool], wanted: str) -> Scores:
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
                if not accepted(value):
                    raise UserError(
                        f"{path}: {metric} of {test_set} is {value}, not {wanted}; look at the"
                        f" training curve of row {row!r}, then train and evaluate it again"
                    )
    return scores


@dataclass(frozen=True)
class Results:
    """What the rows that were run reach on a data set.

    Parameters
    ----------
    dataset
        Its name, for captions.
    scores
        Means over seeds, in percent.
    readings
        Other readings of the same maps, and ``<metric>_se``, the standard error of a score over
        seeds where there are several.
    seeds
        Row -> how many seeds it was trained with.
    collapsed
        Rows whose nodes had become one vector or constant by the end of training.
    """

    dataset: str
    scores: Scores
    readings: Scores = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    collapsed: frozenset[str] = frozenset()

    def score(self, row: str, test_set: str, metric: str) -> float | None:
        """Return a score in percent, or None where the row has none."""
        return self.scores.get(row, {}).get(test_set, {}).get(metric)

    def reading(self, row: str, test_set: str, reading: str) -> float | None:
        """Return a reading in percent (thresholds: in [0, 1]), or None where the row has none."""
        return self.readings.get(row, {}).get(test_set, {}).get(reading)

    def spread(self, row: str, test_set: str, name: str) -> float | None:
        """Return the standard error over seeds of a score or reading, or None with one seed."""
        return self.reading(row, test_set, f"{name}_se")

    def gain(self, row: str, test_set: str) -> float | None:
        """Return how much CAP a row loses, in points, when it hears another scene's sound."""
        right = self.score(row, test_set, "cap")
        wrong = self.score(row, test_set, "cap_swapped")
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


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_percent(value: object) -> bool:
    return isinstance(value, int | float) and _is_finite(value) and 0 <= value <= 100
