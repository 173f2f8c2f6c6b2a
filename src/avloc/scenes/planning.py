"""Plan test scenes: which frames are shown, which sounds are heard, where the sources are.

Five test sets, each from the clips of one split:

- ``solo``: an annotated frame of a clip with one class and the sound around it;
- ``duet``: an annotated frame of a clip with two classes and its own soundtrack;
- ``pair``: frames of two clips side by side and the mean of both sounds (section 4.2); every
  clip is the left one equally often;
- ``triple``: the same with three clips;
- ``mosaic``: frames of four clips, two by two, and the mean of two of the sounds.

A name with a tag, as in ``pair-note``, is that set made of the clips with the tag ``note`` only.

Scene n of a set is drawn from a generator of its own and a clip's turn is drawn from its id: more
scenes leave the earlier ones as they are, and other sets do not matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Literal

from avloc.data.annotations import Annotations
from avloc.errors import UserError
from avloc.scenes.candidates import CandidateClip, Material, Views, too_late, usable
from avloc.scenes.scene import Scene, Target
from avloc.scenes.swaps import with_swaps
from avloc.scenes.test_sets import recipe, tag

SceneSplit = Literal["val", "test"]

SPLITS: tuple[SceneSplit, ...] = ("val", "test")

MOSAIC_TILES = 4


def plan_scenes(
    sources: Iterable[CandidateClip],
    annotations: Annotations,
    counts: Mapping[str, Mapping[SceneSplit, int]],
    window_s: float,
    seed: int,
) -> tuple[list[Scene], list[str]]:
    """Plan all test sets of a data set.

    Parameters
    ----------
    sources
        The usable clips.
    annotations
        Their boxes and masks; clips without any are used whole in pairs and mosaics if they have
        no class either, or if none of the clips with the set's tag is annotated.
    counts
        Set -> split -> number of scenes wanted; a set or split that is not named has none.
    window_s
        Length of the sound; times are half of it away from both ends where possible.
    seed
        Of the plan.

    Returns
    -------
    scenes
        In the order of the recipes, of the names in `counts`, of splits and numbers.
    notes
        A sentence for every set that could not be made, or not as large as wanted, and one for
        annotated times that lie after the end of their clip, where there are any.

    Raises
    ------
    UserError
        If a single scene is wanted: it would have no other to swap its sound with.
    """
    everything = sorted(sources, key=lambda source: source.id)
    scenes: list[Scene] = []
    notes: list[str] = []
    order = list(BUILDERS)
    for name in sorted(counts, key=lambda name: order.index(recipe(name))):
        made, wanted_tag = recipe(name), tag(name)
        tagged = [s for s in everything if not wanted_tag or wanted_tag in s.tags]
        for split in SPLITS:
            wanted = counts[name].get(split, 0)
            if wanted == 1:
                raise UserError(
                    f"params.yaml: scenes.{name}.{split} = 1, but a scene needs another one of "
                    "its set to swap sounds with; set 0, or 2 and more"
                )
            if not wanted:
                continue
            here = [source for source in tagged if source.split == split]
            labelled = any(annotations.get(source.id) for source in tagged)
            views = usable(made, here, annotations, labelled, window_s)
            planned = BUILDERS[made](Material((seed, name, split), tuple(views)), wanted)
            if len(planned) < 2:
                notes.append(f"{name}/{split} is left out: it needs {NEEDS[made]}")
                continue
            if len(planned) < wanted:
                notes.append(f"{name}/{split} has {len(planned)} scenes, {wanted} were wanted")
            heard = {source.id: frozenset(source.classes or (source.id,)) for source in here}
            scenes += with_swaps(planned, heard, seed)
    late = too_late((source for source in everything if source.split in SPLITS), annotations)
    if late:
        notes.append(f"{late} annotated times lie after the end of their clip and are left out")
    return scenes, notes


def single_views(material: Material, wanted: int) -> list[Scene]:
    """Plan scenes of one tile with its own sound, each view at most once.

    Every clip is shown once before any is shown twice, and times at its ends come last. As many
    scenes as there are annotated times, or more, take all of them, which is the protocol of Hu et
    al. (NeurIPS 2020).
    """
    shuffled = {views[0].source.id: material.shuffled(views) for views in material.clips}
    scenes: list[Scene] = []
    for number in range(max((len(views) for views in material.clips), default=0)):
        for views in material.turns(number):
            if len(scenes) == wanted:
                return scenes
            if number < len(views):
                view = shuffled[views[0].source.id][number]
                targets = [Target(0, category) for category in view.categories]
                scenes.append(material.scene(len(scenes), "single", [view], [view], targets))
    return scenes


def side_by_side(tiles: int) -> Callable[[Material, int], list[Scene]]:
    """Return the planner of scenes of so many clips, all of different classes.

    The clips take turns on the left (D22).
    """

    def plan(material: Material, wanted: int) -> list[Scene]:
        if len({views[0].kind for views in material.clips}) < tiles:
            return []
        scenes: list[Scene] = []
        while len(scenes) < wanted:
            turns = material.turns(len(scenes) // len(material.clips))
            for left in turns[: wanted - len(scenes)]:
                scenes.append(in_a_row(material, left, tiles, len(scenes)))
        return scenes

    return plan


def in_a_row(material: Material, left: Views, tiles: int, number: int) -> Scene:
    """Plan one scene of a clip and, to the right of it, drawn clips of other classes."""
    random = material.random(number)
    chosen = [left]
    while len(chosen) < tiles:
        kinds = {views[0].kind for views in chosen}
        rivals = [views for views in material.clips if views[0].kind not in kinds]
        chosen.append(rivals[random.integers(len(rivals))])
    shown = [views[random.integers(len(views))] for views in chosen]
    targets = [Target(tile, view.categories[0]) for tile, view in enumerate(shown)]
    return material.scene(number, "side-by-side", shown, shown, targets)


def mosaics(material: Material, wanted: int) -> list[Scene]:
    """Plan scenes of four clips, of four classes where there are as many; two of them sound."""
    groups: dict[tuple[str, ...], list[Views]] = {}
    for views in material.clips:
        groups.setdefault(views[0].kind, []).append(views)
    if len(groups) < 2 or len(material.clips) < MOSAIC_TILES:
        return []
    return [mosaic(material, list(groups.values()), number) for number in range(wanted)]


def mosaic(material: Material, groups: Sequence[Sequence[Views]], number: int) -> Scene:
    """Plan one mosaic of clips that are grouped by class."""
    random = material.random(number)
    drawn = [groups[g] for g in random.permutation(len(groups))[:MOSAIC_TILES]]
    shuffled = [[group[i] for i in random.permutation(len(group))] for group in drawn]
    # One clip of each class, then a second one, ...: the two that sound differ in class.
    dealt = [clip for layer in zip_longest(*shuffled) for clip in layer if clip][:MOSAIC_TILES]
    tiles = random.permutation(MOSAIC_TILES).tolist()
    shown = {
        tile: views[random.integers(len(views))] for tile, views in zip(tiles, dealt, strict=True)
    }
    sounding = sorted(tiles[:2])
    return material.scene(
        number,
        "mosaic",
        [shown[tile] for tile in range(MOSAIC_TILES)],
        [shown[tile] for tile in sounding],
        [Target(tile, shown[tile].categories[0]) for tile in sounding],
    )


#: Test set -> how its scenes are planned, in the order of the tables.
BUILDERS: dict[str, Callable[[Material, int], list[Scene]]] = {
    "solo": single_views,
    "duet": single_views,
    "pair": side_by_side(2),
    "triple": side_by_side(3),
    "mosaic": mosaics,
}

#: Test set -> what it is made of, for the note that says why it could not be.
NEEDS: dict[str, str] = {
    "solo": "two annotated times of clips with one class",
    "duet": "two annotated times of clips with two classes",
    "pair": "two clips of different classes, annotated or without any label",
    "triple": "clips of three different classes, annotated or without any label",
    "mosaic": "four clips of two classes or more, annotated or without any label",
}
