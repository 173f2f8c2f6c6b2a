"""Which cells a table has, which are starred, which are bold, what its notes say."""

import pytest

from avloc.report.cells import Cell
from avloc.report.labels import Labels
from avloc.report.results import Results, Scores, Trunk
from avloc.report.score_tables import score_table
from avloc.report.table import Table

MULTI = {"cap": 40.04, "piap": 50.0, "auc": 20.0, "ciou@0.3": 10.0}
SCORES: Scores = {
    "ots": {"solo": {"ap": 70.0, "auc": 30.0, "iou@0.5": 20.0}, "duet": MULTI},
    "ours": {
        "solo": {"ap": 60.0, "auc": 30.04, "iou@0.5": 25.0},
        "duet": {**MULTI, "cap": 39.96, "ciou@0.3": 26.3},
    },
    "control-sides": {"solo": {"ap": 90.0}, "duet": {**MULTI, "cap": 95.0}},
}


def cells(table: Table, row: str) -> tuple[Cell, ...]:
    return next(line.cells for line in table.lines if line.row == row)


@pytest.fixture
def table1(labels: Labels) -> Table:
    # A map per node, which only the secondary metrics tell where no images stand side by side.
    secondary = {"ours": {"duet": {"ciou_cosine@0.3": 5.0}}}
    return score_table("table1", labels, Results("synthetic", SCORES, secondary))


def test_rows_come_in_the_papers_order_with_controls_apart(table1: Table) -> None:
    rows = [line.row for line in table1.lines]
    assert rows == [
        "dsol",
        "sound-of-pixels",
        "ots",
        "ots-mix",
        "attention",
        "dmc",
        "ours",
        "control-sides",
    ]
    assert list(table1.sections.values())[-1] == "control (not in the paper)"
    assert "Semi-supervised" in next(iter(table1.sections.values()))


def test_a_system_that_is_not_run_keeps_the_papers_number(table1: Table) -> None:
    own = cells(table1, "dmc")
    assert [cell.text for cell in own[:6]] == ["not run"] * 3 + ["–", "38.0", "29.1"]
    assert own[4].copied
    assert not own[4].star


def test_scores_without_a_value_are_dashes(table1: Table) -> None:
    assert [cell.text for cell in cells(table1, "control-sides")[:3]] == ["90.0", "–", "–"]
    # The data set has no mosaic scores at all.
    assert [cell.text for cell in cells(table1, "ours")[6:10]] == ["–"] * 4


def test_stars_mark_the_best_pairing_and_nothing_else(table1: Table) -> None:
    starred = [cell.star for cell in cells(table1, "ours")[14:18]]
    assert starred == [True, False, True, True]  # CAP, PIAP, AUC, CIoU
    assert not any(cell.star for cell in cells(table1, "ours")[:3])
    assert not any(cell.star for cell in cells(table1, "ots")[14:18])
    assert [cell.star for cell in cells(table1, "ours")[18:]] == [True, False, True, True]


def test_bold_is_the_best_printed_value_of_the_trained_rows(table1: Table) -> None:
    ours, ots = cells(table1, "ours"), cells(table1, "ots")
    assert [cell.bold for cell in ots[:3]] == [True, False, False]
    assert [cell.bold for cell in ours[:3]] == [False, False, True]  # 30.0 and 30.04 print alike
    assert not any(cell.bold for cell in cells(table1, "control-sides"))
    assert not any(cell.bold for cell in ours[18:])  # the paper's columns are not judged


def test_bold_compares_rows_of_equal_chances_only(labels: Labels) -> None:
    """Three maps are assigned at 75 by chance and have six pairings, two maps 50 and two."""
    pair = {"cap": 40.0, "assigned": 80.0, "half": 70.0}
    scores: Scores = {
        "ours": {"pair": pair},
        "isi": {"pair": {"cap": 30.0, "assigned": 75.0, "half": 70.0}},
        "ours-3": {"pair": {"cap": 60.0, "assigned": 94.0, "half": 72.0}},
        "ots": {"pair": {"cap": 90.0, "half": 60.0}},
        "control-sides": {"pair": {"cap": 95.0, "assigned": 100.0, "half": 50.0}},
    }
    results = Results("synthetic", scores, nodes={"ours": 2, "isi": 2, "ours-3": 3, "ots": 1})
    table = score_table("listening", labels, results)
    bold = {line.row: [cell.bold for cell in line.cells] for line in table.lines}
    titles = [column.title for column in table.columns]
    assert titles == ["half", "assigned", "CAP"]
    assert bold["ours"] == [False, True, True]
    # half has one chance for all; nothing else of ours-3 has a rival.
    assert bold["ours-3"] == [True, False, False]
    assert not any(bold["ots"] + bold["isi"] + bold["control-sides"])
    assert any("ranked apart" in note for note in table.notes)


def test_auc_and_ciou_stand_at_equal_thresholds(labels: Labels) -> None:
    """Beside baselines with chosen thresholds, 0.4 makes the paper's method look worse."""
    twins = {"auc_t0.4": 15.8, "auc_val": 24.5, "ciou_t0.4@0.3": 2.8, "ciou_val@0.3": 27.1}
    secondary = {row: {"duet": {**twins, "ciou_cosine@0.3": 5.0}} for row in ("ours", "ots")}
    table = score_table("table3", labels, Results("synthetic", SCORES, secondary))
    own = [c for c, column in enumerate(table.columns) if column.group == "duet, synthetic"]
    assert [table.columns[c].title for c in own] == [
        *("CAP", "PIAP", "AUC, t = 0.4", "AUC, t chosen"),
        *("CIoU@0.3, t = 0.4", "CIoU@0.3, t chosen"),
    ]
    ours = cells(table, "ours")
    assert [ours[c].text for c in own][2:] == ["15.8", "24.5", "2.8", "27.1"]
    assert [ours[c].star for c in own] == [True, False, True, True, True, True]
    assert any("section 4.4 of the paper states" in note for note in table.notes)


def test_rows_with_a_warm_start_or_another_trunk_are_marked(labels: Labels) -> None:
    """A reader would take a row that saw single sounds for the paper's recipe."""
    lite = Trunk("efficientnet-lite0", "imagenet", 2)
    whole = Trunk("efficientnet-lite0", "imagenet", 0)
    scores = dict.fromkeys(("corre", "isi", "ours"), SCORES["ours"])
    results = Results(
        *("synthetic", scores),
        warm_started=frozenset({"isi"}),
        trunks={"corre": lite, "isi": lite, "ours": whole},
    )
    table = score_table("table3", labels, results)
    marks = {line.row: line.marks for line in table.lines}
    assert (marks["corre"], marks["isi"], marks["ours"]) == ("", "§", "°")
    notes = " ".join(table.notes)
    assert "§: began with a warm start, which the paper does not have" in notes
    assert "efficientnet-lite0 from ImageNet weights, the first 2 blocks frozen: " in notes
    assert "efficientnet-lite0 from ImageNet weights, no block frozen in Ours." in notes
    alike = score_table(
        "table3", labels, Results("synthetic", scores, trunks=dict.fromkeys(scores, lite))
    )
    assert not any(line.marks for line in alike.lines)
    assert "Image trunk of all trained rows: efficientnet-lite0" in " ".join(alike.notes)
    assert "§" not in " ".join(alike.notes)


def test_a_data_set_has_a_note_of_its_own(labels: Labels) -> None:
    stills, music = (score_table("table3", labels, Results(d, SCORES)) for d in ("stills", "music"))
    assert any("boxes often cover nearly the whole photo" in note for note in stills.notes)
    assert not any("boxes often cover" in note for note in music.notes)


def test_table_2_keeps_both_halves_of_the_paper_apart(labels: Labels) -> None:
    table = score_table("table2", labels, Results("vggsound-instruments", SCORES))
    titles = list(dict.fromkeys(column.group for column in table.columns))
    assert titles[:3] == ["solo, vggsound-instruments", "paper, VGGSound", "paper, VoxCeleb2"]
    assert [cell.text for cell in cells(table, "ours")[3:9]] == [
        *("44.7", "32.1", "49.6"),
        *("46.1", "27.7", "35.4"),
    ]
    # Systems that the paper's Table 2 lacks and that are not run have nothing to show.
    assert [line.row for line in table.lines] == ["ots", "ots-mix", "ours", "control-sides"]


def test_table_3_has_the_ablation_rows(labels: Labels) -> None:
    table = score_table("table3", labels, Results("synthetic", SCORES))
    rows = [line.row for line in table.lines]
    assert rows == ["corre", "isi", "permute", "ours", "control-sides"]


def test_notes_say_what_cannot_be_compared(labels: Labels, table1: Table) -> None:
    notes = " ".join(table1.notes)
    assert "MUSIC-Solo, MUSIC-Synthetic and MUSIC-Duet; these are other data sets" in notes
    assert "cannot be compared" in notes
    same = " ".join(score_table("table1", labels, Results("music", SCORES)).notes)
    assert "cannot be compared" not in same
    mixed = " ".join(score_table("table2", labels, Results("vggsound-instruments", SCORES)).notes)
    assert "prints for VGGSound, the same data set" in mixed
    assert "prints for VoxCeleb2; these are other data sets" in mixed


def test_rows_that_the_paper_lacks_stand_apart_and_say_so(labels: Labels) -> None:
    scores = {**SCORES, "ours-plus": SCORES["ours"], "dsol": SCORES["ots"]}
    for name in ("table1", "table2", "table3"):
        table = score_table(name, labels, Results("synthetic", scores))
        titles = list(table.sections.values())
        assert titles.index("Not in the paper") == titles.index("Proposed (self-supervised)") + 1
        line = next(line for line in table.lines if line.row == "ours-plus")
        assert "not in the paper" in line.label
        if name != "table3":
            assert titles[0] == "Semi-supervised (trained with class labels)"


def test_several_seeds_show_their_standard_error(labels: Labels) -> None:
    secondary = {"ours": {"solo": {"ap_se": 1.24}}}
    results = Results("synthetic", SCORES, secondary, seeds={"ours": 3, "ots": 1})
    table = score_table("table1", labels, results)
    assert [cell.text for cell in cells(table, "ours")[:2]] == ["60.0 ± 1.2", "30.0"]
    assert "±: standard error of the mean over 3 seeds." in table.notes
    best = score_table(
        "table1", labels, Results("synthetic", {"ours": {"solo": {"ap": 70.0}}}, secondary)
    )
    assert cells(best, "ours")[0].bold


def test_a_collapsed_row_is_marked_and_explained(labels: Labels) -> None:
    table = score_table(
        "table3", labels, Results("synthetic", SCORES, collapsed=frozenset({"ours"}))
    )
    assert [line.row for line in table.lines if line.collapsed] == ["ours"]
    assert any("‡: collapsed: its nodes had become one vector" in note for note in table.notes)
    assert not any(
        "‡" in note for note in score_table("table3", labels, Results("synthetic", SCORES)).notes
    )
