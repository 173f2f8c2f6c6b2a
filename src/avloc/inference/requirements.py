"""What the scoring of rows needs of the cached scenes, checked before any row is trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from avloc.evaluation.thresholds import GRID, cross_fitted
from avloc.files import read_json
from avloc.scenes.store import SCENES, SceneArrays, open_scene_arrays, open_sets


def check_scoring(cached_scenes: Path, dataset: str, choosing: Sequence[str]) -> list[str]:
    """Return why rows could not be scored: one sentence for each fault.

    Sources that cover no pixel beside others that do are printed: they are not scored.

    Parameters
    ----------
    cached_scenes
        Folder that the cache stage wrote.
    dataset
        Name of the data set.
    choosing
        Rows and controls whose threshold is chosen, not given.

    Raises
    ------
    UserError
        If there is no test scene, or a file is missing.
    """
    test = open_sets(cached_scenes, "test")
    val = {
        name: open_scene_arrays(cached_scenes, "val", name)
        for name in test
        if (cached_scenes / f"val-{name}{SCENES}").exists()
    }
    faults = []
    for split, sets in (("test", test), ("val", val)):
        for name, scenes in sets.items():
            stored = read_json(cached_scenes / f"{split}-{name}{SCENES}")
            named = sum(len(scene["classes"]) for scene in stored)
            faults += _without_a_pixel(f"{name}/{split}", scenes, named, dataset)
    return faults + _without_a_threshold(test, val, dataset, choosing)


def _without_a_pixel(where: str, scenes: SceneArrays, named: int, dataset: str) -> list[str]:
    """Return the fault that scenes have no mask, which no metric can score."""
    empty = [id for id, kept in zip(scenes.ids, scenes.classes, strict=True) if not kept]
    side = scenes.images.shape[1]
    if empty:
        return [
            f"{len(empty)} scenes of {where}, the first is {empty[0]}, show only sources that "
            f"cover no pixel of an image {side} pixels high; raise params.yaml: "
            f"datasets.{dataset}.image_px, or leave these boxes out"
        ]
    lost = named - sum(map(len, scenes.classes))
    if lost:
        print(
            f"check: {lost} of the {named} sources of {where} cover no pixel of an image {side} "
            "pixels high and are not scored",
            flush=True,
        )
    return []


def _without_a_threshold(
    test: Mapping[str, SceneArrays],
    val: Mapping[str, SceneArrays],
    dataset: str,
    choosing: Sequence[str],
) -> list[str]:
    """Return the fault that no threshold can be chosen, for every set of which it is true."""
    faults = []
    for name, scenes in test.items():
        if name in val or not choosing:
            continue
        try:
            cross_fitted(np.zeros((len(scenes.ids), len(GRID))), scenes.videos)
        except ValueError as error:
            faults.append(
                f"{', '.join(choosing)} could not be scored on {name}: their threshold is chosen "
                f"on val scenes or on test scenes of other videos, there are no val scenes, and "
                f"{error}; get more test videos, or val videos with params.yaml: "
                f"datasets.{dataset}.scenes.{name}.val at least 2, or take {name} out of scenes"
            )
    return faults
