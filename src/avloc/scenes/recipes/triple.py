"""Triple: frames of three clips of different classes side by side, and all three sounds mixed."""

from avloc.scenes.candidates import Candidates
from avloc.scenes.drawing import draw_side_by_side
from avloc.scenes.scene import Scene

LAYOUT = "side-by-side"
SCORED_AS = "multi"
SCORED_BY_SIDE = True
NEEDS = "three clips of different classes, annotated or without a class"


def draw(candidates: Candidates, wanted: int) -> list[Scene]:
    """Return the wanted number of scenes, or none."""
    return draw_side_by_side(candidates, tiles=3, wanted=wanted)
