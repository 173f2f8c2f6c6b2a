"""What maps mean: a class row's map must stand beside the mask of that class."""

import numpy as np
import pytest

from avloc.evaluation.prediction import shown

MAPS = np.arange(3 * 2 * 2, dtype=np.float32).reshape(3, 2, 2)


def test_nodes_are_shown_as_they_are_and_averaged_raw() -> None:
    scene = shown(MAPS, "nodes", (), ("bell", "drum"))
    np.testing.assert_array_equal(scene.sources, MAPS)
    np.testing.assert_array_equal(scene.overall, MAPS.mean(axis=0)[None])
    assert not scene.named
    assert scene.of([1]) is scene


def test_a_single_map_is_shown_for_all_sources() -> None:
    scene = shown(MAPS[:1], "single", (), ("bell", "drum"))
    np.testing.assert_array_equal(scene.sources, MAPS[:1])
    np.testing.assert_array_equal(scene.overall, MAPS[:1])
    assert not scene.named


def test_class_maps_stand_in_the_order_of_the_targets() -> None:
    scene = shown(MAPS, "classes", ("bell", "drum"), ("drum", "bell"))
    np.testing.assert_array_equal(scene.sources, MAPS[[2, 1]])
    np.testing.assert_array_equal(scene.overall, MAPS[:1])
    assert scene.named
    np.testing.assert_array_equal(scene.of([1]).sources, MAPS[1:2])


def test_a_class_that_the_row_does_not_know_is_shown_by_the_first_map() -> None:
    scene = shown(MAPS, "classes", ("bell", "drum"), ("harp", "bell"))
    np.testing.assert_array_equal(scene.sources, MAPS[[0, 1]])


def test_class_row_without_a_map_per_class_is_refused() -> None:
    with pytest.raises(ValueError, match="3 maps are not one and another for each of 3"):
        shown(MAPS, "classes", ("bell", "drum", "harp"), ("bell",))
