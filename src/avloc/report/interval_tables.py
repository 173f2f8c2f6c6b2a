"""Tables of one row minus every other, with bootstrap intervals over units of scenes and seeds."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.evaluation.bootstrap import interval, scene_weights
from avloc.report.cells import DASH, Cell, bounded, plain
from avloc.report.labels import CONTROL, Labels
from avloc.report.notes import in_words, joined
from avloc.report.results import Results
from avloc.report.samples import Samples
from avloc.report.settings import IntervalSettings
from avloc.report.table import Column, Table, fill
from avloc.report.units import SceneUnits, count

RowSamples = Mapping[str, Mapping[str, Samples]]


def interval_table(
    name: str,
    labels: Labels,
    settings: IntervalSettings,
    results: Results,
    samples: RowSamples,
    units: Mapping[str, SceneUnits],
) -> Table:
    """Build a table of differences; without rows if its reference row is not run.

    Parameters
    ----------
    name
        Key under ``tables`` in labels.yaml.
    labels, settings
        Names and layout; draws, level and seed.
    results
        Which rows collapsed, how many seeds they have.
    samples
        Row -> test set -> its scores by scene.
    units
        Test set -> the units that its scenes are made of.

    Raises
    ------
    UserError
        If a row was scored on other scenes than those of `units`.
    """
    layout = labels.interval_tables[name]
    columns: list[Column] = []
    for block, (test_set, compared) in enumerate(labels.compared.items()):
        scenes = units.get(test_set, {})
        own = samples.get(layout.reference, {}).get(test_set)
        if own is None or max(count(scenes).values(), default=0) < 2:
            continue
        weights = scene_weights(scenes, settings.draws, settings.seed)
        for score in compared:
            if scene_values(own, score) is None:
                continue

            def cell(
                row: str,
                test_set: str = test_set,
                score: str = score,
                own: Samples = own,
                weights: NDArray[np.int64] = weights,
            ) -> Cell:
                other = samples.get(row, {}).get(test_set)
                if other is None or row == layout.reference:
                    return Cell(DASH)
                first = _checked(own, score, weights, layout.reference)
                second = _checked(other, score, weights, row)
                found = _difference(first, second, weights, settings)
                rivals = labels.rows[row].section != CONTROL and (
                    results.pairings(row) == results.pairings(layout.reference)
                )
                # Other numbers of maps, and fixed maps, have other chances of being assigned.
                return found if rivals or not labels.column(score).by_maps else plain(found)

            title = labels.column(score).title
            columns.append(Column(block, f"{test_set}, {results.dataset}", title, cell))
    kinds = sorted({kind for scenes in units.values() for kind in scenes})
    notes = _notes(labels, settings, results, layout.reference, kinds)
    return fill(name, layout.title, columns, labels, results, notes)


def scene_values(samples: Samples, name: str) -> NDArray[np.floating] | None:
    """Return (S, N) values of a score, or of the gain: CAP minus CAP with a swapped sound.

    Parameters
    ----------
    samples
        Of a row on a test set.
    name
        Of the score, or ``gain``.
    """
    if name != "gain":
        return samples.scenes.get(name)
    right, wrong = samples.scenes.get("cap"), samples.scenes.get("cap_swapped")
    return None if right is None or wrong is None else right - wrong


def _checked(
    samples: Samples, score: str, weights: NDArray[np.int64], row: str
) -> NDArray[np.floating] | None:
    values = scene_values(samples, score)
    if values is not None and values.shape[1:] != weights.shape[1:]:
        raise UserError(
            f"row {row!r} has {score} for {values.shape[1]} of {weights.shape[1]} scenes; run its"
            " evaluate stage again (`dvc repro`)"
        )
    return values


def _difference(
    own: NDArray[np.floating] | None,
    other: NDArray[np.floating] | None,
    weights: NDArray[np.int64],
    settings: IntervalSettings,
) -> Cell:
    if own is None or other is None:
        return Cell(DASH)
    own, other = (100 * values.astype(np.float64) for values in (own, other))
    found = interval(own, weights, settings.level, minus=other, seed=settings.seed)
    return bounded(found.mean, found.low, found.high)


def _notes(
    labels: Labels,
    settings: IntervalSettings,
    results: Results,
    reference: str,
    kinds: Collection[str],
) -> tuple[str, ...]:
    trained = {row: n for row, n in results.seeds.items() if row in results.metrics}
    seeds = in_words(trained)
    drawn = joined([f"{kind}s" for kind in kinds]) if kinds else "videos"
    several = (
        f"Each row is a mean of {seeds}; these are drawn, too, each row's by themselves, and the"
        " intervals are wider by Student's t, since a few seeds tell badly how much seeds differ."
    )
    if min(trained.values(), default=1) == 1:
        several += " Of rows with one seed, how much seeds differ is not in the interval."
    one = "Each row comes from one seed; how much seeds differ is not in the interval."
    return (
        f"{labels.rows[reference].label} minus the row, on the data set {results.dataset}, in"
        " points: CAP; PIAP; gain, which is CAP minus CAP with the sound of another scene; half and"
        " assigned as in the table of listening.",
        f"In brackets the {100 * settings.level:g} % percentile interval of {settings.draws}"
        f" bootstrap draws over {drawn}: scenes that share one of these come and go together"
        f" (docs/metrics.md). {one if seeds == 'one seed' else several}",
        "Bold: the interval leaves out zero. In assigned, rows with another number of maps and"
        " controls are never set in bold, since their chances differ. In CAP, rows with several"
        " maps profit from the best pairing; PIAP takes none.",
        *filter(None, [labels.rows[reference].note]),
    )
