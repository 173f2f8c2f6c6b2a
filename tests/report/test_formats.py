"""The exact text of a small table, and LaTeX that can be compiled."""

import csv
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from avloc.report.cells import Cell, bounded, number
from avloc.report.formats import MOST_COLUMNS, comma_separated, latex, latex_text, markdown
from avloc.report.labels import Labels
from avloc.report.results import Results
from avloc.report.score_tables import score_table
from avloc.report.table import Column, Line, Table

DASH = Cell("–")


def column(block: int, group: str, title: str, paper: bool = False) -> Column:
    return Column(block, group, title, lambda _: DASH, paper)


TABLE = Table(
    name="small",
    title="A small table",
    notes=("*: best pairing.",),
    sections={"proposed": "Proposed", "control": "control (not in the paper)"},
    columns=(
        column(0, "duet, my_data", "CAP"),
        column(0, "duet, my_data", "PIAP"),
        column(0, "paper, MUSIC-Duet", "CAP", paper=True),
        column(1, "pair, my_data", "gain"),
    ),
    lines=(
        Line(
            "ours",
            "Ours",
            "proposed",
            (
                Cell("50.0", 50.0, star=True, bold=True),
                Cell("7.1", 7.1234567),
                Cell("47.4", 47.4, star=True, copied=True),
                Cell("+3.0", 3.0),
            ),
            best_pairing=True,
        ),
        Line("control-ones", "Whole image", "control", (DASH,) * 4),
    ),
)


def test_markdown_is_exactly_this() -> None:
    assert markdown(TABLE).splitlines() == [
        "### A small table",
        "",
        "| duet, my_data                |        CAP |   PIAP |   *paper, MUSIC-Duet: CAP* |",
        "|:-----------------------------|-----------:|-------:|---------------------------:|",
        "| *Proposed*                   |            |        |                            |",
        r"| Ours                         | **50.0**\* |    7.1 |                  *47.4*\*† |",
        "| *control (not in the paper)* |            |        |                            |",
        "| Whole image                  |          – |      – |                          – |",
        "",
        "| pair, my_data                |   gain |",
        "|:-----------------------------|-------:|",
        "| *Proposed*                   |        |",
        "| Ours                         |   +3.0 |",
        "| *control (not in the paper)* |        |",
        "| Whole image                  |      – |",
        "",
        r"- \*: best pairing.",
    ]


def test_csv_holds_plain_numbers() -> None:
    rows = list(csv.DictReader(comma_separated(TABLE).splitlines()))
    assert rows[0] == {
        "row": "ours",
        "label": "Ours",
        "section": "proposed",
        "best_pairing": "yes",
        "collapsed": "no",
        "warm_start": "no",
        "duet, my_data: CAP": "50.0",
        "duet, my_data: PIAP": "7.1235",
        "paper, MUSIC-Duet: CAP": "47.4",
        "pair, my_data: gain": "3.0",
    }
    assert rows[1]["duet, my_data: CAP"] == ""


def test_csv_has_columns_for_errors_and_ends_where_there_are_any() -> None:
    columns = tuple(column(0, "duet", title) for title in ("CAP", "gain", "half"))
    first = (number(50.0, 1.25), bounded(7.1, 2.3, 11.8), number(80.0))
    lines = (
        Line("ours", "Ours", "proposed", first, best_pairing=True, collapsed=True),
        Line("ots", "OTS", "proposed", (number(40.0), DASH, number(70.0))),
    )
    table = Table("t", "T", (), {"proposed": "P"}, columns, lines)
    assert comma_separated(table).splitlines() == [
        "row,label,section,best_pairing,collapsed,warm_start,"
        "duet: CAP,duet: CAP se,duet: gain,duet: gain low,duet: gain high,duet: half",
        "ours,Ours,proposed,yes,yes,no,50.0,1.25,7.1,2.3,11.8,80.0",
        "ots,OTS,proposed,no,no,no,40.0,,,,,70.0",
    ]
    assert "| Ours‡  | 50.0 ± 1.2 | **+7.1 [+2.3, +11.8]** |   80.0 |" in markdown(table)
    assert (
        r"Ours\textsuperscript{\ddag} & 50.0 $\pm$ 1.2 & \textbf{+7.1 [+2.3, +11.8]} & 80.0"
        in latex(table)
    )


def test_latex_marks_and_escapes() -> None:
    text = latex(TABLE)
    assert r"\multicolumn{2}{c}{duet, my\_data} & \multicolumn{1}{c}{\textit{paper, MUSIC" in text
    assert (
        r"Ours & \textbf{50.0}\textsuperscript{*} & 7.1 & \textit{47.4}\textsuperscript{*}" in text
    )
    assert r"Whole image & -- & -- & \textit{--} & -- \\" in text


def test_latex_escapes_every_special_character() -> None:
    assert latex_text(r"a\b{50%}_&$#~^") == (
        r"a\textbackslash{}b\{50\%\}\_\&\$\#\textasciitilde{}\textasciicircum{}"
    )


@pytest.mark.parametrize("name", ["table1", "table2", "table3", "listening", "secondary"])
def test_latex_of_the_project_is_balanced(labels: Labels, name: str) -> None:
    scores = {row: {"duet": {"cap": 50.0, "cap_swapped": 9.0}} for row in labels.rows}
    secondary = {row: {"duet": {"cap_se": 1.0, "pxap": 2.0}} for row in labels.rows}
    results = Results("my_data", scores, secondary, collapsed=frozenset({"ours"}))
    text = latex(score_table(name, labels, results))
    unescaped = re.sub(r"\\[\\{}&%$#_]", lambda m: r"\\" if m[0] == r"\\" else "", text)
    assert unescaped.count("{") == unescaped.count("}")
    begun, ended = (re.findall(rf"\\{word}\{{(.*?)\}}", text) for word in ("begin", "end"))
    assert begun[0] == ended[-1] == "table*"
    assert sorted(begun) == sorted(ended) and set(begun) == {"table*", "tabular"}
    assert not re.findall(r"[–†‡±]", text)
    for part in text.split(r"\begin{tabular}")[1:]:
        columns = len(re.findall(r"^\{(l?r+)\}", part)[0])
        assert columns <= 1 + MOST_COLUMNS
        body = part.split(r"\toprule")[1].split(r"\bottomrule")[0]
        lines = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert len(lines) >= 4
        for line in lines:
            spans = [int(span) for span in re.findall(r"\\multicolumn\{(\d+)\}", line)]
            cells = len(re.findall(r"(?<!\\)&", line)) + 1
            assert cells + sum(span - 1 for span in spans) == columns, line
        rules = re.findall(r"\\cmidrule\(lr\)\{\d+-(\d+)\}", part)
        assert max(int(end) for end in rules) == columns


def wide(groups: int, each: int) -> Table:
    """Return a table of groups of columns; the second row has numbers in the first group only."""
    columns = tuple(
        column(0, f"set {group}", f"CIoU@0.{n}") for group in range(groups) for n in range(each)
    )
    full, sparse = ([Cell("50.0", 50.0)] * len(columns) for _ in range(2))
    sparse[each:] = [DASH] * (len(columns) - each)
    lines = (
        Line("ours", "Ours", "proposed", tuple(full)),
        Line("ots", "OTS", "proposed", tuple(sparse)),
    )
    return Table("wide", "A wide table", ("A note.",), {"proposed": "P"}, columns, lines)


def test_a_wide_table_is_broken_between_groups() -> None:
    """A table of 22 columns was shrunk until nobody could read it."""
    text = latex(wide(4, 5))
    assert re.findall(r"\\begin\{tabular\}\{l(r+)\}", text) == ["r" * 10, "r" * 10]
    first, second = text.split(r"\medskip")
    assert "OTS" in first and "OTS" not in second, "a part has no row without a number"
    assert "set 1" in first and "set 2" not in first and "set 2" in second
    assert re.findall(r"\\begin\{tabular\}\{l(r+)\}", latex(wide(1, 15))) == ["r" * 13, "rr"]


def test_parts_that_do_not_fit_on_a_page_are_continued() -> None:
    """LaTeX would put a table beyond the end of the page."""
    table = wide(3, 13)
    text = latex(replace(table, lines=table.lines[:1] * 25))
    assert [page.count("tabular}{") for page in text.split("table*}[t]")[1:]] == [2, 1]
    assert text.count("(continued)") == 1 and text.count(r"\label") == 1


@pytest.mark.slow
def test_tables_compile_and_fit_the_page(tmp_path: Path) -> None:
    """A reviewer's LaTeX would stop, or a table would run out of the page."""
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdflatex is not installed (Debian: texlive-latex-recommended)")
    committed = sorted(Path("plots/synthetic/tables").glob("*.tex"))
    texts = [latex(TABLE), latex(wide(4, 6)), *(path.read_text() for path in committed)]
    packages = r"\usepackage[letterpaper,margin=0.75in]{geometry}\usepackage{booktabs,graphicx}"
    body = "\n\\clearpage\n".join(texts)
    (tmp_path / "all.tex").write_text(
        rf"\documentclass[10pt,twocolumn]{{article}}{packages}\begin{{document}}{body}\end{{document}}"
    )
    done = subprocess.run(
        [program, "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout and "Float too large" not in done.stdout
