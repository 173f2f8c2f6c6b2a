"""Scores of fixed inputs, to the last printed digit: no refactoring may move them.

``python tests/regenerate_goldens.py`` writes the expected values; a test never does.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avloc.evaluation import evaluate
from avloc.evaluation.localised_scene import Kind, overlap_curves
from avloc.evaluation.node_maps import correlation
from avloc.evaluation.secondary import recalls
from avloc.evaluation.side_by_side import assigned, half
from avloc.evaluation.thresholds import GRID, choose_threshold
from tests.localised import localised
from tests.regenerate_goldens import interactive

GOLDEN = Path(__file__).parents[1] / "goldens" / "evaluation.json"


@pytest.fixture(scope="module")
def golden() -> Any:
    return json.loads(GOLDEN.read_text())


@pytest.fixture(scope="module")
def inputs(golden: Any) -> dict[str, np.ndarray]:
    # The inputs are stored, too: they must not depend on a random generator's stability.
    arrays = {name: np.array(value) for name, value in golden["inputs"].items()}
    return {**arrays, "masks": arrays["masks"].astype(bool)}


@pytest.mark.parametrize("kind", ["solo", "multi"])
def test_scores(golden: Any, inputs: dict[str, np.ndarray], kind: Kind) -> None:
    found = evaluate(inputs["maps"], inputs["masks"], kind, 0.4, swapped=inputs["swapped"])
    assert found == pytest.approx(golden["expected"][kind], abs=1e-4)


@pytest.mark.parametrize("kind", ["solo", "multi"])
def test_thresholds(golden: Any, inputs: dict[str, np.ndarray], kind: Kind) -> None:
    scenes = localised(inputs["maps"], inputs["masks"], kind)
    chosen = choose_threshold(overlap_curves(scenes, GRID))
    assert chosen == golden["expected"]["threshold"][kind]


def test_halves(golden: Any, inputs: dict[str, np.ndarray]) -> None:
    singles = np.stack([inputs["maps"], inputs["swapped"]], axis=1).mean(axis=2)
    assert 100 * half(singles).mean() == pytest.approx(golden["expected"]["half"])
    assert 100 * assigned(inputs["maps"], 2).mean() == pytest.approx(golden["expected"]["assigned"])


def test_source_by_source(golden: Any, inputs: dict[str, np.ndarray]) -> None:
    maps, masks, expected = inputs["maps"], inputs["masks"], golden["expected"]
    assert interactive(maps, masks) == pytest.approx(expected["interactive"])
    shares = recalls(localised(maps, masks, "multi"))
    found = {name: 100 * np.nanmean(values) for name, values in shares.items()}
    assert found == pytest.approx(expected["recall"])
    alike = 100 * np.mean([correlation(scene) for scene in maps])
    assert alike == pytest.approx(expected["correlation"])
