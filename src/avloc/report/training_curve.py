"""What the train stage logged of a row: its loss and its monitors, step by step."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.report.settings import CollapseSettings

STEP, LOSS, PHASE = "step", "loss", "phase"
NODE_COSINE, NODE_VARIANCE = "node_cosine", "node_variance"


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

    @property
    def own_phases(self) -> list[float]:
        """The first logged step of each phase after the warm start."""
        steps = self.columns[STEP][~self.warming]
        if PHASE not in self.columns or not len(steps):
            return [float(step) for step in steps[:1]]
        phases = self.columns[PHASE][~self.warming]
        return [float(steps[phases == phase][0]) for phase in np.unique(phases)]

    def last(self, name: str) -> float | None:
        """Return the last logged value of a column, or None if the row never logs it."""
        values = self.columns.get(name, np.empty(0))
        values = values[np.isfinite(values)]
        return float(values[-1]) if len(values) else None


def read_curve(path: Path, row: str) -> Curve:
    """Read the training curve of a row.

    Parameters
    ----------
    path, row
        The CSV file that the train stage wrote, and the row's name.

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


def collapsed_rows(limits: CollapseSettings, curves: Mapping[str, Curve]) -> frozenset[str]:
    """Return the rows whose nodes had become one vector, or constant, at the last logged step.

    Parameters
    ----------
    limits
        Beyond which a row has collapsed.
    curves
        Row -> what it logged.
    """
    found = set()
    for row, curve in curves.items():
        cosine, variance = curve.last(NODE_COSINE), curve.last(NODE_VARIANCE)
        alike = cosine is not None and cosine > limits.node_cosine_max
        constant = variance is not None and variance < limits.node_variance_min
        if alike or constant:
            found.add(row)
    return frozenset(found)


def smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running mean over a twentieth of the curve, shorter at its ends."""
    window = pd.Series(values).rolling(2 * (len(values) // 40) + 1, center=True, min_periods=1)
    return window.mean().to_numpy()
