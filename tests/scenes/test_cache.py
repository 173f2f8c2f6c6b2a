"""Cached scenes: the arrays that networks are given are those that were planned."""

from pathlib import Path

import numpy as np
import pytest
import torch

from avloc.audio.mixing import mix
from avloc.audio.waveform import rms_normalise
from avloc.data.annotations import Annotations
from avloc.data.shards.reader import Shards
from avloc.errors import UserError
from avloc.scenes.cache import cache_scenes
from avloc.scenes.candidates import CandidateClip
from avloc.scenes.negatives import NOISE_DRAWS, cache_negatives
from avloc.scenes.planning import plan_scenes
from avloc.scenes.scene import Scene
from avloc.scenes.store import open_negatives, open_scene_arrays, open_sets
from tests.scenes.conftest import DURATION_S, LOG_MEL, WINDOW_S


@pytest.fixture(scope="module")
def scenes(shards: Shards, annotations: Annotations) -> list[Scene]:
    clips = [CandidateClip(e.id, e.split, e.classes, DURATION_S) for e in shards.entries]
    counts = {name: {"test": 6} for name in ("solo", "duet", "pair", "triple", "mosaic")}
    planned, notes = plan_scenes(clips, annotations, counts, WINDOW_S, 7)  # type: ignore[arg-type]
    assert notes == []
    return planned


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    shards: Shards,
    annotations: Annotations,
    scenes: list[Scene],
) -> Path:
    folder = tmp_path_factory.mktemp("logmel")
    cache_scenes(scenes, annotations, shards, LOG_MEL, WINDOW_S, folder)
    return folder


def of(scenes: list[Scene], name: str) -> list[Scene]:
    return [scene for scene in scenes if scene.set == name]


def test_shapes_and_types(folder: Path) -> None:
    sets = open_sets(folder, "test")
    assert list(sets) == ["duet", "mosaic", "pair", "solo", "triple"]
    widths = {"solo": 20, "duet": 20, "pair": 40, "triple": 60, "mosaic": 20}
    for name, width in widths.items():
        arrays = sets[name]
        assert arrays.images.shape == (6, 20, width, 3)
        assert arrays.images.dtype == np.uint8
        assert arrays.mixture.shape == (6, 1, 193, 64)
        assert arrays.mixture.dtype == np.float32
        assert arrays.masks(0).shape[1:] == (20, width)
        assert isinstance(arrays.images, np.memmap)
    singles = {name: a.singles.shape[1] for name, a in sets.items() if a.singles is not None}
    assert singles == {"solo": 1, "pair": 2, "triple": 3, "mosaic": 2}


def test_mixture_is_the_log_mel_of_the_mean_of_equally_loud_windows(
    folder: Path, scenes: list[Scene], shards: Shards
) -> None:
    for name, arrays in open_sets(folder, "test").items():
        for row, scene in enumerate(of(scenes, name)):
            windows = torch.stack(
                [torch.from_numpy(shards.window(m, WINDOW_S)) for m in scene.sounds]
            )
            sounds = rms_normalise(windows)
            assert torch.allclose(sounds.square().mean(dim=1).sqrt(), torch.tensor(0.1))
            expected = LOG_MEL(mix(sounds)[None])[0]
            assert torch.equal(torch.from_numpy(arrays.mixture[row].copy()), expected)
            assert torch.equal(mix(sounds), sum(sounds) / len(sounds))  # type: ignore[arg-type]


def test_single_sounds_are_those_of_the_targets(
    folder: Path, scenes: list[Scene], shards: Shards
) -> None:
    arrays = open_scene_arrays(folder, "test", "pair")
    assert arrays.singles is not None
    for row, scene in enumerate(of(scenes, "pair")):
        for target, moment in enumerate(scene.sounds):
            window = torch.from_numpy(shards.window(moment, WINDOW_S))
            expected = LOG_MEL(rms_normalise(window)[None])[0]
            assert np.array_equal(arrays.singles[row, target], expected)


def test_mixture_of_one_sound_is_that_sound(folder: Path) -> None:
    arrays = open_scene_arrays(folder, "test", "solo")
    assert arrays.singles is not None
    np.testing.assert_array_equal(arrays.singles[:, 0], arrays.mixture)


def test_images_and_masks_follow_the_plan(
    folder: Path, scenes: list[Scene], shards: Shards
) -> None:
    arrays = open_scene_arrays(folder, "test", "pair")
    for row, scene in enumerate(of(scenes, "pair")):
        np.testing.assert_array_equal(arrays.images[row, :, :20], shards.frame(scene.tiles[0]))
        np.testing.assert_array_equal(arrays.images[row, :, 20:], shards.frame(scene.tiles[1]))
        left, right = arrays.masks(row)
        expected = np.zeros((20, 20), dtype=bool)
        expected[2:12, 0:8] = True
        np.testing.assert_array_equal(left[:, :20], expected)
        np.testing.assert_array_equal(right[:, 20:], expected)
        assert not left[:, 20:].any()
        assert not right[:, :20].any()


def test_duet_frames_have_as_many_masks_as_targets(folder: Path, scenes: list[Scene]) -> None:
    arrays = open_scene_arrays(folder, "test", "duet")
    targets = [len(scene.targets) for scene in of(scenes, "duet")]
    assert set(targets) == {1, 2}
    assert [len(arrays.masks(row)) for row in range(6)] == targets


def test_swap_is_the_row_of_the_planned_scene(folder: Path, scenes: list[Scene]) -> None:
    for name, arrays in open_sets(folder, "test").items():
        planned = of(scenes, name)
        assert list(arrays.ids) == [scene.id for scene in planned]
        assert [arrays.ids[row] for row in arrays.swap] == [scene.swap for scene in planned]
        assert all(arrays.swap != np.arange(6))


def test_videos_and_classes_are_those_of_the_plan(folder: Path, scenes: list[Scene]) -> None:
    for name, arrays in open_sets(folder, "test").items():
        for row, scene in enumerate(of(scenes, name)):
            assert arrays.videos[row] == tuple(sorted({tile.video for tile in scene.tiles}))
            assert arrays.classes[row] == tuple(target.category for target in scene.targets)
            assert len(arrays.classes[row]) == len(arrays.masks(row))


def test_class_of_a_target_without_a_pixel_goes_with_its_mask(tmp_path: Path, folder: Path) -> None:
    # Otherwise the map of the first class would be scored against the mask of the second.
    for path in folder.glob("test-pair.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    masks = np.load(folder / "test-pair.masks.npy")
    masks[0, 0] = 0
    np.save(tmp_path / "test-pair.masks.npy", masks)
    before = open_scene_arrays(folder, "test", "pair")
    after = open_scene_arrays(tmp_path, "test", "pair")
    assert after.classes[0] == before.classes[0][1:]
    assert after.classes[1:] == before.classes[1:]
    # Its sound is still among the single sounds.
    assert before.present.all()
    assert after.present[0].tolist() == [False, True]
    assert after.present[1:].all()


def test_negatives_are_silence_and_equally_loud_noise(tmp_path: Path, shards: Shards) -> None:
    transformed: list[torch.Tensor] = []

    def log_mel(sounds: torch.Tensor) -> torch.Tensor:
        transformed.append(sounds)
        return torch.as_tensor(LOG_MEL(sounds))

    cache_negatives(log_mel, round(WINDOW_S * 16000), tmp_path)
    negatives = open_negatives(tmp_path)
    assert negatives.silence.shape == (1, 1, 193, 64)
    assert negatives.noise.shape == (NOISE_DRAWS, 1, 193, 64)
    assert negatives.noise.dtype == negatives.silence.dtype == np.float32
    assert (negatives.silence == -1).all()
    assert not transformed[0].any()
    assert [round(float(sound.square().mean().sqrt()), 5) for sound in transformed[1:]] == [0.1] * 4
    assert len({draw.tobytes() for draw in negatives.noise}) == NOISE_DRAWS
    cache_scenes([], {}, shards, LOG_MEL, WINDOW_S, tmp_path)
    np.testing.assert_array_equal(open_negatives(tmp_path).noise, negatives.noise)


def test_caching_again_writes_the_same_bytes_and_removes_what_is_not_planned(
    folder: Path,
    tmp_path: Path,
    shards: Shards,
    annotations: Annotations,
    scenes: list[Scene],
) -> None:
    cache_scenes(scenes, annotations, shards, LOG_MEL, WINDOW_S, tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert names == {path.name for path in tmp_path.iterdir()}
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name
    cache_scenes(of(scenes, "pair"), annotations, shards, LOG_MEL, WINDOW_S, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {n for n in names if "pair" in n}


def test_missing_sets_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no val scenes"):
        open_sets(folder, "val")
    with pytest.raises(UserError, match="no test scenes of the set 'pair'"):
        open_scene_arrays(tmp_path, "test", "pair")
    with pytest.raises(UserError, match=r"silence.npy is missing; run the cache stage"):
        open_negatives(tmp_path)


def test_nothing_is_left_behind_by_a_failure(
    tmp_path: Path, shards: Shards, scenes: list[Scene]
) -> None:
    with pytest.raises(UserError, match="annotations"):
        cache_scenes(of(scenes, "solo"), {}, shards, LOG_MEL, WINDOW_S, tmp_path)
    assert not list(tmp_path.glob("*masks*"))
    assert not list(tmp_path.glob("*.json"))
