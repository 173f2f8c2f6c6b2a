"""Training curves: loss and other logged quantities of every trained row, panel by panel.

The collapse monitors of the rows with several nodes have a figure of their own
(`avloc.report.monitors_figure`).
"""

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.training_curve import LOSS, STEP, Curve, smoothed

PANEL_IN = (2.4, 1.5)
ACROSS = 5
TITLE_CHARACTERS = 34

_CAPTION = (
    "What the rows trained on the data set {dataset} logged, each panel on its own vertical scale:"
    " the loss, and after it what the row's method watches. Grey: warm start with another loss."
    " Thin vertical lines: a new phase of the row's own training. What the warm start does not"
    " log is drawn from its end on."
)


def draw_curves(labels: Labels, curves: Mapping[str, Curve], dataset: str) -> Figure | None:
    """Draw the curves of all trained rows, in the order of the tables.

    Parameters
    ----------
    labels
        Names of the rows.
    curves
        Row -> what it logged.
    dataset
        Its name, for the caption.

    Returns
    -------
    Figure or None
        None if no row was trained.
    """
    panels = [
        (row, name)
        for row in labels.rows
        if row in curves
        for name in (LOSS, *curves[row].monitors)
        if name not in labels.monitors
    ]
    if not panels:
        return None
    across, down = min(len(panels), ACROSS), -(-len(panels) // ACROSS)
    with style.applied():
        figure = style.figure(
            max(PANEL_IN[0] * across, 5.0),
            PANEL_IN[1] * down + 0.8,
            "Training curves",
            _CAPTION.format(dataset=dataset),
        )
        for place, (axes, (row, name)) in enumerate(style.panels(figure, panels, ACROSS)):
            _draw_curve(axes, curves[row], name)
            label = textwrap.wrap(labels.rows[row].label, TITLE_CHARACTERS)
            axes.set_title("\n".join([*label, name.replace("_", " ")]))
            if place >= len(panels) - ACROSS:
                axes.set_xlabel("step")
        return figure


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
    axes.locator_params(nbins=4)
