"""Single test scenes for Figures 1 and 2, with their maps and the classes of their sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from avloc.evaluation.average_precision import precision_matrix
from avloc.evaluation.maps import min_max, upsample
from avloc.evaluation.pairing import best_pairs
from avloc.report import style
from avloc.report.labels import ExampleLayout
from avloc.report.maps import Floats, Image, Masks, SetMaps, checked_maps, ranking, select_scenes
from avloc.report.settings import FigureSettings

_ORDINALS = ("first", "second", "third", "fourth")


class MixedScenes(Protocol):
    """The pictures and mixtures of a test set, and what sounds in them."""

    @property
    def images(self) -> Image:
        """(N, H, W, 3) uint8."""

    @property
    def mixture(self) -> Floats:
        """(N, 1, T, mels) log-mels."""

    @property
    def classes(self) -> Sequence[Sequence[str]]:
        """Per scene, the class of each target, in the order of the masks; empty if unknown."""

    def masks(self, number: int, /) -> Masks:
        """Return the targets (K, H, W) bool of a scene; an absent one is empty."""


@dataclass(frozen=True)
class Example:
    """One scene of a test set, and the maps that a row makes of it.

    Parameters
    ----------
    number
        Of the scene in its test set.
    image, masks, mixture
        (H, W, 3) uint8, (K, H, W) bool, (T, mels).
    classes
        K names to print.
    maps
        (k, h, w) as the row made them, in the order of the nodes.
    sources
        k numbers: the source that each map is paired with, by the best pairing.
    score, threshold
        CAP, and the share of a map's range above which a pixel counts as found, both in [0, 1].
    """

    number: int
    image: Image
    masks: Masks
    mixture: Floats
    classes: tuple[str, ...]
    maps: Floats
    sources: tuple[int, ...]
    score: float
    threshold: float

    @classmethod
    def of(cls, number: int, scenes: MixedScenes, own: SetMaps) -> Self:
        """Return a scene.

        Parameters
        ----------
        number
            Of the scene.
        scenes, own
            The test set, and the maps of a row with one for each node.
        """
        masks = np.asarray(scenes.masks(number))
        masks = masks[masks.any(axis=(1, 2))]
        maps = own.maps[number].astype(np.float32)
        precisions = precision_matrix(upsample(maps, *masks.shape[1:]), masks)
        names = scenes.classes[number]
        return cls(
            number=number,
            image=np.asarray(scenes.images[number]),
            masks=masks,
            mixture=np.asarray(scenes.mixture[number, 0]),
            classes=tuple(
                name.replace("_", " ") or f"{ordinal} source"
                for name, ordinal in zip(names, _ORDINALS, strict=False)
            ),
            maps=maps,
            sources=tuple(best_pairs(precisions)),
            score=float(own.score[number]),
            threshold=float(own.thresholds[number]),
        )

    @property
    def scaled(self) -> Floats:
        """Maps as they are drawn: (k, H, W) in [0, 1], each by its own range."""
        return min_max(upsample(self.maps, *self.image.shape[:2]))

    @property
    def colours(self) -> list[style.Colour]:
        """The colour of each map: that of its source."""
        return [style.SOURCES[source % len(style.SOURCES)] for source in self.sources]

    def name_of(self, node: int) -> str:
        """Return the class of the source that a node's map is paired with, or that it has none."""
        source = self.sources[node]
        return self.classes[source] if source < len(self.classes) else "no source"


def choose(
    layout: ExampleLayout,
    settings: FigureSettings,
    maps: Mapping[str, Mapping[str, SetMaps]],
    scenes: Mapping[str, MixedScenes],
) -> int | None:
    """Return the number of the scene that the figures show; None without the row or the test set.

    Parameters
    ----------
    layout, settings
        Test set, row and quantile; the row whose scores rank the scenes.
    maps
        Row -> test set -> maps.
    scenes
        Test set -> pictures and mixtures.

    Raises
    ------
    UserError
        If the row that ranks the scenes was not run, or a row was scored on other scenes.
    """
    if layout.row not in maps or layout.set not in scenes:
        return None
    count = len(scenes[layout.set].images)
    checked_maps(maps[layout.row], layout.row, layout.set, count)
    ranked = checked_maps(ranking(settings, maps), settings.ranked_by, layout.set, count)
    (number,), _ = select_scenes(ranked.score, [layout.quantile], failures=0)
    return number
