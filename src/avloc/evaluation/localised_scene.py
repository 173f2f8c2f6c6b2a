"""One scene as every metric sees it: localisation maps of any resolution, and masks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation import pairing
from avloc.evaluation.average_precision import average_precision, precision_matrix
from avloc.evaluation.maps import FloatMaps, Maps, Masks, min_max, upsample
from avloc.evaluation.overlap import iou_matrix
from avloc.evaluation.pairing import Scores
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.thresholds import PAPER

#: How the scenes of a test set are scored. ``solo``: the overall map against all that sounds.
#: ``multi``: each source by its own map.
Kind = Literal["solo", "multi"]

#: How the values of maps (..., H, W) are made comparable with a threshold.
Scale = Callable[[Maps], FloatMaps]

#: One threshold for all scenes, or (N,), one for each.
Thresholds = float | NDArray[np.float64]


@dataclass(frozen=True)
class LocalisedScene:
    """A scene with its maps and its masks.

    Parameters
    ----------
    prediction
        Its maps.
    masks
        (K, H, W) bool, one per source, none empty.
    kind
        How it is scored.
    threshold
        In [0, 1). A pixel of a map that is scaled to [0, 1] counts as found strictly above it.
    """

    prediction: Prediction
    masks: Masks
    kind: Kind
    threshold: float = PAPER

    @property
    def all_sources(self) -> Masks:
        """Pixels of all sources as one mask, (1, H, W)."""
        return np.asarray(self.masks.any(axis=0, keepdims=True))

    @property
    def scored_maps(self) -> Maps:
        """The maps that count, before upsampling, (M, h, w): the overall one of a solo scene."""
        solo = self.kind == "solo"
        return self.prediction.overall_map if solo else self.prediction.source_maps

    def at_mask_size(self, maps: Maps) -> FloatMaps:
        """Return maps (M, h, w) at the resolution of the masks, (M, H, W)."""
        height, width = self.masks.shape[1:]
        return upsample(maps, height, width)

    def overall_precision(self) -> float:
        """Return the AP of the overall map against all sources together, in (0, 1]."""
        overall = self.at_mask_size(self.prediction.overall_map)[0]
        return float(average_precision(overall, self.all_sources)[0])

    @cached_property
    def precisions(self) -> Scores:
        """AP of every map of a source against every mask, (M, K) in (0, 1]."""
        return precision_matrix(self.at_mask_size(self.prediction.source_maps), self.masks)

    @cached_property
    def overlap(self) -> float:
        """IoU of a solo scene, CIoU of another, at the scene's threshold; in [0, 1]."""
        return float(self.overlaps((self.threshold,))[0])

    def overlaps(self, thresholds: Sequence[float], scale: Scale = min_max) -> NDArray[np.float64]:
        """Return the IoU of a solo scene, or the CIoU of another, at T thresholds.

        The pairing is the best one of this metric at this threshold; CAP may prefer another
        (decision D11).

        Parameters
        ----------
        thresholds
            Ascending, in the range of the scaled maps.
        scale
            How maps are made comparable with the thresholds.

        Returns
        -------
        ndarray
            (T,) in [0, 1].
        """
        return np.array([self.mean_of_sources(s) for s in self.iou_matrix(thresholds, scale)])

    def iou_matrix(
        self, thresholds: Sequence[float], scale: Scale = min_max
    ) -> NDArray[np.float64]:
        """Return the IoU of every scored map with every mask at T thresholds, (T, M, K).

        Parameters
        ----------
        thresholds, scale
            As in `overlaps`. A solo scene has one mask, of all sources.
        """
        masks = self.all_sources if self.kind == "solo" else self.masks
        return iou_matrix(scale(self.at_mask_size(self.scored_maps)), masks, thresholds)

    def mean_of_sources(self, scores: Scores) -> float:
        """Return the mean over sources (Eq. 5) of the scores (M, K) of maps against sources.

        Each source is scored by its own map: the one in its place if maps are in order, or else
        that of the best pairing.

        Raises
        ------
        ValueError
            If there are more sources than maps, and more than one map; or, where maps are in order,
            not as many maps as sources.
        """
        return pairing.in_order(scores) if self.prediction.in_order else pairing.best(scores)


def localised_scenes(
    predictions: Iterable[Prediction],
    masks: Iterable[Masks],
    kind: Kind,
    threshold: Thresholds = PAPER,
) -> list[LocalisedScene]:
    """Return the scenes of a test set.

    Parameters
    ----------
    predictions
        Of N scenes.
    masks
        Per scene (K, H, W) bool. A source with an empty mask is left out (delta_k = 0 in Eq. 5).
    kind
        How the set is scored.
    threshold
        One for all scenes, or (N,).

    Raises
    ------
    ValueError
        As `validate`, or if there are not as many thresholds as scenes.
    """
    predictions, masks = list(predictions), list(masks)
    validate([prediction.source_maps for prediction in predictions], masks)
    validate([prediction.overall_map for prediction in predictions], masks)
    scenes = []
    thresholds = np.broadcast_to(threshold, len(masks)).tolist()
    for prediction, truth, level in zip(predictions, masks, thresholds, strict=True):
        present = truth.any(axis=(1, 2))
        if not present.all():
            prediction = prediction.of_sources(np.flatnonzero(present).tolist())
            truth = truth[present]
        scenes.append(LocalisedScene(prediction, truth, kind, level))
    return scenes


def overlap_curves(
    scenes: Iterable[LocalisedScene], thresholds: Sequence[float], scale: Scale = min_max
) -> NDArray[np.float64]:
    """Return the IoU or CIoU of N scenes at T ascending thresholds, (N, T) in [0, 1].

    Parameters
    ----------
    scenes
        Their own thresholds do not count here.
    thresholds, scale
        As in `LocalisedScene.overlaps`.
    """
    return np.array([scene.overlaps(thresholds, scale) for scene in scenes])


def validate(maps: Iterable[Maps], masks: Iterable[Masks]) -> None:
    """Check that maps and masks can be scored.

    Parameters
    ----------
    maps
        Per scene (M, h, w) float.
    masks
        Per scene (K, H, W) bool.

    Raises
    ------
    ValueError
        If there is no scene, there are more maps than masks or fewer, a shape is wrong, a map holds
        a value that is not finite, or a scene has no mask pixel. The message names the scene.
    """
    maps, masks = list(maps), list(masks)
    if len(maps) != len(masks):
        raise ValueError(
            f"there are maps of {len(maps)} scenes and masks of {len(masks)}; give both for each"
        )
    if not masks:
        raise ValueError("there is no scene to evaluate; give at least one")
    for number, (scene, truth) in enumerate(zip(maps, masks, strict=True)):
        check_maps(scene, number)
        if truth.ndim != 3 or truth.dtype != bool:
            raise ValueError(
                f"the masks of scene {number} have shape {truth.shape} and type {truth.dtype}, not "
                "(K, H, W) and bool"
            )
        if not truth.any():
            raise ValueError(f"scene {number} has no mask pixel; leave it out of the set")


def check_maps(maps: Maps, number: int) -> None:
    """Check the maps of one scene.

    Parameters
    ----------
    maps
        (M, h, w).
    number
        Of the scene, for the message.

    Raises
    ------
    ValueError
        If they have another shape, or hold a value that is not finite.
    """
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"the maps of scene {number} have shape {maps.shape}, not (M, h, w)")
    if not np.isfinite(maps).all():
        raise ValueError(f"a map of scene {number} holds NaN or infinity; check its checkpoint")
