"""Chance levels on the boxes of MUSIC-Solo and MUSIC-Duet: the research sheet's, by this code.

The boxes (Hu et al., NeurIPS 2020) are research data beside the project; without them these
tests are skipped. Expected values were computed on all frames by an independent program. The boxes
come through the data set's own reader, so that a box which it moved would show here.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from avloc.data.annotations import AnnotatedObject
from avloc.data.masks import box_mask
from avloc.datasets.annotation.music_boxes import read_boxes
from avloc.datasets.annotation.music_lists import read_authors_split, read_classes
from avloc.evaluation import controls, evaluate
from avloc.evaluation.localised_scene import Kind

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
def frames(name: str) -> list[tuple[str, tuple[AnnotatedObject, ...]]]:
    """Video and boxes of the frames that have some, by video and time."""
    return [
        (video, time.objects)
        for video, times in read_boxes(BOXES / f"{name}.json").items()
        for time in times
        if time.objects
    ]


def masks(boxes: tuple[AnnotatedObject, ...]) -> np.ndarray:
    """(K, 224, 224): one mask a class, boxes of a class together."""
    classes = sorted({box.category for box in boxes})
    drawn = np.zeros((len(classes), CANVAS, CANVAS), dtype=bool)
    for box in boxes:
        drawn[classes.index(box.category)] |= box_mask(box.box, CANVAS, CANVAS)
    return drawn


def scores(name: str, control: str, step: int, videos: list[str] | None = None) -> dict[str, float]:
    chosen = [b for video, b in frames(name) if videos is None or video in videos][::step]
    maps = CONTROLS[control](CANVAS, CANVAS)
    return evaluate([maps] * len(chosen), [masks(b) for b in chosen], SETS[name])


def test_frames_scored() -> None:
    assert {name: len(frames(name)) for name in SETS} == {"solotest": 12356, "duettest": 10284}
    two_boxes = [boxes for _, boxes in frames("duettest") if len(boxes) == 2]
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
    area = np.mean([masks(b).mean() for _, b in frames("solotest")[::100]])
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


@pytest.mark.slow
def test_chance_levels_of_the_authors_videos() -> None:
    """Without the three solos that the paper's authors lack, a whole image scores a little more."""
    classes = read_classes(BOXES / "MUSIC_solo_videos.json")
    videos = read_authors_split(BOXES / "authors-split" / "test.csv", classes)
    found = scores("solotest", "ones", 1, videos)
    assert found["auc"] == pytest.approx(33.8, abs=0.06)
    assert found["iou@0.5"] == pytest.approx(17.5, abs=0.06)
