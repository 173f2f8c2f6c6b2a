"""Figure of the mean (C)IoU at every threshold: what a row's score owes to the threshold chosen."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from avloc.evaluation.thresholds import GRID
from avloc.report import style
from avloc.report.lines import KEY_IN, draw_key, key_height, looks
from avloc.report.page import MARGIN_IN, Page, header_height, wrapped
from avloc.report.samples import Samples
from avloc.report.settings import Settings

SWEEP_SETS = ("solo", "pair", "duet", "mosaic")

PANEL_IN = (2.7, 1.7)
GAP_IN = (0.45, 0.62)
AXIS_IN = 0.35  # left of the first panel
MARKER_POINTS = 4.0

_CAPTION = (
    "Data set {dataset}, test scenes: mean IoU (one source) or CIoU (several) when the pixels above"
    " a threshold count as found, on maps scaled to [0, 1]. Dots: the threshold at which a row (of"
    " several seeds: the first) is scored, given in the paper or chosen on scenes that are not"
    " scored at it, in which case scenes may differ and the dot is their median. Grey: controls."
)


def draw_sweep(
    settings: Settings, samples: Mapping[str, Mapping[str, Samples]], dataset: str
) -> Figure | None:
    """Draw one panel per test set and one line per row, in the order of ``render.rows``.

    Returns
    -------
    Figure or None
        None if no row has a sweep.
    """
    curves = {
        test_set: {
            row: (own[test_set].sweep, own[test_set].threshold)
            for row, own in samples.items()
            if test_set in own
        }
        for test_set in SWEEP_SETS
    }
    shown = {
        test_set: {row: (sweep, t) for row, (sweep, t) in rows.items() if sweep is not None}
        for test_set, rows in curves.items()
    }
    sets = [test_set for test_set in SWEEP_SETS if shown[test_set]]
    rows = [row for row in settings.rows if any(row in shown[test_set] for test_set in sets)]
    if not rows:
        return None
    across, down = min(len(sets), 2), (len(sets) + 1) // 2
    width = MARGIN_IN + AXIS_IN + (PANEL_IN[0] + GAP_IN[0]) * across + KEY_IN
    appearance = looks(settings, rows)
    with style.applied():
        caption = wrapped(_CAPTION.format(dataset=dataset), width)
        top = header_height(caption) + 0.3
        tall = max(down * (PANEL_IN[1] + GAP_IN[1]), key_height(settings, rows))
        page = Page(width, top + tall)
        page.header("Mean overlap against threshold", caption)
        for place, test_set in enumerate(sets):
            x = MARGIN_IN + AXIS_IN + (PANEL_IN[0] + GAP_IN[0]) * (place % across)
            axes = page.axes(x, top + (PANEL_IN[1] + GAP_IN[1]) * (place // across), *PANEL_IN)
            for row in (row for row in rows if row in shown[test_set]):
                sweep, threshold = shown[test_set][row]
                look = appearance[row]
                look.draw(axes, GRID, sweep)
                axes.plot(
                    threshold,
                    np.interp(threshold, GRID, sweep),
                    marker="o",
                    color=look.colour,
                    markeredgecolor=style.PAPER,
                    markeredgewidth=0.5,
                    markersize=MARKER_POINTS + 0.6 * look.width,
                    zorder=6 + look.width,
                )
            measure = "IoU" if test_set == "solo" else "CIoU"
            axes.set_title(f"{test_set}: mean {measure} (%)")
            axes.set_xlim(0, 1)
            axes.set_ylim(bottom=0)
            axes.set_xlabel("threshold")
        x = MARGIN_IN + AXIS_IN + (PANEL_IN[0] + GAP_IN[0]) * across - 0.2
        draw_key(page, settings, rows, x, top - 0.2)
        return page.figure
