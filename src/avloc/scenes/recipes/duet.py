"""Duet: an annotated frame of a clip with two classes, and its own soundtrack."""

from avloc.scenes.candidates import Candidates
from avloc.scenes.drawing import draw_single_clips
from avloc.scenes.scene import Scene

LAYOUT = "single"
SCORED_AS = "multi"
SCORED_BY_SIDE = False
NEEDS = "two annotated times of clips with two classes"


def draw(candidates: Candidates, wanted: int) -> list[Scene]:
    """Return at most the wanted number of scenes."""
    return draw_single_clips(candidates, candidates.annotated_clips(classes=(2,)), wanted)
