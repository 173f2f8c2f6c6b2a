"""Tables of what a row hears: by sides and swapped sounds, for two sources, some, and three."""

from avloc.report.cells import Cell, Column, Group, Table, number, signed
from avloc.report.layout import BEST_IN_BOLD, Columns, filled, with_marks_explained
from avloc.report.scores import Results, metric_title, takes_pairing
from avloc.report.settings import Settings
from avloc.report.thresholds import threshold_notes
from avloc.scenes.test_sets import recipe

_SWAPPED = (
    "CAP swapped: the same scene scored with the sound of another; gain: CAP minus CAP swapped,"
    " in points, near 0 for a row that does not listen."
)
_PAIR_NOTES = (
    "half: how often one sound alone puts the peak of the map on its own of two images side by"
    " side; assigned: how often each image has a map of the mixture that peaks on it. Both are 50"
    " by chance (assigned: 75 with three maps), but two fixed maps, one on either side, are always"
    " assigned.",
    _SWAPPED,
)
_TRIPLE_NOTES = (
    "half: how often one sound alone puts the peak of the map on its own of three images side by"
    " side, 33.3 by chance; assigned: how often each image has a map of the mixture that peaks on"
    " it, 22.2 by chance. Rows with two maps have none for the third source and are left out.",
    _SWAPPED,
)
_TITLES = {"cap_swapped": "CAP swapped", "half": "half", "assigned": "assigned"}


def listening_table(settings: Settings, results: Results) -> Table:
    """Build the table of what changes when a row hears the sound of another scene.

    Columns for pairs: whether single sounds and mixtures are told apart by side (half,
    assigned), CAP with the scene's own sound and with another's, and the gain, their difference;
    for duets and mosaics the gain.
    """
    block = [
        _columns(settings, results, "pair", ("half", "assigned", "cap", "cap_swapped")),
        _columns(settings, results, "duet", ()),
        _columns(settings, results, "mosaic", ()),
    ]
    notes = (*_PAIR_NOTES, _percent(results), BEST_IN_BOLD)
    table = Table("listening", settings.titles.listening, notes, (), ())
    table = filled(table, [block], settings, results, always=results.scores)
    return with_marks_explained(table, results)


def triple_table(settings: Settings, results: Results) -> Table:
    """Build the table of three images side by side, without rows that have two maps."""
    metrics = ("cap", "piap", "ciou@0.1", "half", "assigned", "cap_swapped")
    block = [_columns(settings, results, "triple", metrics)]
    notes = (*_TRIPLE_NOTES, _percent(results), *threshold_notes(results, ["triple"]), BEST_IN_BOLD)
    table = Table("triple", settings.titles.triple, notes, (), ())
    return with_marks_explained(filled(table, [block], settings, results), results)


def tagged_table(settings: Settings, results: Results) -> Table:
    """Build the table of pairs that are made of tagged clips only; without rows if there are none.

    A pair of clips without boxes is scored against its halves: is the right image found at all.
    """
    sets = {name for scores in results.scores.values() for name in scores}
    tagged = sorted(name for name in sets if recipe(name) == "pair" and name != "pair")
    metrics = ("half", "assigned", "cap", "cap_swapped")
    block = [_columns(settings, results, name, metrics) for name in tagged]
    notes = (
        "The set's name says which clips its pairs are made of. Where clips have no boxes, CAP is"
        " measured against the whole image that sounds.",
        *_PAIR_NOTES,
        _percent(results),
        BEST_IN_BOLD,
    )
    table = Table("tagged", settings.titles.tagged, notes, (), ())
    return with_marks_explained(filled(table, [block], settings, results), results)


def _columns(
    settings: Settings, results: Results, test_set: str, metrics: tuple[str, ...]
) -> Columns:
    """Return scores of a test set and, at the right, the gain."""

    def cells(row: str) -> tuple[Cell, ...]:
        paired = settings.rows[row].best_pairing
        own = (
            number(
                results.score(row, test_set, metric),
                results.spread(row, test_set, metric),
                star=paired and takes_pairing(test_set, metric),
            )
            for metric in metrics
        )
        return (*own, signed(results.gain(row, test_set), results.spread(row, test_set, "gain")))

    titles = [
        Column(_TITLES[m] if m in _TITLES else metric_title(m), ranked=m != "cap_swapped")
        for m in metrics
    ]
    group = Group(f"{test_set}, {results.dataset}", (*titles, Column("gain", True)), paper=False)
    return Columns(group, cells)


def _percent(results: Results) -> str:
    return f"All columns: this project on the data set {results.dataset}, in percent."
