"""Chance levels on the boxes of MUSIC-Solo and MUSIC-Duet: the research sheet's, by this code.

The boxes (Hu et al., NeurIPS 2020) are research data beside the project; without them these
tests are skipped. Expected values were computed on all frames by an independent program.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from avloc.evaluation import controls
from avloc.evaluation.protocol import Kind, evaluate_set
from avloc.evaluation.shown import in_any_order
from avloc.masks import box_mask

BOXES = Path(__file__).parents[3] / "shared" / "data" / "meta" / "music"
CANVAS = 224
SETS: dict[str, Kind] = {"solotest": "solo", "duettest": "multi"}

pytestmark = pytest.mark.skipif(not BOXES.is_dir(), reason="no research data beside the project")

EXPECTED: dict[tuple[str, str], dict[str, float]] = {
    ("solotest", "ones"): {"ap": 33.3, "auc": 33.2, "iou@0.5": 15.4},
    ("duettest", "ones"): {"cap": 16.0, "piap": 21.6, "auc": 16.1, "ciou@0.3": 6.5},
    ("solotest", "centre"): {"ap": 65.2, "auc": 38.2, "iou@0.5": 15.0},
    ("duettest", "centre"): {"cap": 32.0, "piap": 43.4, "auc": 22.9, "ciou@0.3": 21.8},
    ("solotest", "sides"): {"ap": 57.8, "auc": 34.8, "iou@0.5": 19.6},
    ("duettest", "sides"): {"cap": 55.1, "piap": 44.8, "auc": 32.5, "ciou@0.3": 54.0},
}
CONTROLS = {"ones": controls.ones, "centre": controls.centre, "sides": controls.sides}


@cache
def frames(name: str) -> dict[str, list[dict[str, list[float]]]]:
    """Frames with a box, by key; keys sort by video and time."""
    content = json.loads((BOXES / f"{name}.json").read_text())
    return {key: content[key]["bbox"] for key in sorted(content) if content[key]["bbox"]}


def masks(boxes: list[dict[str, list[float]]]) -> np.ndarray:
    """(K, 224, 224): one mask a class, boxes of a class together."""
    classes = sorted({str(box["category_id"]) for box in boxes})
    drawn = np.zeros((len(classes), CANVAS, CANVAS), dtype=bool)
    for box in boxes:
        x, y, w, h = box["normbox"]
        drawn[classes.index(str(box["category_id"]))] |= box_mask((x, y, w, h), CANVAS, CANVAS)
    return drawn


def scores(name: str, control: str, step: int) -> dict[str, float]:
    chosen = list(frames(name).values())[::step]
    maps = CONTROLS[control](CANVAS, CANVAS)
    repeated = list(in_any_order([maps] * len(chosen)))
    found = evaluate_set(repeated, repeated, (masks(b) for b in chosen), 0.4, SETS[name])
    return found.metrics


def test_frames_scored() -> None:
    assert {name: len(frames(name)) for name in SETS} == {"solotest": 12356, "duettest": 10284}
    two_boxes = [boxes for boxes in frames("duettest").values() if len(boxes) == 2]
    assert len(two_boxes) == 4751


@pytest.mark.parametrize(("name", "control"), EXPECTED)
def test_every_hundredth_frame(name: str, control: str) -> None:
    # About 110 frames stand for all: within three standard errors of a share of that many.
    found = scores(name, control, step=100)
    for metric, expected in EXPECTED[name, control].items():
        tolerance = 12 if "@" in metric else 4
        assert found[metric] == pytest.approx(expected, abs=tolerance), metric


def test_everything_selected_scores_the_area_of_the_boxes() -> None:
    # AP and IoU of an all-ones map are the share of the canvas that the box covers.
    area = np.mean([masks(b).mean() for b in list(frames("solotest").values())[::100]])
    found = scores("solotest", "ones", step=100)
    assert found["ap"] == pytest.approx(100 * area)
    assert found["auc"] == pytest.approx(100 * area, abs=2.5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "control"), EXPECTED)
def test_chance_levels(name: str, control: str) -> None:
    # A constant map is quick to score on all frames; for the others one frame a second is taken.
    step = 1 if control == "ones" else 4
    found = scores(name, control, step)
    for metric, expected in EXPECTED[name, control].items():
        tolerance = 0.06 if step == 1 else 0.2
        assert found[metric] == pytest.approx(expected, abs=tolerance), metric
