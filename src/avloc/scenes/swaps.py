"""Choose the scene whose sound replaces a scene's own for the audio-swap score (decision D27)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from avloc.scenes.scene import Scene
from avloc.seeding import rng

#: A swap is looked for among this many earlier scenes first. So no scene is used very often, and
#: further scenes do not change the swaps of earlier ones.
REACH = 32


def with_swaps(
    scenes: Sequence[Scene], classes_of: Mapping[str, frozenset[str]], seed: int
) -> list[Scene]:
    """Return scenes, each with the id of another as its swap.

    A swap shares no sounding class with the scene. If there is no such scene, it shares no clip;
    if there is none either, it is any other scene.

    Parameters
    ----------
    scenes
        At least two, of one test set and split.
    classes_of
        Clip id -> its classes, or the id itself if they are unknown.
    seed
        Of the random draws.
    """
    classes = [
        frozenset[str]().union(*(classes_of[sound.video] for sound in scene.sounds))
        for scene in scenes
    ]
    clips = [frozenset(sound.video for sound in scene.sounds) for scene in scenes]

    def swap_of(number: int) -> str:
        for sounding in (classes, clips):
            for other in _others(scenes, number, seed):
                if sounding[number].isdisjoint(sounding[other]):
                    return scenes[other].id
        return scenes[next(_others(scenes, number, seed))].id

    return [replace(scene, swap=swap_of(number)) for number, scene in enumerate(scenes)]


def _others(scenes: Sequence[Scene], number: int, seed: int) -> Iterator[int]:
    """Yield all other scenes: recent ones in random order, then later ones, then the first ones."""
    scene = scenes[number]
    nearest = max(0, number - REACH)
    yield from rng(seed, scene.set, scene.split, number, "swap").permutation(number - nearest) + (
        nearest
    )
    yield from range(number + 1, len(scenes))
    yield from range(nearest)
