"""Tables of one row minus every other, with bootstrap intervals over videos."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.evaluation.bootstrap import interval, scene_weights
from avloc.report.cells import DASH, Cell, Column, Group, Table, bounded
from avloc.report.layout import Columns, filled, in_words, with_marks_explained
from avloc.report.samples import Samples
from avloc.report.scores import Results
from avloc.report.settings import Settings

Videos = Mapping[str, Sequence[Sequence[str]]]
RowSamples = Mapping[str, Mapping[str, Samples]]

GAIN = "gain"
#: Test set -> what is compared on it.
_COMPARED: dict[str, dict[str, str]] = {
    "pair": {"cap": "CAP", GAIN: "gain", "half": "half", "assigned": "assigned"},
    "duet": {"cap": "CAP", GAIN: "gain"},
    "mosaic": {"cap": "CAP", GAIN: "gain"},
}


def scene_values(samples: Samples, name: str) -> NDArray[np.floating] | None:
    """Return (N,) values of a score, or of the gain: CAP minus CAP with a swapped sound."""
    if name != GAIN:
        return samples.scenes.get(name)
    right, wrong = samples.scenes.get("cap"), samples.scenes.get("cap_swapped")
    return None if right is None or wrong is None else right - wrong


def interval_table(
    name: str, settings: Settings, results: Results, samples: RowSamples, videos: Videos
) -> Table:
    """Build one of the tables under ``render.intervals.tables``; without rows if it has none.

    Parameters
    ----------
    name
        Key under ``render.intervals.tables``.
    settings
        Draws, level, seed, labels and the row that others are compared with.
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
    about, layout = settings.intervals, settings.intervals.tables[name]
    own = samples.get(layout.reference, {})
    blocks = []
    for test_set, compared in _COMPARED.items():
        scenes = videos.get(test_set, ())
        if test_set not in own or len({video for scene in scenes for video in scene}) < 2:
            continue
        weights = scene_weights(scenes, about.draws, about.seed)
        titles = tuple(Column(title, ranked=False) for title in compared.values())
        group = Group(f"{test_set}, {results.dataset}", titles, paper=False)

        def cells(
            row: str,
            test_set: str = test_set,
            compared: Sequence[str] = tuple(compared),
            weights: NDArray[np.int64] = weights,
        ) -> tuple[Cell, ...]:
            other = samples.get(row, {}).get(test_set)
            if other is None or row == layout.reference:
                return (Cell(DASH),) * len(compared)
            return tuple(
                _difference(
                    _checked(own[test_set], score, weights, layout.reference),
                    _checked(other, score, weights, row),
                    weights,
                    about.level,
                )
                for score in compared
            )

        blocks.append([Columns(group, cells)])
    table = Table(name, layout.title, _notes(settings, results, layout.reference), (), ())
    return with_marks_explained(filled(table, blocks, settings, results), results)


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


def _notes(settings: Settings, results: Results, reference: str) -> tuple[str, ...]:
    about = settings.intervals
    trained = {row: n for row, n in results.seeds.items() if row in results.scores}
    seeds = in_words(trained)
    means = "comes from one seed" if seeds == "one seed" else f"is a mean of {seeds}"
    return (
        f"{settings.rows[reference].label} minus the row, on the data set {results.dataset}, in"
        " points: CAP; gain, which is CAP minus CAP with the sound of another scene; half and"
        " assigned as in the table of listening.",
        f"In brackets the {100 * about.level:g} % percentile interval of {about.draws} bootstrap"
        " draws over videos: frames of a video come and go together, and a scene counts as often"
        " as its combination of videos is drawn (pigeonhole bootstrap, Owen 2007). Each row"
        f" {means}; how much seeds differ is not in the interval.",
        "Bold: the interval leaves out zero.",
    )
