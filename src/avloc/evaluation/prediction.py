"""The localisation maps of a scene, read by their kind: one per source, and one overall.

Methods differ in what their maps mean; all metrics are computed on this one form.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from avloc.evaluation.maps import Maps, average
from avloc.map_kinds import MapKind


@dataclass(frozen=True)
class Prediction:
    """The maps of one scene, raw values.

    Parameters
    ----------
    source_maps
        (M, h, w). If `in_order`, map i is that of source i. If not, the best pairing of maps and
        sources counts (section 4.4), and a single map serves all sources.
    overall_map
        (1, h, w), of everything that sounds.
    in_order
        Whether the maps are in the order of the sources.
    """

    source_maps: Maps
    overall_map: Maps
    in_order: bool

    def of_sources(self, present: Sequence[int]) -> "Prediction":
        """Return the prediction for some of the sources, given by their numbers."""
        if not self.in_order:
            return self
        return Prediction(self.source_maps[list(present)], self.overall_map, True)


def interpret(
    maps: Maps, map_kind: MapKind, classes: Sequence[str], source_classes: Sequence[str]
) -> Prediction:
    """Return the prediction that the maps of one scene stand for.

    Parameters
    ----------
    maps
        (M, h, w) as the method returns them.
    map_kind
        What they mean. The overall map of ``nodes`` is their mean before scaling (decision D8).
    classes
        The classes that a method whose kind of map is ``classes`` knows, in the order of its maps.
    source_classes
        Class of every source of the scene. The map of whatever sounds, which is the first, serves
        a class that the method does not know.

    Raises
    ------
    ValueError
        If the kind is ``classes`` and there is not one map more than classes.
    """
    if map_kind != "classes":
        return Prediction(maps, average(maps), in_order=False)
    if len(maps) != 1 + len(classes):
        raise ValueError(f"{len(maps)} maps are not one and another for each of {len(classes)}")
    place = {name: number for number, name in enumerate(classes, start=1)}
    chosen = [place.get(name, 0) for name in source_classes]
    return Prediction(maps[chosen], maps[:1], in_order=True)
