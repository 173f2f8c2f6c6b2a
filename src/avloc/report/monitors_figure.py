"""Figure of the collapse monitors: all rows with several nodes, over their own training."""

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.row_lines import add_legend, look
from avloc.report.settings import CollapseSettings
from avloc.report.training_curve import NODE_COSINE, NODE_VARIANCE, STEP, Curve, smoothed

PANEL_HIGH_IN = 2.0
ACROSS = 3
TITLE_CHARACTERS = 32
#: The panel of the legend, after those of the monitors.
LEGEND = ""

_CAPTION = (
    "Data set {dataset}: monitors of every row that makes several nodes from a mixture, by step"
    " after the warm start, as running means. Dashed grey: the limits beyond which the last value"
    " marks a row as collapsed. Maps: of the training images, as a softmax over their cells"
    " (entropy) and with their own mean removed (variance)."
)


def draw_monitors(
    labels: Labels, limits: CollapseSettings, curves: Mapping[str, Curve], dataset: str
) -> Figure | None:
    """Draw one panel per monitor and one line per row, in the order of the tables.

    Parameters
    ----------
    labels
        Names of rows and monitors.
    limits
        Beyond which a row has collapsed.
    curves
        Row -> what it logged.
    dataset
        Its name, for the caption.

    Returns
    -------
    Figure or None
        None if no row has nodes to watch.
    """
    rows = [r for r in labels.rows if r in curves and curves[r].last(NODE_COSINE) is not None]
    if not rows:
        return None
    names = [
        name for name in labels.monitors if any(curves[row].last(name) is not None for row in rows)
    ]
    drawn_limits = {NODE_COSINE: limits.node_cosine_max, NODE_VARIANCE: limits.node_variance_min}
    panels = [*names, LEGEND]
    with style.applied():
        figure = style.figure(
            style.PAGE_IN,
            PANEL_HIGH_IN * -(-len(panels) // ACROSS) + 0.9,
            "Collapse monitors",
            _CAPTION.format(dataset=dataset),
        )
        for axes, name in style.panels(figure, panels, ACROSS):
            if name == LEGEND:
                add_legend(axes, labels, rows)
                continue
            for row in (row for row in rows if name in curves[row].columns):
                curve = curves[row]
                values = curve.columns[name]
                shown = ~curve.warming & np.isfinite(values)
                warm = curve.columns[STEP][curve.warming]
                steps = curve.columns[STEP][shown] - (warm[-1] if len(warm) else 0)
                axes.plot(steps, smoothed(values[shown]), **look(labels, row))
            if name in drawn_limits:
                axes.axhline(drawn_limits[name], color=style.QUIET, linewidth=0.8, linestyle="--")
            axes.set_title(textwrap.fill(labels.monitors[name], TITLE_CHARACTERS))
            axes.set(xlim=(0, None), xlabel="step after the warm start")
            axes.locator_params(axis="x", nbins=5)
        return figure
