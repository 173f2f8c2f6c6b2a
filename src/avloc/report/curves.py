"""Training curves: loss and other logged quantities of every trained row, panel by panel.

The collapse monitors of the rows with two nodes have a figure of their own
(`avloc.report.monitors`).
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.logged import COLLAPSE_MONITORS, LOSS, STEP, Curve, smoothed
from avloc.report.page import MARGIN_IN, Page, header_height, short_lines, wrapped
from avloc.report.settings import Settings

PANEL_IN = (1.9, 0.85)
GAP_IN = (0.55, 0.76)
LEFT_IN = 0.35
COLUMNS = 5
TITLE_CHARACTERS = 31

_CAPTION = (
    "What the rows trained on the data set {dataset} logged, each panel on its own vertical scale:"
    " the loss, and after it what the row's method watches. Grey: warm start with another loss."
    " Thin vertical lines: a new phase of the row's own training. What the warm start does not"
    " log is drawn from its end on."
)


def draw_curves(settings: Settings, curves: Mapping[str, Curve], dataset: str) -> Figure | None:
    """Draw the curves of all trained rows, in the order of ``render.rows``.

    Returns
    -------
    Figure or None
        None if no row was trained.
    """
    panels = [
        (row, name)
        for row in settings.rows
        if row in curves
        for name in (LOSS, *curves[row].monitors)
        if name not in COLLAPSE_MONITORS
    ]
    if not panels:
        return None
    cell = (PANEL_IN[0] + GAP_IN[0], PANEL_IN[1] + GAP_IN[1])
    width = MARGIN_IN + LEFT_IN + cell[0] * COLUMNS
    with style.applied():
        caption = wrapped(_CAPTION.format(dataset=dataset), width)
        top = header_height(caption) + GAP_IN[1]
        page = Page(width, top + cell[1] * -(-len(panels) // COLUMNS) + MARGIN_IN)
        page.header("Training curves", caption)
        for place, (row, name) in enumerate(panels):
            line, column = divmod(place, COLUMNS)
            x, y = MARGIN_IN + LEFT_IN + cell[0] * column, top + cell[1] * line
            axes = page.axes(x, y, *PANEL_IN)
            _draw_curve(axes, curves[row], name)
            label = short_lines(settings.rows[row].label, TITLE_CHARACTERS)
            axes.set_title("\n".join([*label, name.replace("_", " ")]))
            if place >= len(panels) - COLUMNS:
                axes.set_xlabel("step")
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
    before = steps[curve.warming & ~np.isfinite(values)]
    # A quantity that the warm start does not log begins where that ends.
    axes.set_xlim(before[-1] if len(before) else 0, steps[-1])
    axes.locator_params(axis="x", nbins=4)
    axes.locator_params(axis="y", nbins=4)
