"""The embedded data set: wrong if not reproducible, or if labels are not what the files hold."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from avloc.data.annotations import Annotations
from avloc.data.clips import Clip
from avloc.data.masks import box_of, decode_mask
from avloc.datasets import DownloadContext
from avloc.datasets.generator.timbres import mix
from avloc.datasets.synthetic import (
    Settings,
    annotate,
    download,
    folder_name,
    scene_of,
    sounds_of,
    video_specs,
)
from avloc.media import decode
from tests.datasets.fetching import FETCH

SEED = 5
SETTINGS = Settings(
    classes=3,
    train_videos=3,
    val_videos=3,
    test_videos=3,
    val_duets=2,
    test_duets=3,
    duration_s=1.0,
    video_fps=8.0,
    annotation_fps=4.0,
    width_px=96,
    height_px=64,
    sample_rate_hz=16000,
    object_size=(0.35, 0.5),
    clutter_size=(0.12, 0.3),
    clutter_max=2,
    silent_class_probability=0.5,
    hue_spread_deg=70.0,
    sway=0.05,
    centring=1.0,
)

Rendered = tuple[list[Clip], Annotations]


def run(settings: Settings, raw: Path, workers: int) -> Rendered:
    found = download(settings, DownloadContext(raw, SEED, workers, FETCH))
    assert [item.id for item in found.catalogue] == [clip.id for clip in found.clips]
    return found.clips, found.annotations


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw")


@pytest.fixture(scope="module")
def rendered(raw: Path) -> Rendered:
    return run(SETTINGS, raw, workers=2)


def test_bytes_and_labels_do_not_depend_on_workers(rendered: Rendered, tmp_path: Path) -> None:
    few = SETTINGS.model_copy(update={"train_videos": 1, "val_videos": 0, "test_videos": 1})
    clips, annotations = run(few, tmp_path, workers=1)
    everything = {clip.id: clip for clip in rendered[0]}
    assert len(clips) == 7
    for clip in clips:  # also: fewer videos are the same videos
        assert clip == everything[clip.id]
        assert annotations[clip.id] == rendered[1][clip.id]


def test_a_killed_run_continues(rendered: Rendered, raw: Path) -> None:
    clips, annotations = rendered
    lost = raw / clips[4].path
    lost.unlink()
    kept = {clip.id: (raw / clip.path).stat().st_mtime_ns for clip in clips if clip != clips[4]}
    assert run(SETTINGS, raw, workers=1) == (clips, annotations)
    assert lost.exists()
    for clip in clips:
        if clip.id in kept:
            assert (raw / clip.path).stat().st_mtime_ns == kept[clip.id]


def test_what_decides_the_content_decides_the_folder() -> None:
    name = folder_name(SETTINGS, SEED)
    assert folder_name(SETTINGS.model_copy(update={"train_videos": 99}), SEED) == name
    assert folder_name(SETTINGS.model_copy(update={"sway": 0.06}), SEED) != name
    assert folder_name(SETTINGS, SEED + 1) != name


def test_every_split_has_every_class(rendered: Rendered) -> None:
    for split in ("train", "val", "test"):
        solos = [c.classes for c in rendered[0] if c.split == split and len(c.classes) == 1]
        assert len(set(solos)) == SETTINGS.classes
    duets = [c for c in rendered[0] if len(c.classes) == 2]
    assert Counter(c.split for c in duets) == {"val": 2, "test": 3}
    assert {name for c in duets if c.split == "test" for name in c.classes} == {
        name for c in rendered[0] for name in c.classes
    }


def test_duets_go_through_all_pairs_of_different_classes() -> None:
    pairs = [
        {one.name for one in spec.sounding}
        for spec in video_specs(SETTINGS.model_copy(update={"classes": 5, "test_duets": 20}))
        if spec.id.startswith("test-duet")
    ]
    assert all(len(pair) == 2 for pair in pairs)
    assert set(Counter(frozenset(pair) for pair in pairs).values()) == {2}
    assert len({frozenset(pair) for pair in pairs}) == 10


def test_every_extracted_time_is_annotated(rendered: Rendered) -> None:
    clips, annotations = rendered
    assert set(annotations) == {clip.id for clip in clips}
    for clip in clips:
        times = annotations[clip.id]
        assert [time.time_s for time in times] == [0.0, 0.25, 0.5, 0.75]
        for time in times:
            heard = {one.category for one in time.objects if one.sounding}
            assert heard == set(clip.classes)
            for one in time.objects:
                assert one.mask is not None
                mask = decode_mask(one.mask)
                assert mask.shape == (64, 96)
                assert box_of(mask) == one.box
                assert one.sounding or one.category not in clip.classes


def test_the_frame_on_screen_is_annotated() -> None:
    """At 8 frames a second, the frame at 2/3 s is number 5, shown since 0.625 s."""
    settings = SETTINGS.model_copy(update={"annotation_fps": 3.0})
    scene = scene_of(next(video_specs(settings)), settings, SEED)
    times = annotate(scene, settings)
    assert [time.time_s for time in times] == [0, pytest.approx(1 / 3), pytest.approx(2 / 3)]
    [sounding] = [n for n, layer in enumerate(scene.layers) if layer.sounding]
    [annotated] = [one for one in times[2].objects if one.sounding]
    assert annotated.mask is not None
    np.testing.assert_array_equal(decode_mask(annotated.mask), scene.owners(0.625) == sounding)


def test_files_hold_what_was_drawn_and_played(rendered: Rendered, raw: Path) -> None:
    spec = next(spec for spec in video_specs(SETTINGS) if spec.id == "test-duet-00001")
    clip = next(clip for clip in rendered[0] if clip.id == spec.id)
    media = decode(raw / clip.path, SETTINGS.annotation_fps, 64, SETTINGS.sample_rate_hz, 5.0)
    assert len(media.frames) == 4
    scene = scene_of(spec, SETTINGS, SEED)
    for n, frame in enumerate(media.frames):
        drawn = scene.frame(n / 4).reshape(64, 32, 3, 3).mean(axis=2)  # 96 to 32 columns
        shown = frame.reshape(64, 32, 2, 3).mean(axis=2)
        assert np.abs(drawn - shown).mean() < 8
    played = mix(sounds_of(spec, SETTINGS, SEED))
    heard = media.waveform[: len(played)] / 32768
    assert np.corrcoef(played[: len(heard)], heard)[0, 1] > 0.95


def test_a_duet_is_the_mean_of_two_equally_loud_sounds() -> None:
    for spec in video_specs(SETTINGS):
        sounds = sounds_of(spec, SETTINGS, SEED)
        assert len(sounds) == len(spec.sounding)
        for sound in sounds:
            assert np.sqrt(np.mean(sound**2)) == pytest.approx(0.1, rel=1e-4)
        np.testing.assert_allclose(mix(sounds), sum(sounds) / len(sounds), atol=1e-7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration_s": 1.1}, "whole number of frames"),
        ({"width_px": 97}, "multiple of 2"),
        ({"object_size": (0.5, 0.3)}, "smallest <= largest"),
        ({"classes": 13}, "less than or equal to 12"),
        ({"silent_class_probability": 1.5}, "less than or equal to 1"),
        ({"colour": 1}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings(**{**SETTINGS.model_dump(), **change})


def test_every_setting_is_required() -> None:
    assert all(field.is_required() for field in Settings.model_fields.values())
