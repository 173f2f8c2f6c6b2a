"""IIoU and IAUC: an image counts only if each of its sounds, alone, finds its own source."""

import numpy as np
import pytest

from avloc.evaluation.interactive import (
    cut_to_size,
    interactive_scores,
    least_overlaps,
    least_overlaps_adaptive,
)


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


#: Two sources of four pixels each in an image of 1 x 10 pixels.
MASKS = np.stack([row(1, 1, 1, 1, 0, 0, 0, 0, 0, 0), row(0, 0, 0, 0, 0, 0, 1, 1, 1, 1)]) > 0
#: Finds the first source whole, and nothing else.
FIRST = row(1, 1, 1, 1, 0, 0, 0, 0, 0, 0)
#: Finds three pixels of the second source, and the three beside it: an IoU of 3 / 7.
SECOND = row(0, 0, 0, 1, 1, 1, 1, 1, 1, 0)
#: Finds two pixels of the second source: an IoU of 2 / 4.
SMALL = row(0, 0, 0, 0, 0, 0, 1, 1, 0, 0)


def test_the_worst_sound_counts() -> None:
    """One source that is found would make up for one that is not."""
    scenes = [np.stack(maps) for maps in ([FIRST, SECOND], [FIRST, SMALL], [FIRST, FIRST])]
    assert least_overlaps(scenes, [MASKS] * 3, 0.4) == pytest.approx([3 / 7, 0.5, 0])


def test_each_sound_is_compared_with_its_own_source() -> None:
    """Maps that find the other source would count as the best pairing of CIoU lets them."""
    right, wrong = MASKS.astype(float), MASKS[::-1].astype(float)
    assert least_overlaps([right, wrong], [MASKS] * 2, 0.4).tolist() == [1, 0]
    assert least_overlaps_adaptive([right, wrong], [MASKS] * 2).tolist() == [1, 0]


def test_an_overlap_equal_to_the_level_counts_and_iauc_is_the_area_over_all_levels() -> None:
    scores = interactive_scores(np.array([1.0, 0.5, 0.45, 0.0]))
    # An IoU of i / 20 reaches the levels 0 to i / 20: an area of (i + 0.5) / 20, and 1 for 1.
    area = (20 + 10.5 + 9.5 + 0.5) / 20 / 4
    assert scores == {"iiou@0.5": 50, "iauc": pytest.approx(100 * area)}
    assert set(interactive_scores(np.ones(1), "_adaptive")) == {
        "iiou_adaptive@0.5",
        "iauc_adaptive",
    }


def test_scenes_have_thresholds_of_their_own() -> None:
    """Cross-fitted thresholds differ from scene to scene."""
    ramp = row(1, 1, 0.7, 0.7, 0.5, 0.5, 0.5, 0.5, 0, 0)[None]
    masks = [MASKS[:1]] * 2
    # Above 0.4 eight pixels, of which four are the source's; above 0.6 exactly the source's.
    assert least_overlaps([ramp] * 2, masks, np.array([0.4, 0.6])).tolist() == [0.5, 1]


def test_maps_are_resized_to_the_masks() -> None:
    coarse = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    masks = np.zeros((2, 4, 8), bool)
    masks[0, :, :4] = masks[1, :, 4:] = True
    assert least_overlaps([coarse], [masks], 0.49).tolist() == [1]
    assert least_overlaps_adaptive([coarse], [masks]).tolist() == [1]


def test_an_adaptive_map_is_cut_at_the_size_of_its_source() -> None:
    ramp = np.arange(10, dtype=np.float32)[None]
    # The four highest pixels are 6 to 9; of the source 8, 9, 0, 1 two are among them: 2 / 6.
    assert cut_to_size(ramp, row(1, 1, 0, 0, 0, 0, 0, 0, 1, 1) > 0) == pytest.approx(2 / 6)
    assert cut_to_size(ramp, ramp >= 6) == 1
    assert cut_to_size(ramp, np.ones((1, 10), bool)) == 1
    assert cut_to_size(ramp + 100, ramp >= 6) == 1, "only the order of the pixels counts"


def test_pixels_tied_at_the_cut_count_in_part_wherever_they_lie() -> None:
    """A constant map would find what happens to come first."""
    mask = MASKS[0]
    # Four of ten tied pixels count: 0.4 of the source's four, 1.6 / (8 - 1.6).
    for places in (mask, mask[:, ::-1]):
        assert cut_to_size(np.zeros((1, 10)), places) == pytest.approx(1.6 / 6.4)
    # Two pixels are above; two of the eight below still fit, two of which are the source's.
    half_found = row(1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    assert cut_to_size(half_found, mask) == pytest.approx(2.5 / 5.5)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="scene 0 has 1 maps of single sounds and 2 masks"):
        least_overlaps([FIRST[None]], [MASKS], 0.4)
    with pytest.raises(ValueError, match="scene 0 has an empty mask"):
        least_overlaps_adaptive([MASKS.astype(float)], [MASKS & MASKS[:1]])
    with pytest.raises(ValueError, match="no scene"):
        least_overlaps([], [], 0.4)
    with pytest.raises(ValueError, match="NaN"):
        least_overlaps([np.full((2, 1, 10), np.nan)], [MASKS], 0.4)
