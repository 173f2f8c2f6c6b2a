"""Figure of the mean (C)IoU at every threshold: what a row's score owes to the threshold chosen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from avloc.evaluation.thresholds import GRID
from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.row_lines import add_legend, look
from avloc.report.samples import Samples

PANEL_HIGH_IN = 2.0
ACROSS = 3
MARKER_POINTS = 5.0
#: The panel of the legend, after those of the test sets.
LEGEND = ""
#: Of the lines of rows that labels.yaml does not name under `sweep`.
OTHERS: dict[str, Any] = {"color": style.FAINT, "linewidth": 0.7, "zorder": 1.5}

_CAPTION = (
    "Data set {dataset}, test scenes: mean IoU (one source) or CIoU (several) when the pixels above"
    " a threshold count as found, on maps scaled to [0, 1]. Dots: the threshold at which a row (of"
    " several seeds: the first) is scored, given in the paper or chosen on scenes that are not"
    " scored at it, in which case scenes may differ and the dot is their median. Pale: all other"
    " rows and controls, whose best thresholds the tables have."
)


def draw_sweep(
    labels: Labels, samples: Mapping[str, Mapping[str, Samples]], dataset: str
) -> Figure | None:
    """Draw one panel per test set and one line per row; a few rows are told apart.

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
        for test_set in labels.sweep.sets
    }
    sets = [test_set for test_set, rows in shown.items() if rows]
    if not sets:
        return None
    drawn = {row for test_set in sets for row, *_ in shown[test_set]}
    named = [row for row in labels.rows if row in drawn and row in labels.sweep.rows]
    more = [Line2D([], [], label="all others", **OTHERS)] if drawn - set(named) else []
    panels = [*sets, LEGEND]
    with style.applied():
        figure = style.figure(
            style.PAGE_IN,
            PANEL_HIGH_IN * -(-len(panels) // ACROSS) + 1.0,
            "Mean overlap against threshold",
            _CAPTION.format(dataset=dataset),
        )
        for axes, test_set in style.panels(figure, panels, ACROSS):
            if test_set == LEGEND:
                add_legend(axes, labels, named, more)
                continue
            for row, sweep, threshold in shown[test_set]:
                line = look(labels, row) if row in named else OTHERS
                axes.plot(GRID, sweep, **line)
                if row not in named:
                    continue
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
        return figure
