"""Metrics and secondary metrics of the rows that were run, read from their files and checked."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from avloc.errors import UserError
from avloc.files import read_json

#: Row -> test set -> metric -> percent.
Scores = Mapping[str, Mapping[str, Mapping[str, float]]]

#: Metrics that take the best pairing of maps and sources; PIAP needs none (section 4.4).
_PAIRED = re.compile(r"(cap|cap_swapped|(auc|ciou)(_t0\.4|_val)?(@[0-9.]+)?)")
_SINGLE_SOURCE = "solo"


def read_metrics(files: Mapping[str, Path]) -> Scores:
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


def read_secondary(files: Mapping[str, Path]) -> Scores:
    """Read the files of secondary metrics of all rows.

    Parameters
    ----------
    files
        Row name -> its file, ``{test set: {secondary metric: value}}``.

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
                " the row out of `rows`"
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
class Trunk:
    """The image trunk of a row: its name, its initial weights, and how many blocks kept them."""

    name: str
    weights: str
    frozen_blocks: int


@dataclass(frozen=True)
class Results:
    """What the rows that were run reach on a data set.

    Parameters
    ----------
    dataset
        Its name, for captions.
    metrics
        Means over seeds, in percent.
    secondary
        Secondary metrics, and ``<metric>_se``, the standard error of a metric over seeds where
        there are several.
    seeds
        Row -> how many seeds it was trained with.
    collapsed
        Rows whose nodes had become one vector or constant by the end of training.
    warm_started
        Rows whose training began with a warm start.
    trunks
        Row -> the image trunk that it was trained with.
    nodes
        Row -> how many vectors, and so maps, it makes of a mixture.
    temperatures
        Row -> the temperature of Eq. 2 at which it was trained, of the rows that have one.
    """

    dataset: str
    metrics: Scores
    secondary: Scores = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    collapsed: frozenset[str] = frozenset()
    warm_started: frozenset[str] = frozenset()
    trunks: Mapping[str, Trunk] = field(default_factory=dict)
    nodes: Mapping[str, int] = field(default_factory=dict)
    temperatures: Mapping[str, float] = field(default_factory=dict)

    def value(self, row: str, test_set: str, metric: str) -> float | None:
        """Return a metric or secondary metric of a row, or None where the row has none.

        Parameters
        ----------
        row, test_set
            Their names.
        metric
            As keyed in the files. In percent, but for thresholds.
        """
        for scores in (self.metrics, self.secondary):
            found = scores.get(row, {}).get(test_set, {})
            if metric in found:
                return found[metric]
        return None

    def difference(self, row: str, test_set: str, first: str, second: str) -> float | None:
        """Return one metric minus another, in points, or None where the row lacks either.

        Parameters
        ----------
        row, test_set
            Their names.
        first, second
            Metrics, as keyed in the files.
        """
        one, other = self.value(row, test_set, first), self.value(row, test_set, second)
        return None if one is None or other is None else one - other

    def gain(self, row: str, test_set: str) -> float | None:
        """Return how much CAP a row loses with another scene's sound, or None if unknown.

        Parameters
        ----------
        row, test_set
            Names, as in params.yaml.

        Returns
        -------
        float or None
            In points.
        """
        return self.difference(row, test_set, "cap", "cap_swapped")

    @property
    def test_sets(self) -> list[str]:
        """Test sets on which some row was scored, sorted."""
        return sorted({test_set for sets in self.metrics.values() for test_set in sets})

    def has_map_per_node(self, row: str) -> bool:
        """Whether a row has a map per node, and is scored under the best pairing.

        Only such rows have the metric ``assigned`` and the secondary metrics ``*_cosine``.
        """
        names = [
            name
            for scores in (self.metrics, self.secondary)
            for metrics in scores.get(row, {}).values()
            for name in metrics
        ]
        return any(name == "assigned" or "_cosine@" in name for name in names)

    def pairings(self, row: str) -> int:
        """Return among how many maps a row may choose for a source: 1 if it has no choice."""
        return self.nodes.get(row, 2) if self.has_map_per_node(row) else 1


def takes_pairing(test_set: str, metric: str) -> bool:
    """Whether a metric of several maps is reported under its best pairing, the paper's star.

    Parameters
    ----------
    test_set
        Name of a test set.
    metric
        Name of a metric, as in the metrics files.
    """
    return test_set != _SINGLE_SOURCE and _PAIRED.fullmatch(metric) is not None


def long_form(scores: Scores) -> str:
    """Return the scores as CSV with columns row, set, metric, value, for ``dvc plots``."""
    records = [
        (row, test_set, metric, sets[test_set][metric])
        for row, sets in scores.items()
        for test_set in sorted(sets)
        for metric in sorted(sets[test_set])
    ]
    frame = pd.DataFrame(records, columns=["row", "set", "metric", "value"])
    return frame.to_csv(index=False, lineterminator="\n")


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_percent(value: object) -> bool:
    return isinstance(value, int | float) and _is_finite(value) and 0 <= value <= 100
