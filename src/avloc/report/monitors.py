"""Figure of the collapse monitors: all rows with several nodes, over their own training."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.lines import KEY_IN, draw_key, key_height, looks
from avloc.report.logged import COLLAPSE_MONITORS, NODE_COSINE, NODE_VARIANCE, STEP, Curve, smoothed
from avloc.report.page import MARGIN_IN, Page, header_height, wrapped
from avloc.report.settings import Settings

PANEL_IN = (2.3, 1.4)
GAP_IN = (0.5, 0.78)
AXIS_IN = 0.35  # left of the first panel
ACROSS = 3

_CAPTION = (
    "Data set {dataset}: monitors of every row that makes several nodes from a mixture, by step"
    " after the warm start, as running means. Dashed grey: the limits beyond which the last value"
    " marks a row as collapsed. Maps: of the training images, as a softmax over their cells"
    " (entropy) and with their own mean removed (variance)."
)


def draw_monitors(settings: Settings, curves: Mapping[str, Curve], dataset: str) -> Figure | None:
    """Draw one panel per monitor and one line per row, in the order of ``render.rows``.

    Returns
    -------
    Figure or None
        None if no row has nodes to watch.
    """
    rows = [r for r in settings.rows if r in curves and curves[r].last(NODE_COSINE) is not None]
    if not rows:
        return None
    names = [
        name
        for name in COLLAPSE_MONITORS
        if any(curves[row].last(name) is not None for row in rows)
    ]
    limits = {
        NODE_COSINE: settings.collapse.node_cosine_max,
        NODE_VARIANCE: settings.collapse.node_variance_min,
    }
    # The key takes the place of a panel, after the last one.
    down, column = divmod(len(names), ACROSS)
    across = min(len(names) + 1, ACROSS)
    wide, tall = PANEL_IN[0] + GAP_IN[0], PANEL_IN[1] + GAP_IN[1]
    width = MARGIN_IN + AXIS_IN + wide * (across - 1) + max(wide, KEY_IN)
    appearance = looks(settings, rows)
    with style.applied():
        caption = wrapped(_CAPTION.format(dataset=dataset), width)
        top = header_height(caption) + 0.42
        last = max(tall - 0.2 if column else 0, key_height(settings, rows))
        page = Page(width, top + tall * down + last)
        page.header("Collapse monitors", caption)
        for place, name in enumerate(names):
            x = MARGIN_IN + AXIS_IN + wide * (place % ACROSS)
            axes = page.axes(x, top + tall * (place // ACROSS), *PANEL_IN)
            for row in (row for row in rows if name in curves[row].columns):
                curve = curves[row]
                values = curve.columns[name]
                drawn = ~curve.warming & np.isfinite(values)
                warm = curve.columns[STEP][curve.warming]
                steps = curve.columns[STEP][drawn] - (warm[-1] if len(warm) else 0)
                appearance[row].draw(axes, steps, smoothed(values[drawn]))
            if name in limits:
                axes.axhline(limits[name], color=style.QUIET, linewidth=0.8, linestyle="--")
            axes.set_title(COLLAPSE_MONITORS[name])
            axes.set_xlim(left=0)
            axes.set_xlabel("step after the warm start")
            axes.locator_params(axis="x", nbins=5)
        draw_key(page, settings, rows, MARGIN_IN + AXIS_IN + wide * column, top - 0.3 + tall * down)
        return page.figure
