"""The whole page: HTML, style, scripts and data in one file that needs no other."""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from avloc.report import style
from avloc.report.contents import Content
from avloc.report.coverage import coverage_line
from avloc.report.page.curve_numbers import curve_numbers
from avloc.report.page.gallery import Sources, gallery
from avloc.report.page.run_html import run_html
from avloc.report.page.table_html import table_html
from avloc.report.table import Table

FOLDER = Path(__file__).parent
#: In the order in which the page runs them; each but the last defines names for later ones.
SCRIPTS = (
    "elements",
    "arrays",
    "overlap",
    "drawing",
    "sound",
    "walk",
    "scene",
    "gallery",
    "curves",
    "tables",
    "start",
)
#: How many tables are open at first.
OPEN_TABLES = 1

_PLACE = re.compile(r"<!-- (\w+) -->")


def page(
    content: Content,
    tables: Sequence[Table],
    sources: Sources,
    rows: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return the report as HTML; equal inputs give equal text.

    Parameters
    ----------
    content
        All that tables and figures are made from.
    tables
        As they are written beside the page.
    sources
        Scenes, maps and sounds for the gallery.
    rows
        Trained row -> what the resolve stage wrote of it.

    Raises
    ------
    UserError
        If a row was scored on other scenes than there are now.
    """
    run = [row for row in content.labels.rows if row in content.results.metrics]
    data = {
        "dataset": content.results.dataset,
        "colours": {
            "sources": [_hexadecimal(colour) for colour in style.SOURCES],
            "shared": _hexadecimal(style.SHARED),
        },
        "gallery": gallery(content, sources, run),
        "curves": curve_numbers(content.labels, content.settings.collapse, content.curves),
    }
    parts = {
        "title": f"Mix and Localize on {escape(content.results.dataset)}",
        "dataset": escape(content.results.dataset),
        "summary": _summary(content, run, rows),
        "style": _read("page.css"),
        "tables": "".join(table_html(t, shown=n < OPEN_TABLES) for n, t in enumerate(tables)),
        "run": run_html(content, rows),
        "data": _script_text(json.dumps(data, allow_nan=False, separators=(",", ":"))),
        "script": "\n".join(_read(f"{name}.js") for name in SCRIPTS),
    }
    return _PLACE.sub(lambda place: parts[place[1]], _read("page.html"))


def _summary(content: Content, run: Sequence[str], rows: Mapping[str, object]) -> str:
    trained = [row for row in run if row in rows]
    text = (
        f"{len(trained)} trained rows and {len(run) - len(trained)} controls on"
        f" {len(content.scenes)} test sets. {coverage_line(content.coverage)}"
    )
    return escape(text)


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8").strip()


def _script_text(text: str) -> str:
    """Return JSON that can stand in a script element, which ends at the first ``</``."""
    return text.replace("<", "\\u003c")


def _hexadecimal(colour: style.Colour) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in colour)
