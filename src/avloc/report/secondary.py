"""Tables of other readings of the same maps: pairings, pooling, thresholds, and silence."""

from collections.abc import Sequence

from avloc.report.cells import DASH, Cell, Column, Group, Table, number, signed
from avloc.report.layout import Columns, filled, with_marks_explained
from avloc.report.scores import Results
from avloc.report.settings import Settings

READING_SETS = ("pair", "duet")
NEGATIVE_SETS = ("solo", "pair", "duet", "mosaic")

_PAIRINGS = ("cap_fixed", "cap_mean")
#: Readings that follow the columns on pairings, and their titles.
_OTHERS = {
    "cap_macro": "macro CAP",
    "ciou_macro@0.3": "macro CIoU@0.3",
    "cap_two_box": "two-box CAP",
    "ciou_two_box@0.3": "two-box CIoU@0.3",
    "pxap": "PxAP",
    "ciou_t0.4@0.3": "CIoU@0.3, t = 0.4",
    "ciou_max@0.3": "CIoU@0.3, t*max",
    "ciou_cosine@0.3": "CIoU@0.3, cosine",
    "universal_threshold": "universal t",
    "ciou_universal@0.3": "CIoU@0.3, universal t",
}
#: Those that a set may leave nothing to say, and the score that they then repeat.
_REPEATED = {
    "cap_macro": "cap",
    "ciou_macro@0.3": "ciou@0.3",
    "cap_two_box": "cap",
    "ciou_two_box@0.3": "ciou@0.3",
    "ciou_t0.4@0.3": "ciou@0.3",
}
_AREAS = {
    "area_right": "right sound",
    "area_silence": "silence",
    "area_noise": "noise",
    "area_offscreen": "off-screen",
}
_READING_NOTES = (
    "CAP best: the best pairing of maps and sources in every scene, as in the other tables; fixed:"
    " one order of the maps for the whole set, chosen on validation scenes; mean: what a blind"
    " choice of the pairing earns. Best minus mean is in points: what choosing is worth. Rows"
    " with one map, or with one per class, have nothing to choose.",
    "macro: the mean over videos of the means over their scenes; two-box: of the frames with two"
    " annotated sources; both are left out where they are the score itself. PxAP: average precision"
    " of the overall map over the pixels of all images together.",
    "CIoU@0.3, t = 0.4: at the paper's threshold for all rows; t*max: the row's threshold on maps"
    " divided by their maximum; cosine: 0.4 on the cosine itself; universal t: one threshold on raw"
    " values for all images of the set, chosen on validation scenes, printed in the unit of the"
    " row's maps.",
)
_NEGATIVE_NOTES = (
    "Share of the image above the universal threshold of the row and set, in percent, mean over"
    " scenes and maps: with the scene's own sound, with silence, with noise, and with the sound of"
    " something off screen. A row that knows when nothing there sounds marks less in the last"
    " three.",
)


def readings_table(settings: Settings, results: Results) -> Table:
    """Build the table of readings of pairs and duets; without rows if there are none."""
    names = (*_PAIRINGS, *_OTHERS)
    blocks = [
        [_readings_of(settings, results, test_set)]
        for test_set in READING_SETS
        if _occur(results, test_set, names)
    ]
    notes = (*_READING_NOTES, _where(results))
    table = Table("readings", settings.titles.readings, notes, (), ())
    return with_marks_explained(filled(table, blocks, settings, results), results)


def negatives_table(settings: Settings, results: Results) -> Table:
    """Build the table of the area found with sounds that are not there; perhaps without rows."""
    blocks = [
        [_areas_of(results, test_set)]
        for test_set in NEGATIVE_SETS
        if _occur(results, test_set, tuple(_AREAS))
    ]
    notes = (*_NEGATIVE_NOTES, _where(results))
    table = Table("negatives", settings.titles.negatives, notes, (), ())
    return with_marks_explained(filled(table, blocks, settings, results), results)


def _readings_of(settings: Settings, results: Results, test_set: str) -> Columns:
    others = [name for name in _OTHERS if _says_something(results, test_set, name)]

    def cells(row: str) -> tuple[Cell, ...]:
        if not _occur_in(results, row, test_set, (*_PAIRINGS, *_OTHERS)):
            return (Cell(DASH),) * (4 + len(others))
        best = results.score(row, test_set, "cap")
        mean = results.reading(row, test_set, "cap_mean")
        gain = None if best is None or mean is None else best - mean
        return (
            number(best, results.spread(row, test_set, "cap"), settings.rows[row].best_pairing),
            _reading(results, row, test_set, "cap_fixed"),
            _reading(results, row, test_set, "cap_mean"),
            signed(gain),
            *(_reading(results, row, test_set, name) for name in others),
        )

    own = ("CAP best", "CAP fixed", "CAP mean", "best minus mean")
    titles = (*own, *(_OTHERS[name] for name in others))
    return Columns(_group(results, test_set, titles), cells)


def _says_something(results: Results, test_set: str, name: str) -> bool:
    """Whether some row has a reading, and it does not just repeat the score of every row."""
    if name not in _REPEATED:
        return _occur(results, test_set, (name,))
    pairs = [
        (results.reading(row, test_set, name), results.score(row, test_set, _REPEATED[name]))
        for row in results.readings
    ]
    return any(
        value is not None and number(value).text != number(score).text for value, score in pairs
    )


def _areas_of(results: Results, test_set: str) -> Columns:
    def cells(row: str) -> tuple[Cell, ...]:
        return tuple(_reading(results, row, test_set, name) for name in _AREAS)

    return Columns(_group(results, test_set, tuple(_AREAS.values())), cells)


def _reading(results: Results, row: str, test_set: str, name: str) -> Cell:
    value = results.reading(row, test_set, name)
    if value is not None and name == "universal_threshold":
        return Cell(f"{value:.2f}", value)
    return number(value, results.spread(row, test_set, name))


def _group(results: Results, test_set: str, titles: Sequence[str]) -> Group:
    columns = tuple(Column(title, ranked=False) for title in titles)
    return Group(f"{test_set}, {results.dataset}", columns, paper=False)


def _occur(results: Results, test_set: str, names: Sequence[str]) -> bool:
    return any(_occur_in(results, row, test_set, names) for row in results.readings)


def _occur_in(results: Results, row: str, test_set: str, names: Sequence[str]) -> bool:
    return any(results.reading(row, test_set, name) is not None for name in names)


def _where(results: Results) -> str:
    return (
        f"All columns: this project on the data set {results.dataset}, in percent but for"
        " thresholds."
    )
