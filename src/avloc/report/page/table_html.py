"""Tables as HTML; ``tables.js`` beside this module makes their columns sortable."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from avloc.report.cells import Cell
from avloc.report.table import Column, Line, Table

#: Where the text of a cell goes on in smaller print: its standard error, or its interval.
_AFTER = (" ± ", " [")

Numbered = Sequence[tuple[int, Column]]


def table_html(table: Table, shown: bool) -> str:
    """Return a table with its title and notes: one HTML table per block of columns.

    Parameters
    ----------
    table
        As it is written in the other formats.
    shown
        Whether it is open at first.
    """
    blocks = [
        _block(table, list(own))
        for _, own in groupby(enumerate(table.columns), lambda item: item[1].block)
    ]
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    return (
        f'<details class="table" id="table-{escape(table.name)}"{" open" * shown}>'
        f"<summary><h3>{escape(table.title)}</h3></summary>"
        f'{"".join(blocks)}<ul class="notes">{notes}</ul></details>\n'
    )


def plain_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts whose first column names its rows.

    Parameters
    ----------
    title
        Caption, for screen readers.
    header, rows
        Texts, escaped here.
    """
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in header)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(text)}</td>" for text in row[1:])
        + "</tr>"
        for row in rows
    )
    return _boxed(title, f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody>", "plain")


def _boxed(title: str, content: str, kind: str) -> str:
    """Return a table in a box of its own, which scrolls where the table is too wide."""
    name = escape(title, quote=True)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">'
        f'<table class="{kind}"><caption class="aside">{name}</caption>{content}</table></div>'
    )


def _block(table: Table, columns: Numbered) -> str:
    groups = [
        (title, paper, len(list(own)))
        for (title, paper), own in groupby(columns, lambda c: (c[1].group, c[1].paper))
    ]
    above = "".join(
        f'<th scope="colgroup" colspan="{count}"{_kind(paper)}>{escape(title)}</th>'
        for title, paper, count in groups
    )
    titles = "".join(
        f'<th scope="col"{_kind(column.paper)}>{escape(column.title)}</th>' for _, column in columns
    )
    body = "".join(
        f'<tbody><tr class="section"><th scope="rowgroup" colspan="{len(columns) + 1}">'
        f"<span>{escape(title)}</span></th></tr>"
        + "".join(_line(line, title, columns) for line in table.lines_of(section))
        + "</tbody>"
        for section, title in table.sections.items()
    )
    head = f'<thead><tr><th scope="col" rowspan="2">Row</th>{above}</tr><tr>{titles}</tr></thead>'
    return _boxed(f"{table.title}: {groups[0][0]}", head + body, "scores")


def _line(line: Line, section: str, columns: Numbered) -> str:
    marks = f"<sup>{escape(line.marks)}</sup>" if line.marks else ""
    # Where rows of all sections are sorted together, each says which one it is from.
    label = f'{escape(line.label)}{marks}<small class="from">{escape(section)}</small>'
    cells = "".join(_cell(line.cells[number], column) for number, column in columns)
    return f'<tr><th scope="row">{label}</th>{cells}</tr>'


def _cell(cell: Cell, column: Column) -> str:
    main, rest = cell.text, ""
    for sign in _AFTER:
        if cell.value is not None and sign in cell.text:
            main, _, after = cell.text.partition(sign)
            rest = f"<small>{escape(sign + after)}</small>"
    marks = "*" * cell.star + "†" * cell.copied
    text = f"<b>{escape(main)}</b>" if cell.bold else escape(main)
    text += f"<sup>{marks}</sup>" if marks else ""
    value = "" if cell.value is None else f' data-value="{cell.value:.6g}"'
    return f"<td{_kind(column.paper)}{value}>{text}{rest}</td>"


def _kind(paper: bool) -> str:
    return ' class="paper"' if paper else ""
