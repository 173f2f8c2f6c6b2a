"""What no scene uses is counted, and a data set without a test scene is refused with the reason."""

from collections.abc import Sequence

import pytest

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Seconds, Split
from avloc.scenes.candidates import CandidateClip
from avloc.scenes.planning import SceneSplit, plan_scenes, refusal
from avloc.scenes.unused import inventory, unused_boxes

WINDOW_S = 0.96
ALL: dict[str, dict[SceneSplit, int]] = {
    name: {"test": 4} for name in ("solo", "duet", "pair", "mosaic")
}


def clip(name: str, *classes: str, split: Split = "test") -> CandidateClip:
    return CandidateClip(name, split, classes, 3.0)


def box(
    category: str, width: float = 0.3, height: float = 0.4, sounding: bool = True
) -> AnnotatedObject:
    return AnnotatedObject(category, (0.1, 0.2, width, height), sounding)


def at(time_s: float, *items: AnnotatedObject) -> AnnotatedTime:
    return AnnotatedTime(Seconds(time_s), items)


@pytest.mark.parametrize(
    ("classes", "times", "said"),
    [
        (
            ["dog"],
            [at(1, box("dog", width=0.019)), at(2, box("dog", height=0.01), box("dog"))],
            [
                "2 boxes are thinner than 2 % of the frame and are not used; the first "
                "is in clip a at 1 s"
            ],
        ),
        (["dog"], [at(1, box("dog", width=0.02))], []),
        (
            ["dog"],
            [at(2.99, box("dog")), at(3, box("dog"))],
            ["1 annotated time lies after the end of the clip and is not used"],
        ),
        (["dog"], [at(9)], []),
        (
            ["dog"],
            [at(1, box("cat"))],
            ["1 box has a class that is not one of the clip's and is not used"],
        ),
        # The user's own declaration is no loss.
        (["dog"], [at(1, box("cat", sounding=False), box("dog", 0.001, sounding=False))], []),
        (
            [],
            [at(1, box("cat"), box("dog")), at(2, box("cat"))],
            [
                "1 annotated time shows several sounding classes in a clip without a class (give "
                "the clip its classes) and is not used; the first is in clip a at 1 s"
            ],
        ),
        # Too late and too thin: one reason.
        (["dog"], [at(4, box("dog", width=0.001))], ["1 annotated time lies after"]),
    ],
)
def test_boxes_that_are_not_used_are_counted(
    classes: Sequence[str], times: Sequence[AnnotatedTime], said: Sequence[str]
) -> None:
    found = unused_boxes([clip("a", *classes)], {"a": tuple(times)})
    assert len(found) == len(said)
    assert all(one.startswith(other) for one, other in zip(found, said, strict=True))


def test_boxes_of_training_clips_are_not_counted() -> None:
    """No scene is made of them."""
    clips = [clip("t", "dog", split="train"), clip("a", "dog"), clip("b", "cat")]
    thin = (at(1, box("dog", width=0.001)),)
    boxes: Annotations = {"t": thin, "a": (at(1, box("dog")),), "b": (at(1, box("cat")),)}
    assert plan_scenes(clips, boxes, {"solo": {"test": 2}}, WINDOW_S, 0)[1] == []


def test_clips_that_are_in_no_scene_are_counted_once() -> None:
    clips = [clip("a", "dog"), clip("b", "cat"), clip("bare", "dog"), clip("two", "dog", "cat")]
    boxes: Annotations = {"a": (at(1, box("dog")),), "b": (at(1, box("cat")),)}
    sets: dict[str, dict[SceneSplit, int]] = {"solo": {"test": 2}, "pair": {"test": 2}}
    _, notes = plan_scenes(clips, boxes, sets, WINDOW_S, 0)
    assert notes == [
        "2 of the 4 clips for scenes are in no scene, since they have no usable box (a clip needs "
        "one if it has several classes or if others have boxes); the first is bare"
    ]


def test_a_note_says_what_clips_there_are() -> None:
    clips = [clip("a", "dog"), clip("b", "dog"), clip("c", "cat"), clip("d"), clip("e", "x", "y")]
    boxes: Annotations = {"a": (at(1, box("dog")),)}
    assert inventory(clips, boxes, WINDOW_S, "val", "") == (
        "the val split has 1 clip without a class and 3 clips with one class (2 different: cat, "
        "dog) and 1 clip with two classes; 1 has a usable box"
    )
    assert inventory([], {}, WINDOW_S, "test", "note") == (
        "the test split has no usable clip with the tag 'note'"
    )


@pytest.mark.parametrize(
    ("clips", "boxes", "counts", "said"),
    [
        (
            [clip(f"{n}", "dog") for n in range(5)],
            {},
            ALL,
            [
                "params.yaml: datasets.mine.scenes: no test scene can be made of mine",
                "the test split has 5 clips with one class (dog); none has a usable box",
                "solo needs two annotated times of clips with one class",
                "pair needs two clips of different classes",
                "mosaic needs four clips of at least two classes",
            ],
        ),
        (
            [clip("a", "dog"), clip("b", "dog")],
            {"a": (at(1, box("dog", width=0.01)),), "b": (at(7, box("dog")),)},
            ALL,
            ["none has a usable box", "1 box is thinner than 2 %", "1 annotated time lies after"],
        ),
        (
            [clip("a", "dog", split="train"), clip("b", "cat", split="val")],
            {},
            ALL,
            ["none of the 2 usable clips of mine is in the test split", "ledger.csv"],
        ),
        ([clip("a", "dog")], {}, {}, ["datasets.mine.scenes asks for no test scene"]),
        (
            [clip("a", "dog")],
            {},
            {"pair": {"val": 3, "test": 0}},
            ["asks for no test scene", "of duet, mosaic, pair, solo, triple"],
        ),
        (
            [clip("a", "dog")],
            {},
            {"pair-note": {"test": 2}},
            ["no usable clip with the tag 'note'", "with the tag 'note'"],
        ),
    ],
)
def test_a_data_set_without_a_test_scene_is_refused_with_the_reason(
    clips: list[CandidateClip],
    boxes: Annotations,
    counts: dict[str, dict[SceneSplit, int]],
    said: list[str],
) -> None:
    """Every row was trained for nothing once."""
    scenes, _ = plan_scenes(clips, boxes, counts, WINDOW_S, 0)
    assert not [scene for scene in scenes if scene.split == "test"]
    reason = refusal("mine", clips, boxes, counts, WINDOW_S)
    assert [part for part in said if part not in reason] == []
    assert "\n" not in reason
