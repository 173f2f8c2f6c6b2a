"""Mosaic: frames of four clips, two by two, and two of their sounds mixed.

The clips are of four classes if there are as many, and the two that sound differ in class.
"""

from collections.abc import Sequence
from itertools import zip_longest

from avloc.scenes.candidates import Candidates, ClipTimes
from avloc.scenes.scene import Scene, Target

LAYOUT = "mosaic"
SCORED_AS = "multi"
SCORED_BY_SIDE = False
NEEDS = "four clips of at least two classes, annotated or without a class"

TILES = 4


def draw(candidates: Candidates, wanted: int) -> list[Scene]:
    """Return the wanted number of scenes, or none."""
    clips = candidates.combinable_clips()
    classes: dict[tuple[str, ...], list[ClipTimes]] = {}
    for times in clips:
        classes.setdefault(times[0].label, []).append(times)
    if len(classes) < 2 or len(clips) < TILES:
        return []
    return [_mosaic(candidates, list(classes.values()), number) for number in range(wanted)]


def _mosaic(candidates: Candidates, classes: Sequence[Sequence[ClipTimes]], number: int) -> Scene:
    """Return one scene of clips that are grouped by class."""
    random = candidates.generator(number)
    drawn = [classes[c] for c in random.permutation(len(classes))[:TILES]]
    shuffled = [[clips[i] for i in random.permutation(len(clips))] for clips in drawn]
    # One clip of each class, then a second one of each: the first two differ in class and sound.
    dealt = [clip for layer in zip_longest(*shuffled) for clip in layer if clip][:TILES]
    places = random.permutation(TILES).tolist()
    time_in = {
        tile: times[random.integers(len(times))] for tile, times in zip(places, dealt, strict=True)
    }
    sounding = sorted(places[:2])
    return candidates.scene(
        number,
        [time_in[tile] for tile in range(TILES)],
        [time_in[tile] for tile in sounding],
        [Target(tile, time_in[tile].categories[0]) for tile in sounding],
    )
