"""Tables as Markdown, LaTeX and CSV.

Markdown has one header line a table, so each block of columns that belong side by side becomes a
table of its own. LaTeX sets all blocks in one, as the paper does; it needs the packages booktabs
and graphicx. CSV holds plain numbers for other programs, without marks.
"""

import csv
import io
from collections.abc import Sequence

from avloc.report.cells import COLLAPSED, Cell, Group, Line, Table

_LATEX_ESCAPES = {
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
    "±": r"$\pm$",
    "*": r"\textsuperscript{*}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def markdown(table: Table) -> str:
    """Return the table as Markdown: a title, one pipe table per block, the notes."""
    parts = [f"### {table.title}"]
    first = 0
    for block in table.blocks:
        header = [block[0].title, *(column.title for column in block[0].columns)]
        for group in block[1:]:
            header += [_markdown_title(column.title, group) for column in group.columns]
        slanted = [group.paper for group in block for _ in group.columns]
        rows = [header]
        for section in table.sections:
            rows.append([f"*{section.title}*", *[""] * len(slanted)])
            for line in section.lines:
                own = line.cells[first : first + len(slanted)]
                cells = map(_markdown_cell, own, slanted)
                rows.append([markdown_text(_label(line)), *cells])
        parts.append("\n".join(aligned(rows)))
        first += len(slanted)
    parts.append("\n".join(f"- {markdown_text(note)}" for note in table.notes))
    return "\n\n".join(parts) + "\n"


def latex(table: Table) -> str:
    r"""Return the table as a LaTeX ``table*``, for ``\usepackage{booktabs,graphicx}``."""
    groups = table.groups
    columns = 1 + sum(len(group.columns) for group in groups)
    above, rules, below, column = [""], [], [""], 2
    for group in groups:
        width = len(group.columns)
        title = latex_text(group.title)
        title = rf"\textit{{{title}}}" if group.paper else title
        above.append(rf"\multicolumn{{{width}}}{{c}}{{{title}}}")
        rules.append(rf"\cmidrule(lr){{{column}-{column + width - 1}}}")
        below += [_latex_styled(latex_text(c.title), group.paper) for c in group.columns]
        column += width
    body = []
    for section in table.sections:
        body.append(r"\midrule")
        heading = rf"\textit{{{latex_text(section.title)}}}"
        body.append(rf"\multicolumn{{{columns}}}{{l}}{{{heading}}} \\")
        body += [" & ".join(_latex_line(line, groups)) + r" \\" for line in section.lines]
    caption = " ".join(latex_text(text) for text in (f"{table.title}.", *table.notes))
    return "\n".join(
        [
            r"\begin{table*}[t]",
            r"\centering",
            r"\resizebox{\textwidth}{!}{%",
            rf"\begin{{tabular}}{{l{'r' * (columns - 1)}}}",
            r"\toprule",
            " & ".join(above) + r" \\",
            " ".join(rules),
            " & ".join(below) + r" \\",
            *body,
            r"\bottomrule",
            r"\end{tabular}}",
            rf"\caption{{{caption}}}",
            rf"\label{{tab:{table.name}}}",
            r"\end{table*}",
            "",
        ]
    )


def comma_separated(table: Table) -> str:
    """Return the table as CSV: one column per number, empty where there is none.

    A column is followed by those of its standard error or of the ends of its interval, if any of
    its cells has one.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    titles = [f"{group.title}: {c.title}" for group in table.groups for c in group.columns]
    lines = table.lines
    spread = [any(line.cells[c].spread is not None for line in lines) for c in range(len(titles))]
    ends = [any(line.cells[c].interval is not None for line in lines) for c in range(len(titles))]
    header = ["row", "label", "section", "best_pairing", "collapsed"]
    for title, has_spread, has_ends in zip(titles, spread, ends, strict=True):
        header += [title, *[f"{title} se"] * has_spread]
        header += [f"{title} low", f"{title} high"] * has_ends
    writer.writerow(header)
    for section in table.sections:
        for line in section.lines:
            numbers: list[float | None] = []
            for cell, has_spread, has_ends in zip(line.cells, spread, ends, strict=True):
                numbers += [cell.value, *[cell.spread] * has_spread]
                numbers += [*(cell.interval or (None, None))] * has_ends
            writer.writerow(
                [
                    *(line.row, line.label, section.name),
                    *("yes" if is_so else "no" for is_so in (line.best_pairing, line.collapsed)),
                    *("" if number is None else round(number, 4) for number in numbers),
                ]
            )
    return text.getvalue()


def latex_text(text: str) -> str:
    r"""Escape what LaTeX would read as a command.

    >>> latex_text("my_data & 5 %")
    'my\\_data \\& 5 \\%'
    """
    return "".join(_LATEX_ESCAPES.get(character, character) for character in text)


def markdown_text(text: str) -> str:
    r"""Escape what Markdown would read as markup in a table.

    >>> markdown_text("my_data")
    'my\\_data'
    """
    return text.replace("*", r"\*").replace("_", r"\_").replace("|", r"\|")


def _markdown_title(title: str, group: Group) -> str:
    text = f"{group.title}: {title}"
    return f"*{text}*" if group.paper else text


def _markdown_cell(cell: Cell, paper: bool) -> str:
    mark = "**" if cell.bold else "*" if paper and cell.value is not None else ""
    return mark + cell.text + mark + _marks(cell, star=r"\*")


def _label(line: Line) -> str:
    return line.label + COLLAPSED * line.collapsed


def _marks(cell: Cell, star: str) -> str:
    return (star if cell.star else "") + ("†" if cell.copied else "")


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Pad cells so that the raw text is a readable table, too; numbers to the right."""
    widths = [max(4, *(len(row[c]) for row in rows)) for c in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *rest = zip(row, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]
        lines.append(f"| {' | '.join(padded)} |")
    dashes = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return [lines[0], f"| {' | '.join(dashes)} |", *lines[1:]]


def _latex_styled(text: str, paper: bool) -> str:
    return rf"\textit{{{text}}}" if paper else text


def _latex_line(line: Line, groups: Sequence[Group]) -> list[str]:
    cells = [latex_text(_label(line))]
    slanted = [group.paper for group in groups for _ in group.columns]
    for cell, paper in zip(line.cells, slanted, strict=True):
        text = _latex_styled(latex_text(cell.text), paper)
        text = rf"\textbf{{{text}}}" if cell.bold else text
        cells.append(text + latex_text(_marks(cell, star="*")))
    return cells
