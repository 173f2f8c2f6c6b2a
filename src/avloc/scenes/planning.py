"""Plan the test scenes of a data set as a list that can be compared, before anything is computed.

How the scenes of a set are drawn is written in its recipe (`avloc.scenes.recipes`). More scenes
leave the earlier ones of their set as they are, and other sets do not matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from avloc.data.annotations import Annotations
from avloc.errors import UserError
from avloc.scenes import recipes, test_sets
from avloc.scenes.candidates import CandidateClip, Candidates, count_after_end
from avloc.scenes.scene import Scene
from avloc.scenes.swaps import with_swaps

SceneSplit = Literal["val", "test"]

SPLITS: tuple[SceneSplit, ...] = ("val", "test")


def plan_scenes(
    clips: Iterable[CandidateClip],
    annotations: Annotations,
    counts: Mapping[str, Mapping[SceneSplit, int]],
    window_s: float,
    seed: int,
) -> tuple[list[Scene], list[str]]:
    """Plan all test sets of a data set.

    Parameters
    ----------
    clips
        All extracted clips.
    annotations
        Their boxes and masks.
    counts
        Test set -> split -> number of scenes wanted; no scenes for a split that is not named.
    window_s
        Length of a sound; times are half of it away from both ends of a clip where possible.
    seed
        Of all random draws.

    Returns
    -------
    scenes
        In the order of `counts`, then of splits, then of numbers.
    notes
        One sentence for each set that is left out or smaller than wanted, and one if annotated
        times lie after the end of their clip.

    Raises
    ------
    UserError
        If a recipe does not exist, or if one scene only is wanted: there would be no other scene
        to swap sounds with.
    """
    clips = sorted(clips, key=lambda clip: clip.id)
    scenes: list[Scene] = []
    notes: list[str] = []
    for name, wanted_in in counts.items():
        recipe, tag = recipes.load(name), test_sets.tag(name)
        tagged = [clip for clip in clips if not tag or tag in clip.tags]
        annotated = any(annotations.get(clip.id) for clip in tagged)
        for split in SPLITS:
            wanted = wanted_in.get(split, 0)
            if wanted == 1:
                raise UserError(
                    f"params.yaml: scenes.{name}.{split} = 1, but each scene needs another one of "
                    "its set to swap sounds with; write 0, or at least 2"
                )
            if not wanted:
                continue
            in_split = [clip for clip in tagged if clip.split == split]
            key = (seed, name, split)
            drawn = recipe.draw(
                Candidates(key, recipe.LAYOUT, in_split, annotations, window_s, annotated), wanted
            )
            if len(drawn) < 2:
                notes.append(f"{name}/{split} is left out: it needs {recipe.NEEDS}")
                continue
            if len(drawn) < wanted:
                notes.append(f"{name}/{split} has {len(drawn)} scenes, {wanted} were wanted")
            scenes += with_swaps(drawn, _classes_of(in_split), seed)
    late = count_after_end((clip for clip in clips if clip.split in SPLITS), annotations)
    if late:
        notes.append(f"{late} annotated times lie after the end of their clip and are not used")
    return scenes, notes


def _classes_of(clips: Sequence[CandidateClip]) -> dict[str, frozenset[str]]:
    """Return clip id -> its classes, or the id itself if they are unknown."""
    return {clip.id: frozenset(clip.classes or (clip.id,)) for clip in clips}
