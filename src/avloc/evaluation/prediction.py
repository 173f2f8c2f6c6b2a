"""What a row shows of a scene: a map for each source, and one for all that sounds.

Rows differ in what their maps mean; all scores are computed on this one form.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from avloc.evaluation.maps import Maps, average
from avloc.map_kinds import MapKind


@dataclass(frozen=True)
class Prediction:
    """The maps of one scene, raw values.

    Parameters
    ----------
    sources
        (M, h, w). If `named`, map i is that of source i; or else which is whose is not known and
        the best pairing counts (section 4.4), except that a single map serves all sources.
    overall
        (1, h, w), of all that sounds.
    named
        Whether the maps are in the order of the sources.
    """

    sources: Maps
    overall: Maps
    named: bool

    def of(self, present: Sequence[int]) -> "Prediction":
        """Return what is shown of some of the sources, by their numbers."""
        return Prediction(self.sources[list(present)], self.overall, True) if self.named else self


def shown(
    maps: Maps, map_kind: MapKind, classes: Sequence[str], targets: Sequence[str]
) -> Prediction:
    """Return the maps of one scene by what they mean.

    Parameters
    ----------
    maps
        (M, h, w) as the row returns them.
    map_kind
        What they mean; the overall map of ``nodes`` is their raw mean (decision D8).
    classes
        The classes that a row whose kind of map is ``classes`` knows, in the order of its maps.
    targets
        Class of every source of the scene. A class that the row does not know is shown by the
        map of whatever sounds.

    Raises
    ------
    ValueError
        If a row whose kind of map is ``classes`` does not return one map more than it has classes.
    """
    if map_kind != "classes":
        return Prediction(maps, average(maps), False)
    if len(maps) != 1 + len(classes):
        raise ValueError(f"{len(maps)} maps are not one and another for each of {len(classes)}")
    place = {name: number for number, name in enumerate(classes, start=1)}
    chosen = [place.get(target, 0) for target in targets]
    return Prediction(maps[chosen], maps[:1], True)


def in_any_order(maps: Iterable[Maps]) -> Iterator[Prediction]:
    """Yield scenes of maps (M, h, w) whose order means nothing."""
    for scene in maps:
        yield shown(np.asarray(scene), "nodes", (), ())
