"""Tables as Markdown, LaTeX and CSV.

Markdown has one header line a table, so each block of columns that belong side by side becomes a
table of its own. LaTeX sets all in one float, as the paper does, in parts below one another that
are narrow enough to be read; it needs the packages booktabs and graphicx, and is written here since
pandas' Styler has neither headings across a table nor rules under groups of columns. CSV holds
plain numbers for other programs, without marks.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import pandas as pd

from avloc.report.cells import DASH, Cell
from avloc.report.table import Column, Line, Table

#: Columns of numbers in a part of a LaTeX table, and lines of all parts on a page, at most.
MOST_COLUMNS, MOST_LINES = 13, 62

_LATEX_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "–": "--",
        "†": r"\textsuperscript{\dag}",
        "‡": r"\textsuperscript{\ddag}",
        "§": r"\textsuperscript{\S}",
        "°": r"\textsuperscript{$\circ$}",
        "±": r"$\pm$",
        "*": r"\textsuperscript{*}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)


def markdown(table: Table) -> str:
    """Return the table as Markdown: a title, one pipe table per block, the notes."""
    parts = [f"### {table.title}"]
    for _, numbered in groupby(enumerate(table.columns), lambda item: item[1].block):
        columns = dict(numbered)
        first = next(iter(columns.values())).group
        header = [first, *(_markdown_title(column, first) for column in columns.values())]
        rows = []
        for section, title in table.sections.items():
            rows.append([f"*{title}*", *[""] * len(columns)])
            for line in table.lines_of(section):
                cells = [_markdown_cell(line.cells[c], columns[c].paper) for c in columns]
                rows.append([markdown_text(_label(line)), *cells])
        parts.append(pipe_table(header, rows))
    parts.append("\n".join(f"- {markdown_text(note)}" for note in table.notes))
    return "\n\n".join(parts) + "\n"


def latex(table: Table) -> str:
    r"""Return the table as a LaTeX ``table*``, for ``\usepackage{booktabs,graphicx}``.

    A table of many columns is broken into parts below one another, which leave out rows of which
    they have no number. A part that is still wider than the text is shrunk. Parts that do not fit
    on a page stand in a ``table*`` of their own.
    """
    caption = " ".join(latex_text(text) for text in (f"{table.title}.", *table.notes))
    numbers = _parts(table.columns)
    parts = [_latex_part(table, part, every_row=len(numbers) == 1) for part in numbers]
    pages: list[list[str]] = [[]]
    for part in parts:
        if pages[-1] and sum(map(_lines_of, [*pages[-1], part])) > MOST_LINES:
            pages.append([])
        pages[-1].append(part)
    name = latex_text(table.title)
    captions = [
        rf"\caption[{name}.]{{\footnotesize {caption}}}" + "\n" + rf"\label{{tab:{table.name}}}"
    ]
    captions += [rf"\caption{{{name} (continued).}}"] * (len(pages) - 1)
    return "".join(map(_latex_float, pages, captions))


def _lines_of(part: str) -> int:
    return part.count("\\\\\n")


def _latex_float(parts: Sequence[str], caption: str) -> str:
    return "\n".join(
        [
            r"\begin{table*}[t]",
            r"\centering",
            r"\scriptsize",
            r"\setlength{\tabcolsep}{3pt}",
            "\n\\par\\medskip\n".join(parts),
            caption,
            r"\end{table*}",
            "",
        ]
    )


def _parts(columns: Sequence[Column]) -> list[list[int]]:
    """Return the numbers of the columns of each part: whole groups, as many as fit."""
    parts: list[list[int]] = [[]]
    for _, numbered in groupby(enumerate(columns), lambda item: _group_of(item[1])):
        group = [number for number, _ in numbered]
        if parts[-1] and len(parts[-1]) + len(group) > MOST_COLUMNS:
            parts.append([])
        parts[-1] += group[:MOST_COLUMNS]
        rest = group[MOST_COLUMNS:]
        parts += [rest[n : n + MOST_COLUMNS] for n in range(0, len(rest), MOST_COLUMNS)]
    return parts


def _group_of(column: Column) -> tuple[int, str, bool]:
    return column.block, column.group, column.paper


def _latex_part(table: Table, numbers: Sequence[int], every_row: bool) -> str:
    """Return a ``tabular`` with some of the columns."""
    columns = [table.columns[number] for number in numbers]
    above, rules, right = [], [], 1
    for (_, title, paper), own in groupby(columns, _group_of):
        left, right = right + 1, right + len(list(own))
        heading = _latex_styled(latex_text(title), paper)
        above.append(rf"\multicolumn{{{right - left + 1}}}{{c}}{{{heading}}}")
        rules.append(rf"\cmidrule(lr){{{left}-{right}}}")
    below = [_latex_styled(latex_text(c.title), c.paper) for c in columns]
    body = []
    for section, title in table.sections.items():
        lines = [
            line
            for line in table.lines_of(section)
            if every_row or any(line.cells[number].text != DASH for number in numbers)
        ]
        if lines:
            heading = rf"\textit{{{latex_text(title)}}}"
            body += [r"\midrule", rf"\multicolumn{{{right}}}{{l}}{{{heading}}} \\"]
        for line in lines:
            cells = map(_latex_cell, (line.cells[number] for number in numbers), columns)
            body.append(" & ".join([latex_text(_label(line)), *cells]) + r" \\")
    return "\n".join(
        [
            r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{l{'r' * (right - 1)}}}",
            r"\toprule",
            " & ".join(["", *above]) + r" \\",
            " ".join(rules),
            " & ".join(["", *below]) + r" \\",
            *body,
            r"\bottomrule",
            r"\end{tabular}}",
        ]
    )


def comma_separated(table: Table) -> str:
    """Return the table as CSV: one column per number, empty where there is none.

    A column is followed by those of its standard error or of the ends of its interval, if any of
    its cells has one.
    """
    about = pd.DataFrame(
        {
            "row": [line.row for line in table.lines],
            "label": [line.label for line in table.lines],
            "section": [line.section for line in table.lines],
            "best_pairing": ["yes" if line.best_pairing else "no" for line in table.lines],
            "collapsed": ["yes" if line.collapsed else "no" for line in table.lines],
            "warm_start": ["yes" if line.warm_started else "no" for line in table.lines],
        }
    )
    parts: dict[str, Callable[[Cell], float | None]] = {
        "": lambda cell: cell.value,
        " se": lambda cell: cell.spread,
        " low": lambda cell: cell.low,
        " high": lambda cell: cell.high,
    }
    numbers = []
    for c, column in enumerate(table.columns):
        for ending, part in parts.items():
            values = [part(line.cells[c]) for line in table.lines]
            if not ending or any(value is not None for value in values):
                name = f"{column.group}: {column.title}{ending}"
                numbers.append(pd.Series(values, name=name, dtype=float).round(4))
    return pd.concat([about, *numbers], axis=1).to_csv(index=False, lineterminator="\n")


def pipe_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose first column is aligned to the left, the others to the right.

    Parameters
    ----------
    header
        Titles of the columns.
    rows
        From top to bottom, each with one text per column, escaped where need be.
    """
    alignment = ("left", *["right"] * (len(header) - 1))
    frame = pd.DataFrame(list(rows), columns=list(header))
    return str(frame.to_markdown(index=False, colalign=alignment, disable_numparse=True))


def latex_text(text: str) -> str:
    r"""Escape what LaTeX would read as a command.

    >>> latex_text("my_data & 5 %")
    'my\\_data \\& 5 \\%'
    """
    return text.translate(_LATEX_ESCAPES)


def markdown_text(text: str) -> str:
    r"""Escape what Markdown would read as markup in a table.

    >>> markdown_text("my_data")
    'my\\_data'
    """
    return text.replace("*", r"\*").replace("_", r"\_").replace("|", r"\|")


def _markdown_title(column: Column, first: str) -> str:
    """Return a column's title, with its group's where that is not the one above the row labels."""
    text = column.title if column.group == first else f"{column.group}: {column.title}"
    return f"*{text}*" if column.paper else text


def _markdown_cell(cell: Cell, paper: bool) -> str:
    mark = "**" if cell.bold else "*" if paper and cell.value is not None else ""
    return mark + cell.text + mark + _marks(cell, star=r"\*")


def _label(line: Line) -> str:
    return line.label + line.marks


def _marks(cell: Cell, star: str) -> str:
    return star * cell.star + "†" * cell.copied


def _latex_styled(text: str, paper: bool) -> str:
    return rf"\textit{{{text}}}" if paper else text


def _latex_cell(cell: Cell, column: Column) -> str:
    text = _latex_styled(latex_text(cell.text), column.paper)
    text = rf"\textbf{{{text}}}" if cell.bold else text
    return text + latex_text(_marks(cell, star="*"))
