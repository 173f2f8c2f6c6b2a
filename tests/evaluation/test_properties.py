"""What holds for metrics of any maps and masks: ranges, and changes that must not change them."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from avloc.evaluation import pairing
from avloc.evaluation.average_precision import POOLED_BINS, average_precision, pooled_precision
from avloc.evaluation.bootstrap import interval, scene_weights
from avloc.evaluation.interactive import cut_to_size
from avloc.evaluation.jackknife import standard_error
from avloc.evaluation.maps import min_max
from avloc.evaluation.overlap import area_under_curve, iou_matrix, success_curve
from avloc.evaluation.scores import evaluate
from avloc.evaluation.thresholds import GRID, choose_threshold, cross_fitted

Array = NDArray[np.float64]
Masks = NDArray[np.bool_]
SIDES = st.integers(1, 7)


@st.composite
def scenes(draw: st.DrawFn, sources: st.SearchStrategy[int] | int = 2) -> tuple[Array, Masks]:
    """Draw maps (K, h, w) with many equal values, and masks (K, h, w) with a pixel each."""
    count = sources if isinstance(sources, int) else draw(sources)
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = count, draw(SIDES), draw(SIDES)
    maps = random.integers(-draw(st.sampled_from([1, 3, 1000])), 4, shape).astype(np.float64)
    masks = random.random(shape) < draw(st.sampled_from([0.1, 0.5, 1.0]))
    masks.reshape(count, -1)[np.arange(count), random.integers(0, masks[0].size, count)] = True
    return maps, masks


def ap(score: Array, mask: Masks) -> float:
    return float(average_precision(score, mask[None])[0])


@given(scenes(1))
def test_ap_is_at_least_that_of_the_worst_map_and_at_most_one(scene: tuple[Array, Masks]) -> None:
    """The worst map has all other pixels before those of the mask; a perfect one has none."""
    (score,), (mask,) = scene
    size, others = int(mask.sum()), int((~mask).sum())
    worst = np.mean([n / (n + others) for n in range(1, size + 1)])
    assert worst - 1e-12 <= ap(score, mask) <= 1
    assert ap(mask.astype(float), mask) == 1


@given(scenes(1))
def test_ap_reads_only_the_order_of_the_values(scene: tuple[Array, Masks]) -> None:
    (score,), (mask,) = scene
    for rising in (score**3 + score, np.arctan(score), 7 * score - 100, np.exp2(score / 64)):
        assert ap(rising, mask) == ap(score, mask)


@given(scenes(1), st.integers(0, 2**32))
def test_ap_does_not_know_where_a_pixel_lies(scene: tuple[Array, Masks], seed: int) -> None:
    (score,), (mask,) = scene
    order = np.random.default_rng(seed).permutation(score.size)
    moved = score.ravel()[order].reshape(score.shape), mask.ravel()[order].reshape(mask.shape)
    assert ap(*moved) == ap(score, mask)


@given(scenes(1))
def test_ap_rises_with_the_pixels_of_the_mask(scene: tuple[Array, Masks]) -> None:
    (score,), (mask,) = scene
    assert ap(np.where(mask, score + 1, score), mask) >= ap(score, mask) - 1e-12


@given(st.lists(scenes(1), min_size=1, max_size=3))
def test_pooled_ap_is_that_of_one_long_image(images: list[tuple[Array, Masks]]) -> None:
    """Images whose maps have other ranges would be ranked each by itself."""
    pairs = [(min_max(maps[0]), masks[0]) for maps, masks in images]
    binned = np.concatenate([np.floor(np.minimum(m * POOLED_BINS, POOLED_BINS - 1)).ravel()
                             for m, _ in pairs])  # fmt: skip
    inside = np.concatenate([mask.ravel() for _, mask in pairs])
    assert abs(pooled_precision(pairs) - ap(binned[None], inside[None])) < 1e-12


@given(scenes(st.integers(1, 4)))
def test_iou_is_that_of_the_sets_of_pixels(scene: tuple[Array, Masks]) -> None:
    """The pixels are counted in bins; a bin too far would move every threshold."""
    maps, masks = min_max(scene[0]), scene[1]
    matrix = iou_matrix(maps, masks, GRID)
    for level, of_level in zip(GRID, matrix, strict=True):
        found = maps > np.float32(level)
        for m, pixels in enumerate(found):
            for k, mask in enumerate(masks):
                assert of_level[m, k] == (pixels & mask).sum() / (pixels | mask).sum()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_area_is_the_mean_but_for_half_a_step(ious: list[float]) -> None:
    values = np.array(ious)
    assert abs(area_under_curve(values) - values.mean()) <= 0.025 + 1e-12
    assert (np.diff(success_curve(values)) <= 0).all()


@given(scenes(st.integers(1, 4)), st.integers(0, 2**32), st.floats(0, 0.99))
def test_scores_of_a_set_keep_to_percent_and_ignore_names(
    scene: tuple[Array, Masks], seed: int, threshold: float
) -> None:
    """Neither the order of maps, nor of sources, nor a common scale and offset may count."""
    maps, masks = scene
    random = np.random.default_rng(seed)
    found = evaluate([maps], [masks], "multi", threshold)
    assert all(0 <= value <= 100 for value in found.values()), found
    assert found["ciou@0.1"] >= found["ciou@0.3"]
    by_map = evaluate([random.permutation(maps)], [masks], "multi", threshold)
    by_source = evaluate([maps], [random.permutation(masks)], "multi", threshold)
    scaled = evaluate([4 * maps - 8], [masks], "multi", threshold)
    for other in (by_map, by_source, scaled):
        assert all(abs(other[key] - value) < 1e-4 for key, value in found.items()), (other, found)
    in_order = evaluate([maps], [masks], "multi", threshold, in_order=True)
    assert in_order["cap"] <= found["cap"] + 1e-9, "the best pairing is at least as good"
    solo = evaluate([maps], [masks], "solo", threshold)
    assert all(0 <= value <= 100 for value in solo.values())


@given(st.lists(scenes(), min_size=1, max_size=3))
def test_perfect_maps_score_all(test_set: list[tuple[Array, Masks]]) -> None:
    masks = [masks for _, masks in test_set]
    found = evaluate([m.astype(float)[::-1] for m in masks], masks, "multi")
    assert {key: round(value, 9) for key, value in found.items() if key != "piap"} == {
        "cap": 100, "auc": 100, "ciou@0.3": 100, "ciou@0.1": 100,
    }  # fmt: skip


@given(scenes(), st.integers(0, 2**32), st.sampled_from(["solo", "multi"]))
def test_swapping_the_sound_swaps_the_scores(
    scene: tuple[Array, Masks], seed: int, kind: str
) -> None:
    """The control would be scored by other rules than the row."""
    maps, masks = scene
    other = np.random.default_rng(seed).permuted(maps, axis=1)
    name = "ap" if kind == "solo" else "cap"
    there = evaluate([maps], [masks], kind, swapped=[other])  # type: ignore[arg-type]
    back = evaluate([other], [masks], kind, swapped=[maps])  # type: ignore[arg-type]
    assert (there[name], there[f"{name}_swapped"]) == (back[f"{name}_swapped"], back[name])


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32))
def test_best_pairing_is_one_of_all(maps: int, sources: int, seed: int) -> None:
    maps = max(maps, sources)
    scores = np.random.default_rng(seed).integers(0, 3, (maps, sources)) / 2
    every = [pairing.fixed(scores, order) for order in permutations(range(maps), sources)]
    assert np.isclose(pairing.best(scores), max(every))
    assert np.allclose(pairing.every(scores), every)
    pairs = pairing.best_pairs(scores)
    assert len(set(pairs)) == maps
    assert set(range(sources)) <= set(pairs)
    whole = pairing.best_order([scores])
    assert np.isclose(pairing.fixed(scores, whole), max(every))


@given(scenes(1))
def test_a_cut_to_size_is_between_nothing_and_all(scene: tuple[Array, Masks]) -> None:
    (score,), (mask,) = scene
    assert 0 <= cut_to_size(score, mask) <= 1
    assert cut_to_size(mask.astype(float), mask) == 1
    assert cut_to_size(score, np.ones_like(mask)) == 1
    assert cut_to_size(2 * score + 1, mask) == cut_to_size(score, mask)


VIDEOS = st.lists(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=2, unique=True), min_size=2, max_size=8
).filter(lambda videos: len({name for own in videos for name in own}) > 1)


@given(VIDEOS, st.integers(0, 2**32), st.floats(-50, 50))
def test_an_interval_moves_and_grows_with_its_values(
    videos: list[list[str]], seed: int, offset: float
) -> None:
    weights = scene_weights(videos, 40, seed)
    assert (weights.sum(axis=1) > 0).all()
    values = np.random.default_rng(seed).random((2, len(videos)))
    found = interval(values, weights, 0.9)
    assert found.low <= found.high
    moved = interval(3 * values + offset, weights, 0.9)
    for before, after in ((found.mean, moved.mean), (found.low, moved.low)):
        assert np.isclose(after, 3 * before + offset, atol=1e-6)
    same = interval(np.full(len(videos), 0.5), weights, 0.9)
    assert np.allclose((same.mean, same.low, same.high), 0.5)
    nothing = interval(values[:1], weights, 0.9, minus=values[:1])
    assert np.allclose((nothing.low, nothing.high), 0)


@given(VIDEOS, st.integers(0, 2**32))
def test_an_error_grows_with_its_values_and_ignores_their_order(
    videos: list[list[str]], seed: int
) -> None:
    random = np.random.default_rng(seed)
    values, order = random.random(len(videos)), random.permutation(len(videos))
    found = standard_error(values, videos)
    again = standard_error(values[order], [videos[n] for n in order])
    scaled = standard_error(10 * values - 3, videos)
    assert (found is None) == (again is None) == (scaled is None)
    if found is not None and again is not None and scaled is not None:
        assert np.isclose(again, found)
        assert np.isclose(scaled, 10 * found)


@given(st.integers(0, 2**32), st.integers(3, 8))
def test_no_scene_has_a_say_in_its_own_threshold(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    curves = random.integers(0, 3, (count, len(GRID))) / 2
    videos = [(f"v{n}",) for n in range(count)]
    before, shared = cross_fitted(curves, videos)
    assert (shared == 0).all()
    for number in range(count):
        others = np.delete(curves, number, axis=0)
        assert before[number] == choose_threshold(others)
