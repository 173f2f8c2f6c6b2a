"""What maps mean: a class row's map must stand beside the mask of that class."""

import numpy as np
import pytest

from avloc.evaluation.prediction import interpret

MAPS = np.arange(3 * 2 * 2, dtype=np.float32).reshape(3, 2, 2)


def test_nodes_stay_as_they_are_and_averaged_raw() -> None:
    scene = interpret(MAPS, "nodes", (), ("bell", "drum"))
    np.testing.assert_array_equal(scene.source_maps, MAPS)
    np.testing.assert_array_equal(scene.overall_map, MAPS.mean(axis=0)[None])
    assert not scene.in_order
    assert scene.of_sources([1]) is scene


def test_a_single_map_serves_all_sources() -> None:
    scene = interpret(MAPS[:1], "single", (), ("bell", "drum"))
    np.testing.assert_array_equal(scene.source_maps, MAPS[:1])
    np.testing.assert_array_equal(scene.overall_map, MAPS[:1])
    assert not scene.in_order


def test_class_maps_stand_in_the_order_of_the_targets() -> None:
    scene = interpret(MAPS, "classes", ("bell", "drum"), ("drum", "bell"))
    np.testing.assert_array_equal(scene.source_maps, MAPS[[2, 1]])
    np.testing.assert_array_equal(scene.overall_map, MAPS[:1])
    assert scene.in_order
    np.testing.assert_array_equal(scene.of_sources([1]).source_maps, MAPS[1:2])


def test_a_class_that_the_row_does_not_know_takes_the_first_map() -> None:
    scene = interpret(MAPS, "classes", ("bell", "drum"), ("harp", "bell"))
    np.testing.assert_array_equal(scene.source_maps, MAPS[[0, 1]])


def test_class_row_without_a_map_per_class_is_refused() -> None:
    with pytest.raises(ValueError, match="3 maps are not one and another for each of 3"):
        interpret(MAPS, "classes", ("bell", "drum", "harp"), ("bell",))
