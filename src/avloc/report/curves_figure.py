"""Training curves: losses grouped by their kind, the warm start apart, and what methods watch.

The collapse monitors of the rows with several nodes have a figure of their own
(`avloc.report.monitors_figure`).
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.row_lines import look
from avloc.report.training_curve import LOSS, STEP, Curve, smoothed

PANEL_HIGH_IN = 1.36
ACROSS = 4
TITLE_CHARACTERS = 22
#: Points of a legend's text, and the room above the curves that a row takes in it, as a share of
#: their height.
LEGEND_POINTS, LEGEND_HIGH = 5.5, 0.28
#: A quantity that was logged fewer times has no panel.
LEAST_VALUES = 4

_CAPTION = (
    "What the rows trained on the data set {dataset} logged, by step of their own training. Rows"
    " share a panel if they lower the same loss; values of different panels cannot be compared. The"
    " first panels: the losses; then other quantities that methods watch. Pale: as logged; strong:"
    " running means. Thin vertical lines: a new phase, with another loss.{warm}"
)
_WARM = (
    " Warm start: the training with Eqs. 3 and 7 before it; equal networks share it, so most lines"
    " lie on one another."
)


@dataclass(frozen=True)
class _Panel:
    """One quantity of rows for which it means the same."""

    title: str
    name: str
    rows: tuple[str, ...]
    warming: bool = False


def draw_curves(labels: Labels, curves: Mapping[str, Curve], dataset: str) -> Figure | None:
    """Draw the curves of all trained rows, kinds of loss in the order of the tables.

    Parameters
    ----------
    labels
        Names of the rows and of what they lower.
    curves
        Row -> what it logged.
    dataset
        Its name, for the caption.

    Returns
    -------
    Figure or None
        None if no row was trained.
    """
    panels = _panels(labels, curves)
    if not panels:
        return None
    with style.applied():
        figure = style.figure(
            style.PAGE_IN,
            PANEL_HIGH_IN * -(-len(panels) // ACROSS) + 1.0,
            "Training curves",
            _CAPTION.format(dataset=dataset, warm=_WARM if panels[0].warming else ""),
        )
        for place, (axes, panel) in enumerate(style.panels(figure, panels, ACROSS)):
            for row in panel.rows:
                _draw_curve(axes, curves[row], panel, labels, row)
            axes.set_title(_title(panel, labels))
            axes.ticklabel_format(useOffset=False)
            axes.locator_params(nbins=4)
            axes.set_xlim(0, None)
            if len(panel.rows) > 1 and not panel.warming:
                low, high = axes.get_ylim()
                axes.set_ylim(low, high + LEGEND_HIGH * len(panel.rows) * (high - low))
                legend = axes.legend(
                    fontsize=LEGEND_POINTS,
                    handlelength=1.5,
                    labelspacing=0.15,
                    borderpad=0,
                    borderaxespad=0,
                    loc="upper right",
                )
                # Else a long name would narrow the panel.
                legend.set_in_layout(False)
            if place >= len(panels) - ACROSS:
                axes.set_xlabel("step")
        return figure


def _name(labels: Labels, row: str) -> str:
    """Return the name of a row without the remark in its tables."""
    return labels.rows[row].label.removesuffix(" (not in the paper)")


def _title(panel: _Panel, labels: Labels) -> str:
    """Return the quantity and, of a single row, its name."""
    single = len(panel.rows) == 1 and not panel.warming
    alone = [_name(labels, row) for row in panel.rows if single]
    return "\n".join(
        line for text in (panel.title, *alone) for line in textwrap.wrap(text, TITLE_CHARACTERS)
    )


def _panels(labels: Labels, curves: Mapping[str, Curve]) -> list[_Panel]:
    rows = [row for row in labels.rows if row in curves]
    warmed = tuple(row for row in rows if curves[row].warming.any())
    panels = [_Panel("warm start: Eqs. 3, 7", LOSS, warmed, warming=True)] if warmed else []
    kinds = dict.fromkeys(labels.loss_of(row) for row in rows)
    members = {kind: [row for row in rows if labels.loss_of(row) == kind] for kind in kinds}
    for kind, own in members.items():
        if shown := _logging(own, curves, LOSS):
            panels.append(_Panel(f"loss: {kind}", LOSS, shown))
    for own in members.values():
        watched = dict.fromkeys(name for row in own for name in curves[row].monitors)
        for name in (name for name in watched if name not in labels.monitors):
            if shown := _logging(own, curves, name, LEAST_VALUES):
                panels.append(_Panel(name.replace("_", " "), name, shown))
    return panels


def _logging(
    rows: Sequence[str], curves: Mapping[str, Curve], name: str, least: int = 1
) -> tuple[str, ...]:
    """Return the rows that logged a quantity often enough after their warm start."""
    return tuple(
        row
        for row in rows
        if name in curves[row].columns
        and np.isfinite(curves[row].columns[name][~curves[row].warming]).sum() >= least
    )


def _draw_curve(axes: Axes, curve: Curve, panel: _Panel, labels: Labels, row: str) -> None:
    steps, values = curve.columns[STEP], curve.columns[panel.name]
    warm = steps[curve.warming]
    begin = 0.0 if panel.warming or not len(warm) else float(warm[-1])
    shown = (curve.warming if panel.warming else ~curve.warming) & np.isfinite(values)
    line = look(labels, row)
    if panel.warming:
        line |= {"color": style.QUIET, "linewidth": 0.9, "linestyle": "-"}
    axes.plot(steps[shown] - begin, values[shown], **line | {"linewidth": 0.5, "alpha": 0.4})
    axes.plot(steps[shown] - begin, smoothed(values[shown]), label=_name(labels, row), **line)
    if not panel.warming and len(panel.rows) == 1:
        for phase in curve.own_phases[1:]:
            axes.axvline(phase - begin, color=style.QUIET, linewidth=0.6)
