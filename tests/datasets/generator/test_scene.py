"""Scenes: wrong if a mask is not the visible part of an object, or if objects are wrong."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from avloc.datasets.generator.instruments import INSTRUMENTS
from avloc.datasets.generator.motion import Motion
from avloc.datasets.generator.scene import Layer, MovingScene, Style, draw_scene
from avloc.seeding import rng

STYLE = Style(
    width_px=128,
    height_px=96,
    object_size=(0.4, 0.5),
    clutter_size=(0.15, 0.3),
    clutter_max=3,
    silent_class_probability=0.5,
    hue_spread_deg=70.0,
    sway=0.05,
    centring=1.0,
)


def still(x: float, y: float, angle_deg: float = 0.0) -> Motion:
    nothing = (0.0, 0.0, 0.0, 0.0)
    return Motion(x, y, angle_deg, nothing, nothing, nothing)


def square(side: int, grey: float, motion: Motion) -> Layer:
    sprite = np.full((side, side, 4), grey, np.float32)
    sprite[..., 3] = 1.0
    return Layer(sprite, motion, "square", True)


def test_nearer_objects_hide_farther_ones() -> None:
    """Two 4 x 4 squares on 8 x 16 pixels, the second two columns to the right of the first."""
    scene = MovingScene(
        np.zeros((8, 16, 3), np.float32),
        (square(4, 0.4, still(6 / 16, 0.5)), square(4, 1.0, still(8 / 16, 0.5))),
    )
    expected = np.full((8, 16), -1)
    expected[2:6, 4:8] = 0
    expected[2:6, 6:10] = 1
    np.testing.assert_array_equal(scene.owners(0.0), expected)
    seen = scene.frame(0.0)[..., 0]
    np.testing.assert_array_equal(seen, np.choose(expected + 1, [0, 102, 255]))


def test_an_object_over_the_edge_is_cut() -> None:
    scene = MovingScene(np.zeros((8, 8, 3), np.float32), (square(4, 1.0, still(0.0, 1.0)),))
    expected = np.full((8, 8), -1)
    expected[6:, :2] = 0
    np.testing.assert_array_equal(scene.owners(0.0), expected)


def test_a_turned_object_is_turned_in_picture_and_mask_alike() -> None:
    scene = MovingScene(
        np.zeros((32, 32, 3), np.float32), (square(16, 1.0, still(0.5, 0.5, 45.0)),)
    )
    mask = scene.owners(0.0) == 0
    assert mask.sum() == pytest.approx(256, rel=0.05)
    assert mask[16].sum() == pytest.approx(16 * np.sqrt(2), abs=2)  # along the diagonal
    np.testing.assert_array_equal(mask, scene.frame(0.0)[..., 0] >= 128)


@pytest.mark.parametrize("number", range(6))
def test_a_mask_is_where_the_frame_changes_without_the_object(number: int) -> None:
    scene = draw_scene(STYLE, INSTRUMENTS[:2], INSTRUMENTS[2:], rng("scene", number))
    for time_s in (0.0, 1.3):
        frame, owners = scene.frame(time_s).astype(int), scene.owners(time_s)
        for index in range(len(scene.layers)):
            rest = replace(scene, layers=scene.layers[:index] + scene.layers[index + 1 :])
            change = np.abs(frame - rest.frame(time_s)).max(axis=-1)
            mask = owners == index
            # Inside, nearly every pixel differs (colours may coincide with what lies behind) ...
            assert (change[mask] > 3).mean() > 0.9
            # ... and outside only the soft outline does, two pixels wide.
            near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            assert (change[~near & (owners < index)] <= 3).all()


def test_the_cast_is_all_that_sounds_and_perhaps_one_that_does_not() -> None:
    heard, others = INSTRUMENTS[:2], INSTRUMENTS[2:]
    for probability in (0.0, 1.0):
        style = replace(STYLE, silent_class_probability=probability)
        for n in range(5):
            scene = draw_scene(style, heard, others, rng("cast", n))
            sounding = {layer.category for layer in scene.layers if layer.sounding}
            silent = [la.category for la in scene.layers if la.category and not la.sounding]
            assert sounding == {one.name for one in heard}
            assert len(silent) == probability
            assert set(silent) <= {one.name for one in others}


def test_clutter_varies_from_none_to_its_maximum() -> None:
    counts = {
        sum(layer.category is None for layer in draw_scene(STYLE, [], [], rng(n)).layers)
        for n in range(40)
    }
    assert counts == {0, 1, 2, 3}


def test_sounding_objects_of_a_duet_are_nearly_whole() -> None:
    hidden = []
    for n in range(30):
        scene = draw_scene(STYLE, INSTRUMENTS[:2], INSTRUMENTS[2:], rng("duet", n))
        owners = scene.owners(0.0)
        for index, layer in enumerate(scene.layers):
            if layer.sounding:
                alone = replace(scene, layers=(layer,)).owners(0.0) == 0
                hidden.append(1 - (owners == index).sum() / alone.sum())
    assert np.mean(hidden) < 0.03
    assert max(hidden) < 0.5
