"""Training curves: loss and collapse monitors of every trained row, as small multiples."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.rendering import style
from avloc.rendering.page import MARGIN_IN, Page, header_height, wrapped
from avloc.rendering.settings import Settings

STEP, LOSS, PHASE = "step", "loss", "phase"

PANEL_IN = (1.9, 1.0)
GAP_IN = (0.5, 0.34)
LABEL_IN = 1.15

_CAPTION = (
    "Each line is a row trained on the data set {dataset}, each column a quantity logged while it"
    " trained; monitors share their vertical scale, losses do not, for they measure different"
    " things. Grey: warm start with another loss. An empty place: the row has no such monitor."
)


@dataclass(frozen=True)
class Curve:
    """What a row logged while it trained.

    Parameters
    ----------
    columns
        Column of the file -> (n,) values, NaN where the file has none; ``step`` among them.
    """

    columns: Mapping[str, NDArray[np.float64]]

    @property
    def monitors(self) -> list[str]:
        """Columns other than step, phase and loss, in the order of the file."""
        return [name for name in self.columns if name not in (STEP, LOSS, PHASE)]

    @property
    def warming(self) -> NDArray[np.bool_]:
        """(n,), true where the row was trained with another loss first: phase 0."""
        phase = self.columns.get(PHASE)
        steps = self.columns[STEP]
        return np.zeros(len(steps), dtype=bool) if phase is None else phase == 0


def read_curve(path: Path, row: str) -> Curve:
    """Read the training curve of a row.

    Raises
    ------
    UserError
        If the file is missing, has no step or no loss, or holds a value that is not finite.
    """
    remedy = f"run the train stage of row {row!r} (`dvc repro`)"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            records = list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path} is missing: {remedy}") from None
    if not records or not {STEP, LOSS} <= records[0].keys():
        raise UserError(f"{path} has no rows with step and loss: {remedy}")
    columns = {}
    for name in records[0]:
        texts = [record[name] or "" for record in records]
        try:
            # Monitors are not logged in every phase: an empty field is no value, "nan" is a fault.
            values = [math.nan if text == "" else float(text) for text in texts]
        except ValueError as error:
            raise UserError(f"{path}: column {name} holds no numbers ({error}): {remedy}") from None
        wrong = [t for t, v in zip(texts, values, strict=True) if t and not math.isfinite(v)]
        if wrong or (name in (STEP, LOSS) and "" in texts):
            fault = wrong[0] if wrong else "an empty field"
            raise UserError(f"{path}: column {name} holds {fault}, not a finite number: {remedy}")
        columns[name] = np.array(values)
    return Curve(columns)


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
    names = list(dict.fromkeys(name for row in rows for name in curves[row].monitors))
    columns = [LOSS, *names]
    cell = PANEL_IN[0] + GAP_IN[0]
    width = MARGIN_IN + LABEL_IN + cell * len(columns)
    with style.applied():
        caption = wrapped(_CAPTION.format(dataset=dataset), width)
        top = header_height(caption) + GAP_IN[1]
        page = Page(width, top + (PANEL_IN[1] + GAP_IN[1]) * len(rows))
        page.header("Training curves", caption)
        headed = {name: next(r for r in rows if name in curves[r].columns) for name in columns}
        limits = {name: _limits([curves[row] for row in rows], name) for name in names}
        for line, row in enumerate(rows):
            y = top + (PANEL_IN[1] + GAP_IN[1]) * line
            label = settings.rows[row].label
            page.text(MARGIN_IN, y + PANEL_IN[1] / 2, label, size=style.HEADING_POINTS)
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
        axes.plot(steps[shown], _smoothed(values[shown]), color=colour)
    axes.set_xlim(0, steps[-1])
    axes.locator_params(axis="x", nbins=4)
    axes.locator_params(axis="y", nbins=4)


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running mean over a twentieth of the curve, shorter at its ends."""
    reach = len(values) // 40
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.maximum(np.arange(len(values)) - reach, 0)
    last = np.minimum(np.arange(len(values)) + reach + 1, len(values))
    return np.asarray((sums[last] - sums[first]) / (last - first))


def _limits(curves: list[Curve], name: str) -> tuple[float, float]:
    values = np.concatenate([curve.columns[name] for curve in curves if name in curve.columns])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin
