"""Whose sound a scene hears in the audio-swap score (decision D27)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from avloc.scenes.scene import Scene
from avloc.seeding import rng

#: A swap is sought among this many earlier scenes first, so that no scene is used very often and
#: further scenes do not change the swaps of earlier ones.
REACH = 32


def with_swaps(
    scenes: Sequence[Scene], heard: Mapping[str, frozenset[str]], seed: int
) -> list[Scene]:
    """Return the scenes of one set and split, each with the id of another as its swap.

    The other scene sounds of none of the classes heard in this one, if there is such a scene; or
    else of other videos, if there is such a scene; or else it is any other scene.

    Parameters
    ----------
    scenes
        At least two.
    heard
        Video -> its classes, or the video itself where they are unknown.
    seed
        Of the plan.
    """
    classes = [frozenset[str]().union(*(heard[s.video] for s in x.sounds)) for x in scenes]
    videos = [frozenset(sound.video for sound in scene.sounds) for scene in scenes]

    def swap_of(number: int) -> str:
        for known in (classes, videos):
            for other in _candidates(scenes, number, seed):
                if known[number].isdisjoint(known[other]):
                    return scenes[other].id
        return scenes[next(_candidates(scenes, number, seed))].id

    return [replace(scene, swap=swap_of(number)) for number, scene in enumerate(scenes)]


def _candidates(scenes: Sequence[Scene], number: int, seed: int) -> Iterator[int]:
    """Yield all other scenes: near earlier ones in a drawn order, later ones, then far earlier."""
    scene = scenes[number]
    nearest = max(0, number - REACH)
    yield from rng(seed, scene.set, scene.split, number, "swap").permutation(number - nearest) + (
        nearest
    )
    yield from range(number + 1, len(scenes))
    yield from range(nearest)
