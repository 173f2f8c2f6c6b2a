"""Recipes: found by name, complete, tracked, and one file each."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from avloc.config import params
from avloc.config.blocks import SetName
from avloc.data.annotations import Annotations
from avloc.data.shards.reader import Shards
from avloc.errors import UserError
from avloc.evaluation.metrics import metrics_of
from avloc.inference.scoring import score
from avloc.map_kinds import MapKind
from avloc.scenes import recipes
from avloc.scenes.cache import cache_scenes
from avloc.scenes.candidates import CandidateClip
from avloc.scenes.negatives import cache_negatives
from avloc.scenes.planning import plan_scenes
from avloc.scenes.scene import Layout
from avloc.scenes.store import open_negatives, open_sets
from stages.resolve import code_of_stages
from tests.scenes.conftest import DURATION_S, LOG_MEL, RATES, WINDOW_S

QUARTET = '''
"""Quartet: frames of four clips side by side, and all four sounds mixed."""

from avloc.scenes.candidates import Candidates
from avloc.scenes.drawing import draw_side_by_side
from avloc.scenes.scene import Scene

LAYOUT = "side-by-side"
SCORED_AS = "multi"
SCORED_BY_SIDE = True
NEEDS = "four clips of different classes"


def draw(candidates: Candidates, wanted: int) -> list[Scene]:
    """Return the wanted number of scenes, or none."""
    return draw_side_by_side(candidates, tiles=4, wanted=wanted)
'''


@pytest.mark.parametrize("name", recipes.names())
def test_recipe_is_complete(name: str) -> None:
    """A recipe without one of these would fail in planning, or hours later in scoring."""
    recipe = recipes.load(name)
    assert recipe.LAYOUT in get_args(Layout)
    assert metrics_of(recipe.SCORED_AS), "no metric is for this kind of test set"
    assert isinstance(recipe.SCORED_BY_SIDE, bool)
    assert recipe.NEEDS
    assert callable(recipe.draw)


def test_what_is_scored_stays() -> None:
    """Metrics files would gain or lose keys."""
    found = {name: recipes.load(name) for name in recipes.names()}
    assert {name for name, recipe in found.items() if recipe.SCORED_AS == "solo"} == {"solo"}
    assert {name for name, recipe in found.items() if recipe.SCORED_BY_SIDE} == {"pair", "triple"}


@pytest.mark.parametrize("name", ["quartet", "quartet-note", "__init__"])
def test_recipe_that_does_not_exist_is_named_with_the_choices(name: str) -> None:
    choices = "there is no recipe .* choose one of .*duet, mosaic, pair, .*or add"
    with pytest.raises(UserError, match=rf"scenes\.{name}: {choices}"):
        plan_scenes([], {}, {name: {"test": 2}}, WINDOW_S, 0)
    with pytest.raises(UserError, match=choices):  # the first stage says so, before any download
        code_of_stages("synthetic", ["solo", name])


def test_committed_test_sets_have_recipes() -> None:
    for dataset in params.load().datasets.values():
        recipes.modules_of(dataset.scenes)


@pytest.mark.parametrize("name", ["", "pair-", "../pair", "pair-a/b", "Pair"])
def test_names_that_are_no_test_sets_are_refused_with_the_settings(name: str) -> None:
    """They would become names of files."""
    with pytest.raises(ValidationError):
        TypeAdapter(SetName).validate_python(name)


def test_code_of_the_recipes_in_use_is_tracked_wherever_recipes_are_loaded() -> None:
    """Otherwise a changed recipe would leave old scenes, or old metrics, in place."""
    code = code_of_stages("synthetic", ["solo", "pair-note"])
    room = "src/avloc/scenes/recipes"
    using = {stage for stage, files in code.items() if f"{room}/__init__.py" in files}
    assert {"scenes", "evaluate", "control"} <= using
    for stage in using:
        tracked = {name for name in code[stage] if name.startswith(f"{room}/")}
        assert tracked == {f"{room}/{name}.py" for name in ("__init__", "solo", "pair")}, stage


@pytest.fixture
def quartet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with one more recipe, which the package searches as it does its own."""
    (tmp_path / "quartet.py").write_text(QUARTET)
    monkeypatch.setattr(recipes, "__path__", [*recipes.__path__, str(tmp_path)])
    yield
    sys.modules.pop("avloc.scenes.recipes.quartet", None)


class RightmostLocaliser:
    """Marks the rightmost of four images, whatever it hears."""

    map_kind: MapKind = "single"
    classes = ()

    def __call__(self, images: np.ndarray, logmels: np.ndarray, /) -> np.ndarray:
        assert len(images) == len(logmels)
        maps = np.zeros((len(images), 1, 4, 16), np.float32)
        maps[..., 12:] = 1
        return maps


@pytest.mark.usefixtures("quartet")
def test_one_more_recipe_is_one_file(
    tmp_path: Path, shards: Shards, annotations: Annotations
) -> None:
    """Its scenes are planned, cached and scored as the file says; nothing else names it."""
    TypeAdapter(SetName).validate_python("quartet")
    clips = [CandidateClip(e.id, e.split, e.classes, DURATION_S) for e in shards.entries]
    scenes, notes = plan_scenes(clips, annotations, {"quartet": {"test": 6}}, WINDOW_S, 0)
    assert not notes
    assert [len(set(scene.tiles)) for scene in scenes] == [4] * 6
    folder = tmp_path / "cached_scenes"
    cache_scenes(scenes, annotations, shards, LOG_MEL, WINDOW_S, folder)
    cache_negatives(LOG_MEL, round(WINDOW_S * RATES.sample_rate_hz), folder)
    sets = open_sets(folder, "test")
    assert sets["quartet"].images.shape == (6, 20, 80, 3)
    scored = score(sets, {}, open_negatives(folder), lambda _: [RightmostLocaliser()], 0.5)
    # One sound of four is on the right; the maps of mixtures do not say which is which.
    assert scored["quartet"].metrics["half"] == 25
    assert {"cap", "piap"} <= set(scored["quartet"].metrics)
