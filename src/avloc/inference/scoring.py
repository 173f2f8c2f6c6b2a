"""All metrics of a row, test set by test set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from avloc.data.clips import Split
from avloc.evaluation import secondary
from avloc.evaluation.localised_scene import Kind, LocalisedScene, overlap_curves
from avloc.evaluation.metrics import MAIN
from avloc.evaluation.scores import score_scenes
from avloc.evaluation.thresholds import GRID
from avloc.evaluation.universal_threshold import universal_threshold, universal_thresholds
from avloc.inference.predictions import Localiser, Maps, SetLocaliser
from avloc.inference.results import SetResult, mean_over_seeds
from avloc.inference.sources import score_sources
from avloc.inference.thresholds import row_thresholds
from avloc.map_kinds import MapKind
from avloc.scenes import recipes
from avloc.scenes.store import SCENES, Negatives, SceneArrays, open_negatives, open_sets


def score_split(
    cached_scenes: Path,
    split: Split,
    localisers: Callable[[str], Sequence[Localiser]],
    threshold: float | None,
) -> dict[str, SetResult]:
    """Score a row on all test sets of a split.

    Parameters
    ----------
    cached_scenes
        Folder that the cache stage wrote.
    split
        ``test``, or ``val`` for scores by which settings are chosen: thresholds are then
        cross-fitted, since no other scenes are left to choose them on.
    localisers, threshold
        As in `score`.

    Raises
    ------
    UserError
        If the split has no scene, a file is missing, or as `score`.
    """
    return score(
        test=open_sets(cached_scenes, split),
        val={} if split == "val" else validation_scenes(cached_scenes),
        negatives=open_negatives(cached_scenes),
        localisers=localisers,
        threshold=threshold,
    )


def validation_scenes(cached_scenes: Path) -> dict[str, SceneArrays]:
    """Return test set -> its validation scenes, for every set that has some.

    There may be none: on MUSIC and VGGSound-Instruments, all annotated videos are test videos.
    """
    return open_sets(cached_scenes, "val") if any(cached_scenes.glob(f"val-*{SCENES}")) else {}


def score(
    test: Mapping[str, SceneArrays],
    val: Mapping[str, SceneArrays],
    negatives: Negatives,
    localisers: Callable[[str], Sequence[Localiser]],
    threshold: float | None,
) -> dict[str, SetResult]:
    """Score a row.

    Parameters
    ----------
    test
        Test set -> the scenes that are scored.
    val
        Test set -> validation scenes of the same recipe, for sets that have some.
    negatives
        Sounds of nothing that is seen.
    localisers
        Test set -> the functions that make the maps, one per training seed; none leaves the set
        out.
    threshold
        In [0, 1), of the paper's own method. None chooses the best one for each seed, as the paper
        does for all other methods (section 4.4): on `val`, or by cross-fitting if a set has no
        validation scenes (`avloc.evaluation.thresholds`; decision D9).

    Returns
    -------
    dict
        Test set -> result, the mean over seeds, in the order of `test`.

    Raises
    ------
    UserError
        If a threshold is to be chosen and there are neither validation scenes nor scenes of other
        videos.
    """
    results = {}
    for name, scenes in test.items():
        kind: Kind = recipes.load(name).SCORED_AS
        seeds = [
            _score_set(
                name,
                SetLocaliser(localiser, scenes, kind),
                SetLocaliser(localiser, val[name], kind) if name in val else None,
                negatives,
                threshold,
            )
            for localiser in localisers(name)
            if _has_maps_for(localiser, scenes)
        ]
        if seeds:
            results[name] = mean_over_seeds(seeds)
    return results


def _has_maps_for(localiser: Localiser, scenes: SceneArrays) -> bool:
    """Return whether a row with a map per node has enough maps for the sources of a set.

    The nodes of k = 2 cannot be paired with three sources one to one, and any rule for the third
    would be ours: such a row is left out of the set.
    """
    if localiser.map_kind != "nodes":
        return True
    _, maps, _, _ = localiser(scenes.images[:1], scenes.mixture[:1]).shape
    return bool(maps >= max(len(classes) for classes in scenes.classes))


def _score_set(
    name: str,
    test_set: SetLocaliser,
    val_set: SetLocaliser | None,
    negatives: Negatives,
    threshold: float | None,
) -> SetResult:
    arrays, kind, map_kind = test_set.arrays, test_set.kind, test_set.localiser.map_kind
    maps = test_set.maps(arrays.mixture)
    scenes = test_set.scenes_of(maps)
    swapped = test_set.scenes_with(arrays.mixture[arrays.swap])
    val = None if val_set is None else val_set.scenes_with(val_set.arrays.mixture)
    curves = {"sweep": overlap_curves(scenes, GRID)}
    if val is not None:
        curves["sweep_val"] = overlap_curves(val, GRID)
    thresholds = row_thresholds(
        name, arrays.videos, curves["sweep"], curves.get("sweep_val"), threshold
    )
    scenes = [
        replace(s, threshold=t) for s, t in zip(scenes, thresholds.scored.tolist(), strict=True)
    ]
    scores = score_scenes(scenes, swapped)
    main = MAIN[kind]
    columns = {key: scores.values[key] for key in (main, f"{main}_swapped")}
    columns["iou"] = scores.overlaps
    others = thresholds.origin | secondary.at_paper_threshold(curves["sweep"], scenes)
    if thresholds.chosen is not None:
        others |= secondary.at_chosen_threshold(curves["sweep"], thresholds.chosen, scenes)
        wrong_sounds = _negatives(test_set, negatives) | {"offscreen": swapped}
        level = universal_threshold(val) if val else universal_thresholds(scenes, arrays.videos)
        others |= secondary.at_universal_threshold(scenes, level, wrong_sounds)
    others |= secondary.at_other_scales(scenes, map_kind)
    others |= secondary.by_other_averages(scores, scenes, arrays.videos)
    if kind == "multi":
        others |= secondary.by_other_pairings(scenes, val)
        columns["piap"] = scores.values["piap"]
    sources = score_sources(test_set, scenes, recipes.load(name).SCORED_BY_SIDE)
    return SetResult(
        metrics=scores.metrics | sources.metrics,
        secondary=others | sources.secondary,
        maps=_stored(maps, scenes, map_kind),
        precision=scores.main,
        thresholds=thresholds.scored,
        scenes=columns | sources.scenes,
        sweeps={key: 100 * overlaps.mean(axis=0) for key, overlaps in curves.items()},
    )


def _negatives(test_set: SetLocaliser, negatives: Negatives) -> dict[str, Sequence[LocalisedScene]]:
    """Return the scenes with silence, and with noise."""
    numbers = np.arange(len(test_set.masks))
    return {
        name: test_set.scenes_with(draws[numbers % len(draws)])
        for name, draws in (("silence", negatives.silence), ("noise", negatives.noise))
    }


def _stored(maps: Maps, scenes: Sequence[LocalisedScene], map_kind: MapKind) -> Maps:
    """Return the maps for figures: of rows with a map per class only those that are scored."""
    if map_kind != "classes":
        return maps
    if scenes[0].kind == "solo":
        return maps[:, :1]
    predictions = [scene.prediction for scene in scenes]
    most = max(len(p.source_maps) for p in predictions)
    # A scene with fewer sources than others is filled up with its overall map.
    filled = [[*p.source_maps, *[p.overall_map[0]] * most][:most] for p in predictions]
    return np.asarray(filled, np.float32)
