"""Ways to draw scenes that several recipes share."""

from collections.abc import Sequence

from avloc.scenes.candidates import Candidates, ClipTimes
from avloc.scenes.scene import Scene, Target


def draw_single_clips(
    candidates: Candidates, clips: Sequence[ClipTimes], wanted: int
) -> list[Scene]:
    """Return scenes of one clip with its own sound; each time of a clip is used at most once.

    Every clip is used once before any is used twice, and times near the ends of a clip come last.
    If as many scenes are wanted as there are times, or more, all times are used: the protocol of
    Hu et al. (NeurIPS 2020).

    Parameters
    ----------
    candidates
        Of the test set and split.
    clips
        The times that can be used, clip by clip.
    wanted
        Number of scenes; there are fewer if the times do not suffice.
    """
    shuffled = {times[0].clip.id: candidates.shuffled(times) for times in clips}
    scenes: list[Scene] = []
    for number in range(max(map(len, clips), default=0)):
        for times in candidates.in_turn(clips, number):
            if len(scenes) == wanted:
                return scenes
            if number < len(times):
                time = shuffled[times[0].clip.id][number]
                targets = [Target(0, category) for category in time.categories]
                scenes.append(candidates.scene(len(scenes), [time], [time], targets))
    return scenes


def draw_side_by_side(candidates: Candidates, tiles: int, wanted: int) -> list[Scene]:
    """Return scenes of several clips of different classes, all of which sound.

    The clips take turns in the left tile (D22), so that each is there equally often.

    Parameters
    ----------
    candidates
        Of the test set and split.
    tiles
        Number of clips in a scene.
    wanted
        Number of scenes; there are none if the clips have fewer classes than there are tiles.
    """
    clips = candidates.combinable_clips()
    if len({times[0].label for times in clips}) < tiles:
        return []
    scenes: list[Scene] = []
    while len(scenes) < wanted:
        turns = candidates.in_turn(clips, len(scenes) // len(clips))
        for left in turns[: wanted - len(scenes)]:
            scenes.append(_beside(candidates, clips, left, tiles, len(scenes)))
    return scenes


def _beside(
    candidates: Candidates, clips: Sequence[ClipTimes], left: ClipTimes, tiles: int, number: int
) -> Scene:
    """Return one scene of a clip and, to the right of it, random clips of other classes."""
    random = candidates.generator(number)
    chosen = [left]
    while len(chosen) < tiles:
        labels = {times[0].label for times in chosen}
        others = [times for times in clips if times[0].label not in labels]
        chosen.append(others[random.integers(len(others))])
    drawn = [times[random.integers(len(times))] for times in chosen]
    targets = [Target(tile, time.categories[0]) for tile, time in enumerate(drawn)]
    return candidates.scene(number, drawn, drawn, targets)
