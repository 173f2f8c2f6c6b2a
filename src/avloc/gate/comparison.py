"""Compares metrics with those of another commit, each with its own sign and tolerance."""

from collections.abc import Collection
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from avloc.config.blocks import Gate
from avloc.gate.scores import Row, Scores, is_number, with_gain

#: Fewer rows have no mean that is worth a limit of its own.
FEWEST_ROWS = 4


@dataclass(frozen=True)
class Change:
    """A metric that both commits have.

    Parameters
    ----------
    row, test_set, metric
        What was measured.
    old, new
        Before and now, in percent (the gain: in points).
    tolerance
        How much worse it may be.
    lower_is_better
        Whether a rise is worse.
    excused
        Whether a rise passes, since the gain of the test set did not fall.
    """

    row: Row
    test_set: str
    metric: str
    old: float
    new: float
    tolerance: float
    lower_is_better: bool
    excused: bool

    @property
    def name(self) -> str:
        """Data set, row, test set and metric."""
        return f"{self.row}: {self.test_set}.{self.metric}"

    @property
    def loss(self) -> float:
        """By how much it is worse; below zero if it is better."""
        sign = 1 if self.lower_is_better else -1
        # Files hold four digits; the next ones are of binary fractions.
        return round(sign * (self.new - self.old), 4)

    @property
    def is_worse(self) -> bool:
        """Whether it is worse by more than its tolerance."""
        return self.loss > self.tolerance and not self.excused

    def __str__(self) -> str:
        """Return a complaint."""
        moved = "rose" if self.new > self.old else "fell"
        return (
            f"{self.name} {moved} from {self.old:.6g} to {self.new:.6g}, by {abs(self.loss):.6g}; "
            f"{self.tolerance:g} is allowed"
        )


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Parameters
    ----------
    changes
        Of all metrics that both have as numbers.
    lost
        One sentence for each row, test set or metric that is missing or not a number.
    new
        (row, what): what only the workspace has, a test set or a metric; empty for the whole row.
    means
        One sentence for each metric that is worse in the mean over rows.
    """

    changes: list[Change] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    new: list[tuple[Row, str]] = field(default_factory=list)
    means: list[str] = field(default_factory=list)

    @property
    def complaints(self) -> list[str]:
        """One sentence for each thing that the gate does not let pass."""
        worse = (str(change) for change in self.changes if change.is_worse)
        return [*self.lost, *self.means, *worse]


def compare(old: Scores, new: Scores, gate: Gate, fixed: Collection[str]) -> Comparison:
    """Return what became of every metric.

    Parameters
    ----------
    old, new
        Metrics of the other commit and of the workspace.
    gate
        Signs and tolerances.
    fixed
        Names of the rows with fixed maps.
    """
    found = Comparison()
    for row in sorted(old.keys() | new.keys()):
        if row not in new:
            found.lost.append(f"{row}: has no metrics any more; run `dvc repro`")
        elif row not in old:
            found.new.append((row, ""))
            for test_set, metrics in sorted(new[row].items()):
                _take_new(found, row, test_set, metrics)
        else:
            for test_set in sorted(old[row].keys() | new[row].keys()):
                before, now = old[row].get(test_set), new[row].get(test_set)
                if now is None:
                    found.lost.append(f"{row}: the test set {test_set} is missing; run `dvc repro`")
                elif before is None:
                    found.new.append((row, test_set))
                    _take_new(found, row, test_set, now)
                else:
                    _compare_set(found, row, test_set, before, now, gate, fixed)
    _compare_means(found, gate, fixed)
    return found


def unused(gate: Gate, *scores: Scores) -> list[str]:
    """Return the keys of tolerances that belong to no metric, of the data sets that have metrics.

    Parameters
    ----------
    gate
        The tolerances.
    scores
        Metrics of both commits.
    """
    named = {
        (row.dataset, test_set, metric)
        for of in scores
        for row, sets in of.items()
        for test_set, metrics in sets.items()
        for metric in with_gain(metrics)
    }
    datasets = {dataset for dataset, _, _ in named}
    return [
        f"gate.tolerances.{dataset}.{test_set}.{metric}"
        for dataset, sets in gate.tolerances.items()
        for test_set, metrics in sets.items()
        for metric in metrics
        if dataset in datasets and (dataset, test_set, metric) not in named
    ]


def _compare_means(found: Comparison, gate: Gate, fixed: Collection[str]) -> None:
    """Note the metrics that fell in the mean over rows, each of which may have kept its limit."""
    losses: dict[tuple[str, str, str], list[Change]] = {}
    for change in found.changes:
        # The gain tells whether a higher score with a wrong sound is worse.
        if change.row.name not in fixed and not change.lower_is_better:
            of = (change.row.dataset, change.test_set, change.metric)
            losses.setdefault(of, []).append(change)
    for (dataset, test_set, metric), changes in losses.items():
        loss, allowed = fmean(c.loss for c in changes), gate.mean_share * changes[0].tolerance
        if len(changes) >= FEWEST_ROWS and round(loss, 4) > allowed:
            found.means.append(
                f"{dataset}, mean of {len(changes)} rows: {test_set}.{metric} fell by {loss:.6g}; "
                f"{allowed:g} is allowed"
            )


def _take_new(found: Comparison, row: Row, test_set: str, metrics: dict[str, Any]) -> None:
    """Note the new metrics that are not numbers: nothing else can be wrong with them."""
    for metric, value in sorted(metrics.items()):
        if not is_number(value):
            found.lost.append(f"{row}: {test_set}.{metric} is new, but {value} is not a number")


def _compare_set(
    found: Comparison,
    row: Row,
    test_set: str,
    old: dict[str, Any],
    new: dict[str, Any],
    gate: Gate,
    fixed: Collection[str],
) -> None:
    """Compare the metrics of one row on one test set, the gain included."""
    tolerances = gate.tolerances.get(row.dataset, {}).get(test_set, {})
    before, now = with_gain(old), with_gain(new)
    gains = before.get("gain"), now.get("gain")
    # A better map scores more with any sound. That is worse only if the right one is worth less.
    listens = is_number(gains[0]) and is_number(gains[1]) and gains[1] >= gains[0]
    for metric in sorted(before.keys() | now.keys()):
        name = f"{row}: {test_set}.{metric}"
        if metric not in now:
            if metric in old:
                found.lost.append(f"{name} is missing, was {old[metric]}; run `dvc repro`")
        elif metric not in before:
            if metric in new:
                found.new.append((row, f"{test_set}.{metric}"))
                _take_new(found, row, test_set, {metric: new[metric]})
        elif not is_number(now[metric]):
            found.lost.append(f"{name} is {now[metric]}, was {before[metric]}")
        elif not is_number(before[metric]):
            found.lost.append(
                f"{name} cannot be compared, since it was {before[metric]}; name another revision"
            )
        else:
            tolerance = tolerances.get(metric, gate.unmeasured)
            found.changes.append(
                Change(
                    row=row,
                    test_set=test_set,
                    metric=metric,
                    old=before[metric],
                    new=now[metric],
                    tolerance=gate.fixed_maps if row.name in fixed else tolerance,
                    lower_is_better=metric in gate.lower_is_better,
                    excused=listens and metric.endswith("_swapped"),
                )
            )
