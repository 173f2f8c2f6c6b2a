"""Pair: frames of two clips of different classes side by side, and both sounds mixed.

This is the test of section 4.2.
"""

from avloc.scenes.candidates import Candidates
from avloc.scenes.drawing import draw_side_by_side
from avloc.scenes.scene import Scene

LAYOUT = "side-by-side"
SCORED_AS = "multi"
SCORED_BY_SIDE = True
NEEDS = "two clips of different classes, annotated or without a class"


def draw(candidates: Candidates, wanted: int) -> list[Scene]:
    """Return the wanted number of scenes, or none."""
    return draw_side_by_side(candidates, tiles=2, wanted=wanted)
