"""Training curves: loss and other logged quantities of every trained row, as small multiples.

The collapse monitors of the rows with two nodes have a figure of their own
(`avloc.rendering.monitors`).
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.rendering import style
from avloc.rendering.logged import COLLAPSE_MONITORS, LOSS, STEP, Curve, smoothed
from avloc.rendering.page import MARGIN_IN, Page, header_height, short_lines, wrapped
from avloc.rendering.settings import Settings

PANEL_IN = (1.9, 0.75)
GAP_IN = (0.5, 0.34)
LABEL_IN = 1.3
LABEL_CHARACTERS = 17

_CAPTION = (
    "Each line is a row trained on the data set {dataset}, each column a quantity logged while it"
    " trained; losses do not share their vertical scale, for they measure different things. Grey:"
    " warm start with another loss. Thin vertical lines: a new phase of the row's own training. An"
    " empty place: the row logs no such quantity."
)


def draw_curves(settings: Settings, curves: Mapping[str, Curve], dataset: str) -> Figure | None:
    """Draw the curves of all trained rows, in the order of ``render.rows``.

    Returns
    -------
    Figure or None
        None if no row was trained.
    """
    rows = [row for row in settings.rows if row in curves]
    if not rows:
        return None
    logged = dict.fromkeys(name for row in rows for name in curves[row].monitors)
    names = [name for name in logged if name not in COLLAPSE_MONITORS]
    columns = [LOSS, *names]
    cell = PANEL_IN[0] + GAP_IN[0]
    width = MARGIN_IN + LABEL_IN + cell * len(columns)
    with style.applied():
        caption = wrapped(_CAPTION.format(dataset=dataset), width)
        top = header_height(caption) + GAP_IN[1]
        page = Page(width, top + (PANEL_IN[1] + GAP_IN[1]) * len(rows) + MARGIN_IN)
        page.header("Training curves", caption)
        headed = {name: next(r for r in rows if name in curves[r].columns) for name in columns}
        limits = {name: _limits([curves[row] for row in rows], name) for name in names}
        for line, row in enumerate(rows):
            y = top + (PANEL_IN[1] + GAP_IN[1]) * line
            lines = short_lines(settings.rows[row].label, LABEL_CHARACTERS)
            page.text(MARGIN_IN, y + PANEL_IN[1] / 2, "\n".join(lines), size=style.HEADING_POINTS)
            for place, name in enumerate(columns):
                if name not in curves[row].columns:
                    continue
                axes = page.axes(MARGIN_IN + LABEL_IN + cell * place, y, *PANEL_IN)
                _draw_curve(axes, curves[row], name)
                if row == headed[name]:
                    axes.set_title(name.replace("_", " "))
                if line == len(rows) - 1:
                    axes.set_xlabel("step")
                if name in limits:
                    axes.set_ylim(limits[name])
        return page.figure


def _draw_curve(axes: Axes, curve: Curve, name: str) -> None:
    steps, values = curve.columns[STEP], curve.columns[name]
    for part, colour in ((curve.warming, style.QUIET), (~curve.warming, style.TRAINED)):
        shown = part & np.isfinite(values)
        if not shown.any():
            continue
        axes.plot(steps[shown], values[shown], color=colour, linewidth=0.5, alpha=0.45)
        axes.plot(steps[shown], smoothed(values[shown]), color=colour)
    for begin in curve.own_phases[1:]:
        axes.axvline(begin, color=style.QUIET, linewidth=0.6)
    axes.set_xlim(0, steps[-1])
    axes.locator_params(axis="x", nbins=4)
    axes.locator_params(axis="y", nbins=4)


def _limits(curves: list[Curve], name: str) -> tuple[float, float]:
    values = np.concatenate([curve.columns[name] for curve in curves if name in curve.columns])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin
