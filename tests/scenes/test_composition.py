"""Images and masks of scenes: a source must be where its tile is."""

import numpy as np
import pytest

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Moment, Seconds
from avloc.data.masks import encode_mask
from avloc.errors import UserError
from avloc.scenes.composition import compose_image, source_mask, target_masks
from avloc.scenes.scene import Layout, Scene, Target

SIZE = 8
AT = Seconds(1.0)


def frames(count: int) -> list[np.ndarray]:
    return [np.full((SIZE, SIZE, 3), 10 * (n + 1), np.uint8) for n in range(count)]


def scene(layout: Layout, tiles: int, targets: tuple[Target, ...]) -> Scene:
    moments = tuple(Moment(f"v{n}", AT) for n in range(tiles))
    return Scene("x-test-00000", "x", "test", layout, moments, moments, targets)


def annotated(*objects: AnnotatedObject) -> tuple[AnnotatedTime, ...]:
    return (AnnotatedTime(AT, objects),)


def test_left_tile_is_the_left_half() -> None:
    image = compose_image(frames(2), "side-by-side")
    assert image.shape == (SIZE, 2 * SIZE, 3)
    assert (image[:, :SIZE] == 10).all()
    assert (image[:, SIZE:] == 20).all()


def test_mosaic_is_read_row_by_row_at_half_size() -> None:
    image = compose_image(frames(4), "mosaic")
    assert image.shape == (SIZE, SIZE, 3)
    corners = [image[0, 0, 0], image[0, -1, 0], image[-1, 0, 0], image[-1, -1, 0]]
    assert corners == [10, 20, 30, 40]
    assert (image[: SIZE // 2, : SIZE // 2] == 10).all()


def test_mosaic_pixels_are_means_of_what_they_cover() -> None:
    checkers = np.zeros((SIZE, SIZE, 3), np.uint8)
    checkers[::2, ::2] = checkers[1::2, 1::2] = 200
    assert (compose_image([checkers] * 4, "mosaic") == 100).all()


def test_three_frames_stand_side_by_side() -> None:
    image = compose_image(frames(3), "side-by-side")
    assert image.shape == (SIZE, 3 * SIZE, 3)
    assert [int(image[0, SIZE * n, 0]) for n in range(3)] == [10, 20, 30]
    box = (0.25, 0.0, 0.5, 1.0)
    annotations = {"v2": annotated(AnnotatedObject("bell", box))}
    triple = scene("side-by-side", 3, (Target(2, "bell"),))
    (mask,) = target_masks(triple, annotations, SIZE)
    assert np.flatnonzero(mask.any(axis=0)).tolist() == [18, 19, 20, 21]


def test_single_frame_is_left_alone() -> None:
    frame = np.arange(SIZE * SIZE * 3, dtype=np.uint8).reshape(SIZE, SIZE, 3)
    np.testing.assert_array_equal(compose_image([frame], "single"), frame)


def test_masks_of_a_pair_lie_in_their_halves() -> None:
    box = (0.25, 0.0, 0.5, 1.0)
    annotations: Annotations = {
        "v0": annotated(AnnotatedObject("bell", box)),
        "v1": annotated(AnnotatedObject("drum", box)),
    }
    pair = scene("side-by-side", 2, (Target(0, "bell"), Target(1, "drum")))
    left, right = target_masks(pair, annotations, SIZE)
    assert np.flatnonzero(left.any(axis=0)).tolist() == [2, 3, 4, 5]
    assert np.flatnonzero(right.any(axis=0)).tolist() == [10, 11, 12, 13]


def test_mosaic_box_is_halved_and_moved_to_its_quadrant() -> None:
    annotations = {"v3": annotated(AnnotatedObject("bell", (0.25, 0.5, 0.5, 0.5)))}
    (mask,) = target_masks(scene("mosaic", 4, (Target(3, "bell"),)), annotations, SIZE)
    expected = np.zeros((SIZE, SIZE), dtype=bool)
    expected[6:8, 5:7] = True  # half the box plus (4, 4)
    np.testing.assert_array_equal(mask, expected)


def test_objects_of_the_class_are_joined_and_silent_ones_left_out() -> None:
    annotations: Annotations = {
        "v0": annotated(
            AnnotatedObject("bell", (0.0, 0.0, 0.25, 0.25)),
            AnnotatedObject("bell", (0.75, 0.75, 0.25, 0.25)),
            AnnotatedObject("bell", (0.5, 0.0, 0.25, 0.25), sounding=False),
            AnnotatedObject("drum", (0.0, 0.5, 0.25, 0.25)),
        )
    }
    mask = source_mask(Target(0, "bell"), Moment("v0", AT), annotations, 4)
    assert np.argwhere(mask).tolist() == [[0, 0], [3, 3]]


def test_mask_wins_over_box_unless_nothing_of_it_is_left() -> None:
    drawn = np.zeros((SIZE, SIZE), dtype=bool)
    drawn[:4, :4] = True
    box = (0.5, 0.5, 0.5, 0.5)
    masked = {"v0": annotated(AnnotatedObject("bell", box, mask=encode_mask(drawn)))}
    mask = source_mask(Target(0, "bell"), Moment("v0", AT), masked, 4)
    assert np.argwhere(mask).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    speck = np.zeros((SIZE, SIZE), dtype=bool)
    speck[0, 0] = True
    lost = {"v0": annotated(AnnotatedObject("bell", box, mask=encode_mask(speck)))}
    mask = source_mask(Target(0, "bell"), Moment("v0", AT), lost, 2)
    assert np.argwhere(mask).tolist() == [[1, 1]]


def test_annotation_nearest_in_time_is_taken() -> None:
    early, late = (AnnotatedObject("bell", (x, 0.0, 0.5, 1.0)) for x in (0.0, 0.5))
    annotations: Annotations = {
        "v0": (AnnotatedTime(Seconds(0.5), (early,)), AnnotatedTime(Seconds(1.2), (late,)))
    }
    assert source_mask(Target(0, "bell"), Moment("v0", AT), annotations, 2)[0].tolist() == [0, 1]


def test_unknown_source_fills_its_tile() -> None:
    pair = scene("side-by-side", 2, (Target(0, ""), Target(1, "")))
    left, right = target_masks(pair, {}, SIZE)
    assert left[:, :SIZE].all()
    assert not left[:, SIZE:].any()
    np.testing.assert_array_equal(right, ~left)


def test_target_that_is_not_annotated_is_refused() -> None:
    silent = {"v0": annotated(AnnotatedObject("bell", (0.0, 0.0, 1.0, 1.0), sounding=False))}
    for annotations in ({}, silent):
        with pytest.raises(UserError, match=r"v0 has no sounding 'bell' at 1\.0 s"):
            source_mask(Target(0, "bell"), Moment("v0", AT), annotations, 4)
