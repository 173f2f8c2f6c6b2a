"""The tables of what a row hears: gains, sides, and three sources."""

from avloc.report.cells import Cell
from avloc.report.labels import Labels
from avloc.report.results import Results
from avloc.report.score_tables import score_table
from avloc.report.table import Table


def cells(table: Table, row: str) -> tuple[Cell, ...]:
    return next(line.cells for line in table.lines if line.row == row)


def test_notes_explain_only_marks_that_occur(labels: Labels) -> None:
    scores = {"ots": {"pair": {"half": 80.0}}, "ours": {"pair": {"half": 70.0, "assigned": 60.0}}}
    notes = " ".join(score_table("listening", labels, Results("synthetic", scores)).notes)
    assert "–: no value." in notes
    assert "†" not in notes
    assert "*:" not in notes


def test_listening_gain_is_own_minus_swapped(labels: Labels) -> None:
    scores = {
        "ours": {
            "pair": {"half": 80.0, "assigned": 70.0, "cap": 60.0, "cap_swapped": 45.0},
            "duet": {"cap": 50.0, "cap_swapped": 52.5},
            "mosaic": {"cap": 30.0, "cap_swapped": 30.04},
        },
        "control-ones": {"pair": {"half": 50.0, "cap": 20.0, "cap_swapped": 20.0}},
    }
    table = score_table("listening", labels, Results("synthetic", scores))
    texts = [cell.text for cell in cells(table, "ours")]
    assert texts == ["80.0", "70.0", "60.0", "45.0", "+15.0", "-2.5", "+0.0"]
    assert [cell.star for cell in cells(table, "ours")] == [False, False, True, True] + [False] * 3
    assert not cells(table, "ours")[3].bold  # a high swapped score is no virtue
    control = [cell.text for cell in cells(table, "control-ones")]
    assert control == ["50.0", "–", "20.0", "20.0", "+0.0", "–", "–"]


def test_the_gain_of_several_seeds_has_its_error(labels: Labels) -> None:
    """The one number of the table that says whether a row listens would stand without it."""
    pair = {"half": 80.0, "cap": 60.0, "cap_swapped": 45.0}
    results = Results(
        "synthetic", {"ours": {"pair": pair}}, {"ours": {"pair": {"gain_se": 1.25}}}, {"ours": 3}
    )
    gain = cells(score_table("listening", labels, results), "ours")[-1]
    assert (gain.text, gain.spread) == ("+15.0 ± 1.2", 1.25)


def test_rows_of_every_section_are_heard(labels: Labels) -> None:
    pair = {"half": 80.0, "cap": 60.0, "cap_swapped": 45.0}
    scores = {row: {"pair": pair} for row in ("dsol", "dmc", "ours", "ours-plus", "control-ones")}
    table = score_table("listening", labels, Results("synthetic", scores))
    assert [line.row for line in table.lines] == [
        *("dsol", "dmc", "ours", "ours-plus", "control-ones")
    ]
    assert "class labels" in next(iter(table.sections.values()))


def test_three_sources_are_shown_for_rows_that_have_them(labels: Labels) -> None:
    triple = {"cap": 22.0, "piap": 25.0, "ciou@0.1": 44.0, "cap_swapped": 15.0}
    scores = {
        "ours": {"pair": {"cap": 50.0}},
        "ours-3": {"triple": {**triple, "half": 66.0, "assigned": 40.0}},
    }
    table = score_table("triple", labels, Results("synthetic", scores))
    assert [line.row for line in table.lines] == ["ours-3"]
    texts = [cell.text for cell in cells(table, "ours-3")]
    assert texts == ["22.0", "25.0", "44.0", "66.0", "40.0", "15.0", "+7.0"]
    assert [column.title for column in table.columns][2:6] == [
        *("CIoU@0.1", "half", "assigned", "CAP swapped")
    ]
    # By chance one image of three; three maps on three images: 3! of 27 ways.
    assert "33.3 by chance" in table.notes[0]
    assert "22.2 by chance" in table.notes[0]
    assert round(100 * 6 / 27, 1) == 22.2
    assert score_table("triple", labels, Results("synthetic", {"ours": {}})).lines == ()


def test_pairs_of_some_clips_have_a_table_of_their_own(labels: Labels) -> None:
    """Else a score on notes, which share players, would hide among those on recordings."""
    scores = {"cap": 60.0, "cap_swapped": 50.0, "half": 80.0, "assigned": 70.0}
    sets = {"pair": scores, "pair-note": scores | {"half": 90.0}, "mosaic": {"cap": 5.0}}
    table = score_table("tagged", labels, Results("stills", {"ours": sets}))
    assert list(dict.fromkeys(column.group for column in table.columns)) == ["pair-note, stills"]
    (line,) = table.lines
    assert [cell.value for cell in line.cells] == [90.0, 70.0, 60.0, 50.0, 10.0]
    del sets["pair-note"]
    assert not score_table("tagged", labels, Results("stills", {"ours": sets})).lines
