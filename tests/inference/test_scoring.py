"""From scenes and localisers to what is written: sets, seeds and what the maps mean."""

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.evaluation.thresholds import GRID
from avloc.inference.results import gains, mean_over_seeds, write
from avloc.inference.scoring import score
from avloc.map_kinds import MapKind
from avloc.scenes.store import Negatives, SceneArrays
from avloc.seeding import rng

SIDE, SCENES = 8, 4
SILENCE, NOISE = -1.0, 9.0
NEGATIVES = Negatives(
    np.full((1, 1, 1, 1), SILENCE, np.float32), np.full((2, 1, 1, 1), NOISE, np.float32)
)
#: Scores of a pair that are kept scene by scene, of a row with two nodes.
PAIR_SCENES = {
    *("cap", "cap_swapped", "iou", "piap", "half", "assigned", "iiou"),
    *("recall_best", "recall_worst", "single_agree", "single_correlation", "mixture_correlation"),
}


def arrays(tiles: int, targets: int | None = None) -> SceneArrays:
    """Scenes of tiles side by side; the source of tile n fills it and is of class n."""
    count = targets or tiles
    masks = np.zeros((SCENES, count, SIDE, tiles * SIDE), dtype=bool)
    for tile in range(count):
        masks[:, tile, :, tile * SIDE : (tile + 1) * SIDE] = True
    singles = np.tile(np.arange(count, dtype=np.float32)[:, None, None, None], (SCENES, 1, 1, 1, 1))
    return SceneArrays(
        ids=tuple(f"x-{n}" for n in range(SCENES)),
        videos=tuple((f"v{n // 2}",) for n in range(SCENES)),
        classes=(tuple(f"class-{n}" for n in range(count)),) * SCENES,
        images=np.zeros((SCENES, SIDE, tiles * SIDE, 3), np.uint8),
        mixture=np.arange(SCENES, dtype=np.float32)[:, None, None, None] + 100,
        singles=singles,
        packed_masks=np.packbits(masks, axis=-1),
        swap=np.arange(SCENES)[::-1].copy(),
    )


def tile(number: int, tiles: int) -> np.ndarray:
    # On the canvas's own grid: nothing is interpolated, and values are exact.
    columns = np.zeros((SIDE, SIDE * tiles), np.float32)
    columns[:, SIDE * number : SIDE * (number + 1)] = 1
    return columns


@dataclass
class Fake:
    """Shows tile n for the single sound n, and fixed maps for mixtures and other sounds."""

    maps: np.ndarray
    map_kind: MapKind
    classes: tuple[str, ...] = ()

    def __call__(self, images: np.ndarray, logmels: np.ndarray, /) -> np.ndarray:
        tiles = images.shape[2] // images.shape[1]
        assert len(images) == len(logmels)
        found = np.repeat(self.maps[None], len(images), axis=0).astype(np.float32)
        for row, sound in enumerate(logmels[:, 0, 0, 0]):
            if 0 <= sound < tiles:
                found[row] = tile(int(sound), tiles)
            if sound in (SILENCE, NOISE):
                found[row] = 0
        return found


def same(fakes: list[Fake], _: str) -> list[Fake]:
    """The same localisers for every set."""
    return fakes


def tiles_of(order: list[int], tiles: int) -> np.ndarray:
    return np.stack([tile(number, tiles) for number in order])


def test_nodes_take_the_best_pairing_and_are_assigned() -> None:
    fake = Fake(tiles_of([1, 0], 2), "nodes")
    sets = {"pair": arrays(2)}
    found = score(sets, sets, NEGATIVES, lambda _: [fake], 0.4)["pair"]
    assert found.metrics["cap"] == found.metrics["half"] == found.metrics["assigned"] == 100
    assert found.metrics["cap_swapped"] == 100  # the fake does not hear who sounds
    assert found.secondary["cap_fixed"] == 100  # the order learnt on val is (1, 0)
    assert found.secondary["cap_mean"] == pytest.approx(75)
    assert (found.secondary["area_right"], found.secondary["area_offscreen"]) == (50, 50)
    assert (found.secondary["area_silence"], found.secondary["area_noise"]) == (0, 0)
    assert found.thresholds.tolist() == [0.4] * SCENES
    assert found.secondary["threshold_given"] == 0.4
    np.testing.assert_array_equal(found.maps[0], tiles_of([1, 0], 2))
    assert set(found.scenes) == PAIR_SCENES
    assert {key: len(values) for key, values in found.sweeps.items()} == {
        "sweep": len(GRID),
        "sweep_val": len(GRID),
    }


def test_class_row_is_scored_by_the_maps_of_the_classes_that_sound() -> None:
    # Maps: overall, class-1, class-0; tile n shows class n.
    maps = tiles_of([0, 1, 0], 2)
    fake = Fake(maps, "classes", ("class-1", "class-0"))
    sets = {"pair": arrays(2)}
    found = score(sets, sets, NEGATIVES, lambda _: [fake], None)["pair"]
    assert found.metrics["cap"] == 100
    assert found.metrics["half"] == 100
    assert "assigned" not in found.metrics
    np.testing.assert_array_equal(found.maps[0], tiles_of([0, 1], 2))
    mistaken = Fake(maps, "classes", ("class-0", "class-1"))
    found = score(sets, sets, NEGATIVES, lambda _: [mistaken], 0.4)["pair"]
    assert found.metrics["cap"] == pytest.approx(50)  # no better pairing may be tried


def test_solo_of_a_class_row_is_its_first_map() -> None:
    fake = Fake(np.stack([tile(0, 1), -tile(0, 1)]), "classes", ("class-0",))
    sets = {"solo": arrays(1)}
    found = score(sets, sets, NEGATIVES, lambda _: [fake], 0.4)["solo"]
    assert found.metrics["iou@0.5"] == 100
    assert found.maps.shape == (SCENES, 1, SIDE, SIDE)
    assert set(found.scenes) == {"ap", "ap_swapped", "iou"}


def test_stored_class_maps_are_filled_up_where_a_scene_has_fewer_sources() -> None:
    scenes = arrays(2)
    masks = scenes.packed_masks.copy()
    masks[0, 1] = 0
    fewer = SceneArrays(
        **{
            **vars(scenes),
            "packed_masks": masks,
            "classes": (("class-0",), *scenes.classes[1:]),
            "singles": None,
        }
    )
    fake = Fake(tiles_of([1, 0, 1], 2), "classes", ("class-0", "class-1"))
    found = score({"duet": fewer}, {}, NEGATIVES, lambda _: [fake], 0.4)["duet"]
    np.testing.assert_array_equal(found.maps[0], tiles_of([0, 1], 2))
    assert found.metrics["cap"] == found.secondary["cap_two_box"] == 100
    # Without validation scenes nothing is chosen on them; thresholds are cross-fitted.
    assert "cap_fixed" not in found.secondary
    assert {"ciou_val@0.3", "area_noise", "area_silence", "area_offscreen"} <= set(found.secondary)
    assert set(found.sweeps) == {"sweep"}


def test_two_nodes_are_not_scored_on_three_sources_and_other_rows_are() -> None:
    sets = {"pair": arrays(2), "triple": arrays(3)}

    def scored(
        map_kind: MapKind, orders: dict[str, list[int]], classes: int = 0
    ) -> dict[str, float]:
        names = tuple(f"class-{n}" for n in range(classes))
        fakes = {
            name: Fake(tiles_of(orders[name], images), map_kind, names)
            for name, images in (("pair", 2), ("triple", 3))
        }
        found = score(sets, sets, NEGATIVES, lambda name: [fakes[name]], 0.4)
        return {name: row.metrics["cap"] for name, row in found.items()}

    assert scored("nodes", {"pair": [0, 1], "triple": [0, 1]}) == {"pair": 100}
    three = scored("nodes", {"pair": [0, 1], "triple": [2, 0, 1]})
    assert three == {"pair": 100, "triple": pytest.approx(100)}
    # A map of one tile: AP 1 there, and 1/2 or 1/3 where all other pixels are tied below.
    alone = scored("single", {"pair": [0], "triple": [0]})
    assert alone == {"pair": pytest.approx(75), "triple": pytest.approx(100 * (1 + 2 / 3) / 3)}
    named = scored("classes", {"pair": [0, 0, 1], "triple": [0, 0, 1]}, classes=2)
    assert set(named) == {"pair", "triple"}  # the third class takes the overall map


def test_seeds_are_averaged_with_their_standard_error(tmp_path: Path) -> None:
    right, wrong = (Fake(tiles_of(order, 2), "nodes") for order in ([0, 1], [0, 0]))
    sets = {"pair": arrays(2)}
    seeds = [[right], [wrong], [right, wrong]]
    *alone, mean = (score(sets, sets, NEGATIVES, partial(same, f), 0.4)["pair"] for f in seeds)
    both = {"pair": mean}
    for key, value in both["pair"].metrics.items():
        values = [row.metrics[key] for row in alone]
        assert value == pytest.approx(np.mean(values))
        # The spread of two values is their distance by root 2, its error that by root 2 again.
        error = both["pair"].secondary[f"{key}_se"]
        assert error == pytest.approx(abs(values[0] - values[1]) / 2)
    assert not [key for key in alone[0].secondary if key.endswith("_se")]
    # Intervals draw the seeds, so the scores of each are kept.
    np.testing.assert_array_equal(
        both["pair"].scenes["cap"], np.concatenate([row.scenes["cap"] for row in alone])
    )
    np.testing.assert_array_equal(both["pair"].maps, alone[0].maps)

    write(both, tmp_path / "m.json", tmp_path / "secondary" / "m.json", tmp_path / "m.npz")
    assert json.loads((tmp_path / "m.json").read_text())["pair"]["cap"] == round(
        both["pair"].metrics["cap"], 4
    )
    assert "cap_se" in json.loads((tmp_path / "secondary" / "m.json").read_text())["pair"]
    with np.load(tmp_path / "m.npz", allow_pickle=False) as archive:
        shapes = {name: archive[name].shape for name in archive.files}
    assert shapes == {
        "pair.maps": (SCENES, 2, SIDE, 2 * SIDE),
        "pair.score": (SCENES,),
        "pair.thresholds": (SCENES,),
        **{f"pair.scenes.{name}": (2, SCENES) for name in PAIR_SCENES},
        "pair.sweep": (len(GRID),),
        "pair.sweep_val": (len(GRID),),
    }
    first = (tmp_path / "m.npz").read_bytes()
    write(both, tmp_path / "m.json", tmp_path / "secondary" / "m.json", tmp_path / "m.npz")
    assert (tmp_path / "m.npz").read_bytes() == first


def noisy(height: float) -> Fake:
    """The left tile is 1; noise beside it calls for a threshold above its height."""
    noise = height * rng("noisy").random((1, SIDE, 2 * SIDE)).astype(np.float32)
    return Fake(np.maximum(tile(0, 2)[None], noise), "single")


def test_thresholds_are_chosen_on_val_for_each_seed() -> None:
    sets = {"solo": arrays(2, targets=1)}
    chosen = [
        score(sets, sets, NEGATIVES, partial(same, [noisy(height)]), None)["solo"]
        for height in (0.0, 0.9)
    ]
    assert len({float(t) for t in chosen[0].thresholds}) == 1
    assert chosen[0].thresholds[0] < chosen[1].thresholds[0]
    assert chosen[1].secondary["threshold_val"] == chosen[1].thresholds[0]
    assert not [key for key in chosen[1].secondary if "cross" in key]


def test_without_val_scenes_thresholds_are_chosen_on_other_videos() -> None:
    """All annotated videos of the real data sets are test videos; none would have a score."""
    scenes = arrays(2, targets=1)  # of the videos v0, v0, v1, v1
    # In the scenes of v1 everything sounds, so that the lowest threshold is best there.
    masks = scenes.packed_masks.copy()
    masks[2:] = 255
    scenes = replace(scenes, packed_masks=masks)
    found = score({"solo": scenes}, {}, NEGATIVES, lambda _: [noisy(0.9)], None)["solo"]
    other = score({"solo": scenes}, {}, NEGATIVES, lambda _: [noisy(0.9)], 0.4)["solo"]
    low, high = GRID[0], float(found.thresholds[2])
    assert found.thresholds.tolist() == [low, low, high, high]
    assert high > 0.6
    assert found.metrics["auc"] < other.metrics["auc"], "each is scored at the other's best"
    assert found.scenes["iou"].shape == (1, SCENES), "all scenes are scored"
    assert {key: value for key, value in found.secondary.items() if "cross" in key} == {
        "threshold_cross": pytest.approx((low + high) / 2),
        "threshold_cross_min": low,
        "threshold_cross_max": high,
        "threshold_cross_shared": 0,
    }
    # The success rate at 0.4 is that of a row to which 0.4 was given.
    assert found.secondary["iou_t0.4@0.5"] == other.metrics["iou@0.5"]
    assert found.secondary["auc_t0.4"] == pytest.approx(other.metrics["auc"])


def test_every_row_is_scored_at_the_papers_and_at_a_chosen_threshold() -> None:
    """Baselines with the threshold that suits them best would face a method with a fixed one."""
    sets = {"solo": arrays(2, targets=1)}
    given, chosen = (
        score(sets, sets, NEGATIVES, partial(same, [noisy(0.9)]), threshold)["solo"]
        for threshold in (0.4, None)
    )
    for key in ("auc_t0.4", "iou_t0.4@0.5", "auc_val", "iou_val@0.5"):
        assert given.secondary[key] == chosen.secondary[key], key
    for key, variant in (("auc", "auc_{}"), ("iou@0.5", "iou_{}@0.5")):
        assert given.metrics[key] == given.secondary[variant.format("t0.4")]
        assert chosen.metrics[key] == chosen.secondary[variant.format("val")]
    assert given.secondary["auc_val"] > given.secondary["auc_t0.4"]
    # By cross-fitting it is the same.
    crossed = score(sets, {}, NEGATIVES, lambda _: [noisy(0.9)], 0.4)["solo"]
    own = score(sets, {}, NEGATIVES, lambda _: [noisy(0.9)], None)["solo"]
    assert crossed.secondary["auc_val"] == own.metrics["auc"] > crossed.metrics["auc"]


def test_a_single_video_without_val_scenes_is_one_sentence() -> None:
    one = replace(arrays(2, targets=1), videos=(("v0",),) * SCENES)
    with pytest.raises(
        UserError, match=r"for the set 'solo'.*all videos of scene 0: v0;.*solo\.val"
    ):
        score({"solo": one}, {}, NEGATIVES, lambda _: [noisy(0.0)], None)
    given = score({"solo": one}, {}, NEGATIVES, lambda _: [noisy(0.0)], 0.4)["solo"].secondary
    assert "auc_t0.4" in given
    assert not {"auc_val", "area_noise"} & set(given), "there are no scenes to choose them on"


def test_the_gain_has_an_error_of_its_own() -> None:
    """Those of CAP and of swapped CAP do not tell it: seeds may move both alike."""
    sets = {"pair": arrays(2)}
    deaf = Fake(tiles_of([0, 1], 2), "nodes")
    seeds = [deaf, Fake(tiles_of([0, 0], 2), "nodes")]
    found = score(sets, sets, NEGATIVES, partial(same, seeds), 0.4)["pair"]
    assert found.secondary["cap_se"] > 1
    assert found.secondary["cap_swapped_se"] > 1
    assert gains(found.metrics) == {"gain": 0}
    assert found.secondary["gain_se"] == 0
    assert found.secondary["cap_macro_se"] == pytest.approx(found.secondary["cap_se"])
    # Gains of 30 and 10: 20 apart, by root 2 and root 2 again.
    one, other = (
        replace(found, metrics={"ap": own, "ap_swapped": 20.0}, secondary={}) for own in (50, 30)
    )
    assert mean_over_seeds([one, other]).secondary["gain_se"] == pytest.approx(10)
