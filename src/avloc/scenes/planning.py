"""Plan the test scenes of a data set as a list that can be compared, before anything is computed.

How the scenes of a set are drawn is written in its recipe (`avloc.scenes.recipes`). More scenes
leave the earlier ones of their set as they are, and other sets do not matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from avloc.data.annotations import Annotations
from avloc.errors import UserError
from avloc.scenes import recipes, test_sets
from avloc.scenes.candidates import CandidateClip, Candidates
from avloc.scenes.scene import Scene
from avloc.scenes.swaps import with_swaps
from avloc.scenes.unused import inventory, unused_boxes, unused_clips

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
        One sentence for each set that is left out or smaller than wanted, and for each reason why
        clips or boxes are not used.

    Raises
    ------
    UserError
        If a recipe does not exist, or if one scene only is wanted: there would be no other scene
        to swap sounds with.
    """
    clips = sorted(clips, key=lambda clip: clip.id)
    scenes: list[Scene] = []
    notes: list[str] = []
    in_reach = dict[str, list[bool]]()  # clip -> for each of its test sets, whether it can be used
    for name, wanted_in in counts.items():
        recipe, tag = recipes.load(name), test_sets.tag(name)
        tagged = [clip for clip in clips if not tag or tag in clip.tags]
        annotated = any(annotations.get(clip.id) for clip in tagged)
        for split in SPLITS:
            wanted = wanted_in.get(split, 0)
            if wanted == 1:
                raise UserError(
                    f"params.yaml: datasets.<name>.scenes.{name}.{split} = 1, but each scene "
                    "needs another one of its set to swap sounds with; write 0, or at least 2"
                )
            if not wanted:
                continue
            in_split = [clip for clip in tagged if clip.split == split]
            key = (seed, name, split)
            unused = set(unused_clips(in_split, annotations, annotated, window_s))
            for clip in in_split:
                in_reach.setdefault(clip.id, []).append(clip.id not in unused)
            drawn = recipe.draw(
                Candidates(key, recipe.LAYOUT, in_split, annotations, window_s, annotated), wanted
            )
            if len(drawn) < 2:
                found = inventory(in_split, annotations, window_s, split, tag)
                notes.append(f"{name}/{split} is left out: it needs {recipe.NEEDS}, and {found}")
                continue
            if len(drawn) < wanted:
                notes.append(f"{name}/{split} has {len(drawn)} scenes, {wanted} were wanted")
            scenes += with_swaps(drawn, _classes_of(in_split), seed)
    left = [id for id, usable in in_reach.items() if not any(usable)]
    if left:
        notes.append(
            f"{len(left)} of the {len(in_reach)} clips for scenes are in no scene, since they have "
            f"no usable box (a clip needs one if it has several classes or if others have boxes); "
            f"the first is {left[0]}"
        )
    notes += unused_boxes((clip for clip in clips if clip.split in SPLITS), annotations)
    return scenes, notes


def refusal(
    dataset: str,
    clips: Iterable[CandidateClip],
    annotations: Annotations,
    counts: Mapping[str, Mapping[SceneSplit, int]],
    window_s: float,
) -> str:
    """Return why a data set has no test scene, and what to change.

    Parameters
    ----------
    dataset
        Name of the data set.
    clips, annotations, counts, window_s
        As for `plan_scenes`, which planned no scene of the test split.
    """
    where = f"params.yaml: datasets.{dataset}.scenes"
    wanted = [name for name, splits in counts.items() if splits.get("test", 0)]
    if not wanted:
        return (
            f"{where} asks for no test scene, so no row could be scored; name a test set with a "
            f"number of scenes, such as {{pair: {{test: 50}}}}, of {', '.join(recipes.names())}"
        )
    clips = list(clips)
    in_test = [clip for clip in clips if clip.split == "test"]
    if not in_test:
        return (
            f"none of the {len(clips)} usable clips of {dataset} is in the test split, so no row "
            f"could be scored; put some there (column `split` of a list, or `test_share`), and see "
            f"data/{dataset}/clips/ledger.csv for clips that cannot be used"
        )
    tagged = {name: test_sets.tag(name) for name in wanted}
    reasons = [
        f"{name} needs {recipes.load(name).NEEDS}"
        + (f", all with the tag {tagged[name]!r}" if tagged[name] else "")
        for name in wanted
    ]
    found = [
        inventory([c for c in in_test if not t or t in c.tags], annotations, window_s, "test", t)
        for t in sorted(set(tagged.values()))
    ]
    unused = unused_boxes(in_test, annotations)
    return (
        f"{where}: no test scene can be made of {dataset}, so no row could be scored: "
        f"{'; '.join([*found, *unused, *reasons])}; add to the test split what one of these sets "
        "needs (more videos, a column `split`, or a larger `test_share`), or ask for another set"
    )


def _classes_of(clips: Sequence[CandidateClip]) -> dict[str, frozenset[str]]:
    """Return clip id -> its classes, or the id itself if they are unknown."""
    return {clip.id: frozenset(clip.classes or (clip.id,)) for clip in clips}
