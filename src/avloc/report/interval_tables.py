"""Tables of one row minus every other, with bootstrap intervals over videos."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.evaluation.bootstrap import interval, scene_weights
from avloc.report.cells import DASH, Cell, bounded
from avloc.report.labels import Labels
from avloc.report.notes import in_words
from avloc.report.results import Results
from avloc.report.samples import Samples
from avloc.report.settings import IntervalSettings
from avloc.report.table import Column, Table, fill

Videos = Mapping[str, Sequence[Sequence[str]]]
RowSamples = Mapping[str, Mapping[str, Samples]]


def interval_table(
    name: str,
    labels: Labels,
    settings: IntervalSettings,
    results: Results,
    samples: RowSamples,
    videos: Videos,
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
    videos
        Test set -> per scene the videos that it is made of.

    Raises
    ------
    UserError
        If a row was scored on other scenes than those of `videos`.
    """
    layout = labels.interval_tables[name]
    columns: list[Column] = []
    for block, (test_set, compared) in enumerate(labels.compared.items()):
        scenes = videos.get(test_set, ())
        own = samples.get(layout.reference, {}).get(test_set)
        if own is None or len({video for scene in scenes for video in scene}) < 2:
            continue
        weights = scene_weights(scenes, settings.draws, settings.seed)
        for score in compared:

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
                return _difference(first, second, weights, settings.level)

            title = labels.column(score).title
            columns.append(Column(block, f"{test_set}, {results.dataset}", title, cell))
    notes = _notes(labels, settings, results, layout.reference)
    return fill(name, layout.title, columns, labels, results, notes)


def scene_values(samples: Samples, name: str) -> NDArray[np.floating] | None:
    """Return (N,) values of a score, or of the gain: CAP minus CAP with a swapped sound.

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
    if values is not None and values.shape != weights.shape[1:]:
        raise UserError(
            f"row {row!r} has {score} for {len(values)} of {weights.shape[1]} scenes; run its"
            " evaluate stage again (`dvc repro`)"
        )
    return values


def _difference(
    own: NDArray[np.floating] | None,
    other: NDArray[np.floating] | None,
    weights: NDArray[np.int64],
    level: float,
) -> Cell:
    if own is None or other is None:
        return Cell(DASH)
    found = interval(100 * (own.astype(np.float64) - other), weights, level)
    return bounded(found.mean, found.low, found.high)


def _notes(
    labels: Labels, settings: IntervalSettings, results: Results, reference: str
) -> tuple[str, ...]:
    trained = {row: n for row, n in results.seeds.items() if row in results.metrics}
    seeds = in_words(trained)
    means = "comes from one seed" if seeds == "one seed" else f"is a mean of {seeds}"
    return (
        f"{labels.rows[reference].label} minus the row, on the data set {results.dataset}, in"
        " points: CAP; gain, which is CAP minus CAP with the sound of another scene; half and"
        " assigned as in the table of listening.",
        f"In brackets the {100 * settings.level:g} % percentile interval of {settings.draws}"
        " bootstrap draws over videos: frames of a video come and go together, and a scene counts"
        " as often as its combination of videos is drawn (pigeonhole bootstrap, Owen 2007). Each"
        f" row {means}; how much seeds differ is not in the interval.",
        "Bold: the interval leaves out zero.",
        *filter(None, [labels.rows[reference].note]),
    )
