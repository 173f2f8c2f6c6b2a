"""All scores of a row, set by set."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.evaluation.maps import min_max
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.protocol import PROTOCOLS, Kind, evaluate_set, overlap_curves
from avloc.evaluation.secondary import (
    Labelled,
    pairing_readings,
    paper_threshold_readings,
    scene_readings,
    threshold_readings,
    universal_readings,
)
from avloc.evaluation.side_by_side import assigned, half
from avloc.evaluation.thresholds import GRID, Curves, choose_threshold, cross_fitted
from avloc.inference.predictions import Localiser, Maps, SetPredictor
from avloc.inference.results import Scored, Values, mean
from avloc.map_kinds import MapKind
from avloc.scenes import recipes
from avloc.scenes.store import Negatives, SceneArrays


def score(
    test: Mapping[str, SceneArrays],
    val: Mapping[str, SceneArrays],
    negatives: Negatives,
    localisers: Callable[[str], Sequence[Localiser]],
    threshold: float | None,
) -> dict[str, Scored]:
    """Score a row.

    Parameters
    ----------
    test, val
        Test set -> its scenes, and the validation scenes of the same recipe where it has some.
    negatives
        Sounds of nothing that is seen.
    localisers
        Test set -> the functions that make the maps, one per training seed.
    threshold
        Of the paper's own method; None chooses the best one for each seed, as the paper does for
        all other methods (section 4.4): on `val`, or by cross-fitting where a set has no
        validation scenes (`avloc.evaluation.thresholds`; decision D9).

    Returns
    -------
    dict
        Test set -> scores, in the order of `test`, means over seeds.

    Raises
    ------
    UserError
        If a threshold is to be chosen where there are neither validation scenes nor scenes of
        other videos.
    """
    scored = {}
    for name, scenes in test.items():
        seeds = [
            _score_set(name, SetPredictor(localiser, scenes), val.get(name), negatives, threshold)
            for localiser in localisers(name)
            if _has_maps_for(localiser, scenes)
        ]
        if seeds:
            scored[name] = mean(seeds)
    return scored


def _has_maps_for(localiser: Localiser, scenes: SceneArrays) -> bool:
    """Whether a row with a map per node has enough for the sources of a set.

    The nodes of k = 2 cannot be paired with three sources one to one, and any rule for the third
    would be ours: such a row is left out of the set.
    """
    if localiser.map_kind != "nodes":
        return True
    _, maps, _, _ = localiser(scenes.images[:1], scenes.mixture[:1]).shape
    return bool(maps >= max(len(classes) for classes in scenes.classes))


def _score_set(
    name: str,
    heard: SetPredictor,
    val_scenes: SceneArrays | None,
    negatives: Negatives,
    threshold: float | None,
) -> Scored:
    kind: Kind = recipes.load(name).SCORED_AS
    arrays, masks, map_kind = heard.arrays, heard.masks, heard.localiser.map_kind
    maps = heard.maps(arrays.mixture)
    test = Labelled(heard.shown(maps), masks)
    swapped = heard.with_sounds(arrays.mixture[arrays.swap])
    curves = {"sweep": _curves(test, kind)}
    val: Labelled | None = None
    if val_scenes is not None:
        seen = SetPredictor(heard.localiser, val_scenes)
        val = Labelled(seen.with_sounds(val_scenes.mixture), seen.masks)
        curves["sweep_val"] = _curves(val, kind)
    thresholds, readings = _thresholds(
        name, arrays, curves["sweep"], curves.get("sweep_val"), threshold
    )
    found = evaluate_set(test.scenes, swapped, masks, thresholds, kind)
    metrics = found.metrics
    main = PROTOCOLS[kind].main
    scenes = {main: found.main, f"{main}_swapped": found.swapped, "iou": found.overlaps}
    for share, values in _side_by_side(name, heard, test.scenes).items():
        scenes[share] = values
        metrics[share] = 100 * float(np.mean(values))
    readings |= paper_threshold_readings(curves["sweep"], kind)
    readings |= threshold_readings(test, thresholds, kind, map_kind)
    readings |= scene_readings(found, masks, arrays.videos)
    if kind == "multi":
        readings |= pairing_readings(test, val, thresholds)
    if val is not None:
        others = _negatives(heard, negatives) | {"offscreen": swapped}
        readings |= universal_readings(test, val, others, kind)
    return Scored(
        metrics=metrics,
        readings=readings,
        maps=_stored(maps, test.scenes, kind, map_kind),
        precision=found.main,
        thresholds=thresholds,
        scenes=scenes,
        sweeps={key: 100 * overlaps.mean(axis=0) for key, overlaps in curves.items()},
    )


def _curves(part: Labelled, kind: Kind) -> Curves:
    return overlap_curves(part.scenes, part.masks, GRID, kind, min_max)


def _thresholds(
    name: str, arrays: SceneArrays, test: Curves, val: Curves | None, given: float | None
) -> tuple[Values, dict[str, float]]:
    """Return the threshold of every scene, (N,), and the readings that say how it was chosen."""
    if given is not None:
        return np.full(len(test), given), {"threshold_given": given}
    if val is not None:
        chosen = choose_threshold(val)
        return np.full(len(test), chosen), {"threshold_val": chosen}
    try:
        thresholds, shared = cross_fitted(test, arrays.videos)
    except ValueError as error:
        raise UserError(
            f"no threshold can be chosen for the set {name!r}: it has no val scenes beside those "
            f"that are scored, and {error}; get more videos, or set scenes.{name}.val of the data "
            "set in params.yaml to 2 or more"
        ) from None
    return thresholds, {
        "threshold_cross": float(np.median(thresholds)),
        "threshold_cross_min": float(thresholds.min()),
        "threshold_cross_max": float(thresholds.max()),
        "threshold_cross_shared": 100 * float(np.mean(shared > 0)),
    }


def _side_by_side(
    name: str, heard: SetPredictor, mixed: Sequence[Prediction]
) -> dict[str, NDArray[np.float64]]:
    """Return the shares of `avloc.evaluation.side_by_side`, where images stand side by side."""
    singles = heard.arrays.singles
    if not recipes.load(name).SCORED_BY_SIDE or singles is None:
        return {}
    images = singles.shape[1]
    alone = [heard.with_sounds(singles[:, sound]) for sound in range(images)]
    shares = {
        "half": half(
            np.concatenate([s.overall for s in scene]) for scene in zip(*alone, strict=True)
        )
    }
    if heard.localiser.map_kind == "nodes":
        shares["assigned"] = assigned((scene.sources for scene in mixed), images)
    return shares


def _negatives(heard: SetPredictor, negatives: Negatives) -> dict[str, Sequence[Prediction]]:
    """Return what is shown while there is silence, or noise."""
    scenes = np.arange(len(heard.masks))
    return {
        name: heard.with_sounds(draws[scenes % len(draws)])
        for name, draws in (("silence", negatives.silence), ("noise", negatives.noise))
    }


def _stored(maps: Maps, scenes: Sequence[Prediction], kind: Kind, map_kind: MapKind) -> Maps:
    """Return the maps for figures: of class rows only those that are scored."""
    if map_kind != "classes":
        return maps
    if kind == "solo":
        return maps[:, :1]
    most = max(len(scene.sources) for scene in scenes)
    # A scene with fewer sources than others is filled up with its overall map.
    filled = [[*scene.sources, *[scene.overall[0]] * most][:most] for scene in scenes]
    return np.asarray(filled, np.float32)
