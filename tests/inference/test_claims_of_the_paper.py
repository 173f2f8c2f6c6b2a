"""Scores source by source: each sound alone, what is covered, and how alike the nodes are."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from avloc.inference.results import SetResult
from avloc.inference.scoring import score
from avloc.map_kinds import MapKind
from avloc.scenes.store import SceneArrays
from tests.inference.test_scoring import NEGATIVES, SCENES, SIDE, arrays, tile


@dataclass
class Hearing:
    """Shows given maps (M, H, W) for each single sound 0, 1, ..., and others for mixtures."""

    singles: list[np.ndarray]
    mixture: np.ndarray
    map_kind: MapKind = "nodes"
    classes: tuple[str, ...] = ()

    def __call__(self, images: np.ndarray, logmels: np.ndarray, /) -> np.ndarray:
        maps = [
            self.singles[int(sound)] if 0 <= sound < len(self.singles) else self.mixture
            for sound in logmels[: len(images), 0, 0, 0]
        ]
        return np.stack(maps).astype(np.float32)


LEFT, RIGHT = tile(0, 2), tile(1, 2)


def scored(hearing: Hearing, scenes: SceneArrays | None = None, name: str = "pair") -> SetResult:
    sets = {name: arrays(2) if scenes is None else scenes}
    return score(sets, sets, NEGATIVES, lambda _: [hearing], 0.4)[name]


def test_a_row_that_finds_each_sound_alone_has_a_full_iiou() -> None:
    apart = np.stack([LEFT, RIGHT])
    found = scored(Hearing([np.stack([LEFT, LEFT]), np.stack([RIGHT, RIGHT])], apart))
    assert found.metrics["iiou@0.5"] == found.metrics["iauc"] == 100
    assert found.secondary["iiou_adaptive@0.5"] == found.secondary["iauc_adaptive"] == 100
    assert found.secondary["single_agree"] == 100
    assert found.secondary["single_correlation"] == pytest.approx(100)
    assert found.secondary["mixture_correlation"] == pytest.approx(-100)


def test_a_row_that_does_not_listen_finds_no_pair_of_sounds() -> None:
    """CAP with the best pairing gives the same maps the full score."""
    apart = np.stack([LEFT, RIGHT])
    found = scored(Hearing([apart, apart], apart))
    assert found.metrics["cap"] == 100
    # The mean of the nodes' maps is the same everywhere. All pixels are marked, and half of them
    # are the source's: an IoU of 0.5 reaches 11 levels.
    assert found.metrics["iauc"] == pytest.approx(100 * 10.5 / 20)
    assert found.secondary["single_agree"] == 0
    one_side = scored(Hearing([np.stack([LEFT, LEFT])] * 2, apart))
    assert one_side.metrics["iiou@0.5"] == 0
    assert one_side.metrics["iauc"] == pytest.approx(2.5), "only the level of 0 is reached"
    assert one_side.metrics["half"] == 50


def test_the_mean_of_the_nodes_is_the_map_of_a_single_sound() -> None:
    """As in `half`. The better of the two nodes would be a choice that looks at the masks."""
    apart = np.stack([LEFT, RIGHT])
    # The stronger node finds the source, the weaker one the other image: 0.3 of 1 is below 0.4.
    sure = [np.stack([LEFT, 0.3 * RIGHT]), np.stack([0.3 * LEFT, RIGHT])]
    assert scored(Hearing(sure, apart)).metrics["iiou@0.5"] == 100
    unsure = [np.stack([0.3 * LEFT, RIGHT]), np.stack([LEFT, 0.3 * RIGHT])]
    assert scored(Hearing(unsure, apart)).metrics["iiou@0.5"] == 0


def test_a_source_without_a_pixel_is_left_out_with_its_sound() -> None:
    """The map of the first sound would be compared with the second source."""
    scenes = arrays(2)
    masks = scenes.packed_masks.copy()
    masks[0, 0] = 0
    classes = (("class-1",), *scenes.classes[1:])
    scenes = replace(scenes, packed_masks=masks, classes=classes)
    hearing = Hearing([LEFT[None], RIGHT[None]], LEFT[None], "single")
    found = scored(hearing, scenes)
    np.testing.assert_array_equal(found.scenes["iiou"], np.ones((1, SCENES)))
    assert found.metrics["half"] == 100
    # The mixture marks the left only: scene 0, where one source is left, does not count.
    assert (found.secondary["recall_best"], found.secondary["recall_worst"]) == (100, 0)
    assert np.isnan(found.scenes["recall_best"][0]).tolist() == [True, False, False, False]


def test_mosaics_have_iiou_and_nothing_that_needs_images_side_by_side() -> None:
    hearing = Hearing([np.stack([LEFT, LEFT]), np.stack([RIGHT, LEFT])], np.stack([LEFT, RIGHT]))
    found = scored(hearing, name="mosaic")
    # With the second sound the mean map is the same everywhere, and the source half of it.
    assert found.metrics["iiou@0.5"] == 100
    assert found.secondary["single_correlation"] == pytest.approx(0)  # 1 and -1
    assert not {"half", "assigned", "single_agree"} & {*found.metrics, *found.secondary}


def test_duets_have_no_single_sounds_and_solos_no_second_source() -> None:
    hearing = Hearing([], np.stack([LEFT, RIGHT]))
    duet = scored(hearing, replace(arrays(2), singles=None), "duet")
    assert duet.secondary["mixture_correlation"] == pytest.approx(-100)
    assert "recall_worst" in duet.secondary
    single = ("iiou@0.5", "iauc", "iauc_adaptive", "single_correlation", "single_agree")
    assert not set(single) & {*duet.metrics, *duet.secondary}
    solo = scored(hearing, arrays(2, targets=1), "solo")
    # Its own sound is a single one.
    assert solo.secondary["single_correlation"] == pytest.approx(-100)
    absent = ("iiou@0.5", "recall_best", "mixture_correlation", "single_agree")
    assert not set(absent) & {*solo.metrics, *solo.secondary}


def test_rows_with_one_map_have_no_nodes_to_compare() -> None:
    for kind in ("single", "nodes"):
        one: MapKind = "nodes" if kind == "nodes" else "single"
        found = scored(Hearing([], LEFT[None], one), arrays(2, targets=1), "solo")
        assert not [key for key in found.secondary if "correlation" in key]
    found = scored(Hearing([LEFT[None], RIGHT[None]], LEFT[None], "single"))
    assert not [key for key in found.secondary if "correlation" in key or "agree" in key]
    assert found.metrics["iiou@0.5"] == 100


def test_maps_of_single_sounds_may_be_coarser_than_masks() -> None:
    assert LEFT.shape == (SIDE, 2 * SIDE)
    coarse = [np.array([[[1.0, 0.0]]]), np.array([[[0.0, 1.0]]])]
    found = scored(Hearing(coarse, coarse[0], "single"))
    assert found.secondary["iiou_adaptive@0.5"] == 100
