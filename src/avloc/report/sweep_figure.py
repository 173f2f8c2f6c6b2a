"""Figure of the mean (C)IoU at every threshold: what a row's score owes to the threshold chosen."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from avloc.evaluation.thresholds import GRID
from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.row_lines import add_legend, legend_height_in, look
from avloc.report.samples import Samples

PANEL_IN = (3.1, 2.2)
LEGEND_IN = 2.6
ACROSS = 2
MARKER_POINTS = 5.0

_CAPTION = (
    "Data set {dataset}, test scenes: mean IoU (one source) or CIoU (several) when the pixels above"
    " a threshold count as found, on maps scaled to [0, 1]. Dots: the threshold at which a row (of"
    " several seeds: the first) is scored, given in the paper or chosen on scenes that are not"
    " scored at it, in which case scenes may differ and the dot is their median. Grey: controls."
)


def draw_sweep(
    labels: Labels, samples: Mapping[str, Mapping[str, Samples]], dataset: str
) -> Figure | None:
    """Draw one panel per test set and one line per row, in the order of the tables.

    Parameters
    ----------
    labels
        Names of the rows, and the test sets that are shown.
    samples
        Row -> test set -> its sweep over thresholds.
    dataset
        Its name, for the caption.

    Returns
    -------
    Figure or None
        None if no row has a sweep.
    """
    shown = {
        test_set: [
            (row, own.sweep, own.threshold)
            for row in labels.rows
            if (own := samples.get(row, {}).get(test_set)) and own.sweep is not None
        ]
        for test_set in labels.sweep
    }
    sets = [test_set for test_set, rows in shown.items() if rows]
    if not sets:
        return None
    across, down = min(len(sets), ACROSS), -(-len(sets) // ACROSS)
    drawn = {row for test_set in sets for row, *_ in shown[test_set]}
    rows = [row for row in labels.rows if row in drawn]
    with style.applied():
        figure = style.figure(
            PANEL_IN[0] * across + LEGEND_IN,
            max(PANEL_IN[1] * down, legend_height_in(labels, rows)) + 0.8,
            "Mean overlap against threshold",
            _CAPTION.format(dataset=dataset),
        )
        for axes, test_set in style.panels(figure, sets, ACROSS):
            for row, sweep, threshold in shown[test_set]:
                line = look(labels, row)
                axes.plot(GRID, sweep, **line)
                axes.plot(
                    threshold,
                    np.interp(threshold, GRID, sweep),
                    marker="o",
                    color=line["color"],
                    markeredgecolor=style.PAPER,
                    markeredgewidth=0.5,
                    markersize=MARKER_POINTS,
                    zorder=9,
                )
            measure = "IoU" if test_set == "solo" else "CIoU"
            axes.set_title(f"{test_set}: mean {measure} (%)")
            axes.set(xlim=(0, 1), ylim=(0, None), xlabel="threshold")
        add_legend(figure, labels, rows)
        return figure
