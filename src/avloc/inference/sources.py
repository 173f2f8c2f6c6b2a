"""Scores that tell the sources of a scene apart: by their pixels, and by each sound alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation import interactive, secondary
from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.node_maps import correlation, same_image
from avloc.evaluation.side_by_side import assigned, half
from avloc.inference.predictions import SetLocaliser
from avloc.inference.results import Values

#: Those of an image with each of its sounds alone.
Alone = Sequence[LocalisedScene]


@dataclass(frozen=True)
class SourceScores:
    """Scores of a test set.

    Parameters
    ----------
    metrics, secondary
        Name -> percent.
    scenes
        Name -> (N,) value of every scene: of ``iiou`` the IoU of the worst sound, of each other
        score the value whose mean it is.
    """

    metrics: dict[str, float]
    secondary: dict[str, float]
    scenes: dict[str, Values]


def score_sources(
    test_set: SetLocaliser, scenes: Sequence[LocalisedScene], by_side: bool
) -> SourceScores:
    """Score the maps of a test set source by source.

    With a single sound the overall map counts, which is the mean of the maps of all nodes.

    Parameters
    ----------
    test_set
        Its localiser, and its scenes with their single sounds if they have some.
    scenes
        The same scenes with the sounds that are mixed in them, and with their thresholds.
    by_side
        Whether images stand side by side with a sound each.
    """
    maps = [scene.prediction.source_maps for scene in scenes]
    nodes = test_set.localiser.map_kind == "nodes"
    several_nodes = nodes and len(maps[0]) > 1
    singles = test_set.arrays.singles
    if test_set.kind == "solo":
        # The one sound of the scene is a single sound.
        alike = {"single_correlation": _correlations(maps)} if several_nodes else {}
        return SourceScores({}, _percent(alike), alike)
    others = {k: v for k, v in secondary.recalls(scenes).items() if not np.isnan(v).all()}
    if several_nodes:
        others["mixture_correlation"] = _correlations(maps)
    if singles is None:
        return SourceScores({}, _percent(others), others)
    sounds = range(singles.shape[1])
    alone = list(zip(*(test_set.scenes_with(singles[:, sound]) for sound in sounds), strict=True))
    overall = [np.concatenate([heard.prediction.overall_map for heard in own]) for own in alone]
    main: dict[str, Values] = {}
    if by_side:
        main["half"] = half(overall)
        if nodes:
            main["assigned"] = assigned(maps, len(sounds))
    if several_nodes:
        others |= _of_nodes(alone, by_side)
    # A source without a pixel is not scored, though its sound is there.
    of_sources = [own[kept] for own, kept in zip(overall, test_set.arrays.present, strict=True)]
    masks = [scene.masks for scene in scenes]
    thresholds = np.array([scene.threshold for scene in scenes])
    overlaps = interactive.least_overlaps(of_sources, masks, thresholds)
    adaptive = interactive.least_overlaps_adaptive(of_sources, masks)
    return SourceScores(
        _percent(main) | interactive.interactive_scores(overlaps),
        _percent(others) | interactive.interactive_scores(adaptive, "_adaptive"),
        main | others | {"iiou": overlaps},
    )


def _of_nodes(alone: Sequence[Alone], by_side: bool) -> dict[str, Values]:
    """Return how much the maps of the nodes agree about single sounds, scene by scene."""
    nodes = [[heard.prediction.source_maps for heard in own] for own in alone]
    found = {"single_correlation": np.array([_correlations(own).mean() for own in nodes])}
    if by_side:
        agree = [[same_image(maps, len(own)) for maps in own] for own in nodes]
        found["single_agree"] = np.mean(agree, axis=1)
    return found


def _correlations(maps: Sequence[NDArray[np.floating]]) -> Values:
    return np.array([correlation(own) for own in maps])


def _percent(scenes: dict[str, Values]) -> dict[str, float]:
    """Return the means over the scenes that have a value."""
    return {name: 100 * float(np.nanmean(values)) for name, values in scenes.items()}
