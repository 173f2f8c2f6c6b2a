"""The parts of the page: tables, scenes, curves, and the numbers of walks."""

from pathlib import Path

import numpy as np
import pytest

from avloc.change_tracking import DATA
from avloc.report.cells import Cell
from avloc.report.labels import Labels
from avloc.report.page.assemble import FOLDER, SCRIPTS
from avloc.report.page.curve_numbers import curve_numbers
from avloc.report.page.packing import ArrayPool, packed_masks
from avloc.report.page.scene_choice import ranking_row, spread
from avloc.report.page.table_html import plain_table, table_html
from avloc.report.page.walk_numbers import walk_numbers
from avloc.report.random_walk import Walk, similarities
from avloc.report.settings import CollapseSettings
from avloc.report.table import Column, Line, Table
from avloc.report.training_curve import Curve
from tests.report.pages import maps_in, run_scripts


def table(*cells: Cell) -> Table:
    columns = (
        Column(0, "pair, set<1>", "CAP", lambda _: cells[0]),
        Column(0, "paper, MUSIC", "CAP", lambda _: cells[1], paper=True),
    )
    line = Line("ours", "Ours & co", "proposed", cells, collapsed=True)
    return Table("t1", "A < B", ("±: error.",), {"proposed": "Proposed"}, columns, (line,))


def test_a_table_keeps_marks_notes_and_what_is_the_papers() -> None:
    """A reader would take the paper's numbers for this project's, or miss that a row collapsed."""
    text = table_html(
        table(Cell("5.1 ± 0.2", 5.1, 0.2, star=True, bold=True), Cell("7.0", 7.0, copied=True)),
        True,
    )
    assert "A &lt; B" in text and "Ours &amp; co<sup>‡</sup>" in text
    assert '<td data-value="5.1"><b>5.1</b><sup>*</sup><small> ± 0.2</small></td>' in text
    assert '<td class="paper" data-value="7">7.0<sup>†</sup></td>' in text
    assert '<th scope="colgroup" colspan="1" class="paper">paper, MUSIC</th>' in text
    assert "<li>±: error.</li>" in text


def test_a_dash_has_no_value_to_sort_by() -> None:
    assert "<td>–</td>" in table_html(table(Cell("–"), Cell("–")), False)


def test_an_interval_stands_behind_its_value() -> None:
    cell = Cell("+7.1 [+2.3, +11.8]", 7.1, low=2.3, high=11.8, bold=True)
    assert "<b>+7.1</b><small> [+2.3, +11.8]</small>" in table_html(table(cell, cell), False)


def test_texts_of_a_plain_table_are_escaped() -> None:
    assert "<td>a&lt;b</td>" in plain_table("T", ("x", "y"), [("r", "a<b")])


def test_scenes_are_spread_over_the_whole_ranking() -> None:
    """Only successes, or only failures, would be shown."""
    score = np.array([0.9, 0.1, 0.5, 0.5, 0.2, 0.7])
    assert spread(score, 3) == [1, 2, 0] or spread(score, 3) == [1, 3, 0]
    assert spread(score, 10) == [1, 4, 2, 3, 5, 0]


def test_a_set_that_the_ranking_row_lacks_is_ranked_by_another() -> None:
    scored = {"ots": {"triple": 1, "pair": 1}, "ours": {"pair": 1}}
    rows = ["dsol", "ots", "ours"]
    assert ranking_row(rows, "ours", "pair", scored) == "ours"
    assert ranking_row(rows, "ours", "triple", scored) == "ots"
    assert ranking_row(rows, "ours", "duet", scored) is None


def test_equal_maps_are_stored_once_and_exactly() -> None:
    """The maps of a control would fill the page."""
    pool = ArrayPool()
    first = np.linspace(-1, 1, 6, dtype=np.float16).reshape(1, 2, 3)
    assert [pool.number_of(first), pool.number_of(first + 1), pool.number_of(first.copy())] == [
        0,
        1,
        0,
    ]
    np.testing.assert_array_equal(maps_in(pool.entries[0]), first)
    assert pool.number_of(first.reshape(2, 1, 3)) == 2


def test_masks_of_any_width_are_read_by_the_page() -> None:
    masks = np.random.default_rng(0).random((2, 3, 11)) > 0.5
    program = "return Arrays.masks(given, 3, 11).map((mask) => [...mask]);"
    found = run_scripts(("arrays",), program, packed_masks(masks))
    np.testing.assert_array_equal(np.reshape(found, masks.shape), masks)


def test_half_precision_is_read_by_the_page() -> None:
    values = np.array([[[0.0, 1.0, -0.5, 65504.0, 6e-8, 0.3333]]], np.float16)
    pool = ArrayPool()
    pool.number_of(values)
    program = "return [...Arrays.maps(given).values[0]];"
    found = run_scripts(("arrays",), program, pool.entries[0])
    np.testing.assert_array_equal(np.array(found, np.float32), values[0, 0].astype(np.float32))


def test_walks_are_those_of_figure_2() -> None:
    maps = np.random.default_rng(0).uniform(-1, 1, (2, 4, 8))
    found = walk_numbers(maps, 2, 0.07)
    walk = Walk.of(similarities(maps, 2), 0.07)
    np.testing.assert_allclose(found["toImage"], walk.to_image, atol=1e-4)
    np.testing.assert_allclose(found["toNode"], walk.to_node, atol=1e-4)
    program = "return given.returns.map((_, n) => WalkView.ends(given, n));"
    ends = run_scripts(("elements", "walk"), program, found)
    np.testing.assert_allclose(np.diagonal(ends), walk.returns, atol=1e-3)
    np.testing.assert_allclose(np.sum(ends, axis=1), 1, atol=1e-3)


def test_curves_keep_what_was_not_logged_apart(labels: Labels) -> None:
    """A monitor that the warm start does not log would be drawn as zero."""
    nan = np.nan
    curve = Curve(
        {
            "step": np.array([10.0, 20.0, 30.0]),
            "phase": np.array([0.0, 1.0, 1.0]),
            "loss": np.array([3.5, 0.7, 0.6]),
            "node_cosine": np.array([nan, 0.9, 0.8]),
        }
    )
    limits = CollapseSettings(node_cosine_max=0.95, node_variance_min=0.01)
    found = curve_numbers(labels, limits, {"ours": curve})
    assert [quantity["name"] for quantity in found["quantities"]] == ["loss", "node_cosine"]
    assert found["quantities"][1]["limit"] == 0.95
    (row,) = found["rows"]
    assert row["warm"] == 1
    assert row["values"]["node_cosine"] == [None, 0.9, 0.8]


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_the_files_of_the_page_are_short_and_tracked(path: Path) -> None:
    """A changed script would leave the old page in place."""
    if path.suffix in DATA:
        assert len(path.read_text().splitlines()) <= 300
    else:
        assert path.suffix == ".py" or path.name == "__pycache__"


def test_every_script_is_part_of_the_page() -> None:
    assert {path.stem for path in FOLDER.glob("*.js")} == set(SCRIPTS)
