"""Stills: wrong if a photo or sound crosses a split, a class gets another's sound, a box moves."""

import csv
import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import wavfile

from avloc.data.clips import read_manifest, write_manifest
from avloc.data.coverage import count
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation.stills_manifest import read_items
from avloc.datasets.generator.photos import read_photo, zoomed
from avloc.datasets.generator.still_material import read_material
from avloc.datasets.generator.still_splits import assign_splits
from avloc.datasets.generator.still_videos import StillVideo, frames_and_sound
from avloc.datasets.stills import Settings, download, still_video, video_specs
from avloc.errors import UserError
from avloc.files import read_json
from avloc.media import decode, decode_sound
from avloc.seeding import rng
from tests.datasets.fetching import FETCH

MATERIAL = Path(__file__).parents[3] / "shared" / "data" / "stills"
RATE_HZ = 16000
COLUMNS = ["path", "kind", "class", "split", "source", "x0", "y0", "x1", "y1"]
HUES = {"bell": (200, 30, 30), "drum": (30, 30, 200)}
TONES_HZ = {"bell": 800.0, "drum": 300.0}


def settings(folder: Path | str, **changes: object) -> Settings:
    values = {
        "folder": str(folder), "test_split": "val", "val_share": 0.25,
        "train_videos_per_photo": 2, "test_videos_per_photo": 1, "duration_s": 1.0,
        "video_fps": 4.0, "size_px": 64, "sample_rate_hz": RATE_HZ, "zoom_max": 1.5,
        "speed_max": 1.2, "pause_max_s": 0.1, "near_duplicate_correlation": 1.0,
        "composed_share": 0.0, "object_size": (0.3, 0.9), "clutter_max": 2,
    }  # fmt: skip
    return Settings.model_validate(values | changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes; each has four photos and four sounds for training and two for testing."""
    folder = tmp_path_factory.mktemp("stills")
    rows = []
    for category, colour in HUES.items():
        for number in range(6):
            split = "train" if number < 4 else "val"
            photo, sound = f"{category}{number}.png", f"{category}{number}.wav"
            image = np.full((80, 160, 3), 255, np.uint8)
            image[20:60, 40:80] = colour[::-1]
            cv2.imwrite(str(folder / photo), image)
            seconds = np.arange(RATE_HZ * (number % 2 + 1) // 2) / RATE_HZ
            tone = 0.5 * np.sin(2 * np.pi * TONES_HZ[category] * seconds)
            wavfile.write(folder / sound, RATE_HZ, (32767 * tone).astype(np.int16))
            box = ["", "", "", ""] if number == 5 else ["40", "20", "80", "60"]
            rows.append([photo, "image", category, split, "", *box])
            rows.append([sound, "sound", category, split, "note", "", "", "", ""])
    write(folder, rows)
    return folder


def write(folder: Path, rows: list[list[str]], columns: list[str] = COLUMNS) -> None:
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def fetch(settings: Settings, raw: Path, seed: int = 3) -> DownloadResult:
    return download(settings, DownloadContext(raw, seed, 2, FETCH))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw")


@pytest.fixture(scope="module")
def found(folder: Path, raw: Path) -> DownloadResult:
    return fetch(settings(folder), raw)


def test_every_video_shows_and_plays_its_class(found: DownloadResult, raw: Path) -> None:
    for clip in found.clips:
        media = decode(raw / clip.path, 4.0, 64, RATE_HZ, 10.0)
        (category,) = clip.classes
        spectrum = np.abs(np.fft.rfft(media.waveform.astype(float)))
        peak_hz = np.argmax(spectrum) * RATE_HZ / len(media.waveform)
        speed = 1.2 if clip.split == "train" else 1.0  # the fastest
        tone_hz = TONES_HZ[category]
        assert tone_hz / speed - 20 < peak_hz < tone_hz * speed + 20
        red_over_blue = media.frames[..., 0].astype(int) - media.frames[..., 2]
        assert (red_over_blue.max() > 100) == (category == "bell")


def test_splits_are_by_photo_and_by_sound(folder: Path) -> None:
    items = read_items(folder / "manifest.csv")
    for kind in ("image", "sound"):
        chosen = [item for item in items if item.kind == kind]
        split_of = {item.path: split for item, split in assign_splits(chosen, settings(folder), 3)}
        assert Counter(split_of.values()) == {"train": 6, "val": 2, "test": 4}
    used = {(spec.split, item.path) for spec in video_specs(items, settings(folder), 3)
            for item in (spec.photo, spec.sound)}  # fmt: skip
    assert len(used) == len({path for _, path in used})  # nothing is in two splits


def test_a_class_s_sounds_take_turns(folder: Path) -> None:
    items = read_items(folder / "manifest.csv")
    many = settings(folder, train_videos_per_photo=4)
    heard = Counter(p.sound.path for p in video_specs(items, many, 3) if p.split == "train")
    assert set(heard.values()) == {4}  # 3 photos x 4 videos over 3 sounds, in each class


def test_the_test_videos_are_of_the_chosen_split(folder: Path, tmp_path: Path) -> None:
    items = read_items(folder / "manifest.csv")
    made = list(video_specs(items, settings(folder), 3))
    tested = {Path(p.photo.path).stem for p in made if p.split == "test"}
    assert tested == {f"{category}{number}" for category in HUES for number in (4, 5)}
    with pytest.raises(UserError, match="has no row of the split 'test'"):
        fetch(settings(folder, test_split="test"), tmp_path)


def test_clips_name_the_photo_and_the_sound_that_they_share(
    found: DownloadResult, folder: Path
) -> None:
    """Otherwise intervals could not tell that two videos have one sound."""
    items = {item.path: item for item in read_items(folder / "manifest.csv")}
    for clip in found.clips:
        units = found.units[clip.id]
        photo, sound = items[units["photo"]], items[units["sound"]]
        assert (photo.kind, sound.kind) == ("image", "sound")
        assert (photo.category,) == (sound.category,) == clip.classes


def test_boxes_and_tags(found: DownloadResult, raw: Path) -> None:
    tags = found.tags
    assert {tags[id] for id in found.annotations} == {("note",)}
    assert Counter(tags.values())[("unboxed",)] == 2  # one test photo of each class has no box
    for clip in found.clips:
        assert (clip.id in found.annotations) == (
            clip.split != "train" and tags[clip.id][0] == "note"
        )
    for id, (time,) in found.annotations.items():
        assert time.time_s == 0.5
        assert time.objects[0].box == pytest.approx((0.25, 0.25, 0.25, 0.5))
        path = next(clip.path for clip in found.clips if clip.id == id)
        frame = decode(raw / path, 4.0, 64, RATE_HZ, 10.0).frames[2].astype(int)
        coloured = np.abs(frame[..., 0] - frame[..., 2]) > 80
        rows, columns = np.nonzero(coloured)
        assert (rows.min(), rows.max()) == pytest.approx((16, 47), abs=1)
        assert (columns.min(), columns.max()) == pytest.approx((16, 31), abs=1)


def test_training_photos_move_and_others_stand_still(folder: Path) -> None:
    chosen = settings(folder)
    for spec in video_specs(read_items(folder / "manifest.csv"), chosen, 3):
        frames, sound = frames_and_sound(still_video(spec, folder), chosen, 3)
        assert frames.shape == (4, 64, 64, 3) and sound.shape == (RATE_HZ,)
        assert (frames[0] != frames[-1]).any() == (spec.split == "train")


def test_training_sounds_are_faster_or_slower_and_others_as_they_are(folder: Path) -> None:
    chosen = settings(folder, pause_max_s=0.0)
    ratios: dict[bool, list[float]] = {True: [], False: []}
    for spec in video_specs(read_items(folder / "manifest.csv"), chosen, 3):
        _, sound = frames_and_sound(still_video(spec, folder), chosen, 3)
        # Before the seam of a sound that is played twice; one bin is 1 Hz.
        spectrum = np.abs(np.fft.rfft(sound[: RATE_HZ // 4] * np.hanning(RATE_HZ // 4), RATE_HZ))
        played = float(spectrum.argmax()) / TONES_HZ[spec.sound.category]
        ratios[spec.split == "train"].append(played)
    assert ratios[False] == pytest.approx([1.0] * len(ratios[False]), abs=0.01)
    assert 1 / 1.21 < min(ratios[True]) < 0.95 and 1.05 < max(ratios[True]) < 1.21


def test_a_short_sound_is_played_again(folder: Path) -> None:
    once = decode_sound(folder / "bell0.wav", RATE_HZ)
    chosen = settings(folder, pause_max_s=0.0)
    video = StillVideo("val-bell-0", False, folder / "bell0.png", folder / "bell0.wav")
    _, heard = frames_and_sound(video, chosen, 3)
    assert len(once) == RATE_HZ // 2
    np.testing.assert_array_equal(heard, np.tile(once, 2))


def test_what_is_there_is_not_made_again(found: DownloadResult, folder: Path, raw: Path) -> None:
    times = {clip.id: (raw / clip.path).stat().st_mtime_ns for clip in found.clips}
    lost = found.clips[3]
    (raw / lost.path).unlink()
    again = fetch(settings(folder), raw)
    assert again == found
    for clip in again.clips:
        unchanged = (raw / clip.path).stat().st_mtime_ns == times[clip.id]
        assert unchanged == (clip != lost)


def small(folder: Path, category: str = "bell") -> list[list[str]]:
    """One class: two photos and two sounds to train with, one of each to test with."""
    rows = []
    for number, split in enumerate(("train", "train", "test")):
        photo, sound = f"p{number}.png", f"s{number}.wav"
        cv2.imwrite(str(folder / photo), np.full((40, 60, 3), 50 * number, np.uint8))
        tone = np.sin(np.arange(RATE_HZ // 2) * (number + 1) / 10)
        wavfile.write(folder / sound, RATE_HZ, (9999 * tone).astype(np.int16))
        rows.append([photo, "image", category, split, "", *[""] * 4])
        rows.append([sound, "sound", category, split, "note", *[""] * 4])
    write(folder, rows)
    return rows


def test_a_photo_or_sound_that_changes_under_its_name_is_noticed(tmp_path: Path) -> None:
    """Only the videos that are made of it are generated again."""
    small(tmp_path)
    chosen = settings(tmp_path, val_share=0.5, test_split="test")
    before = {clip.id: clip for clip in fetch(chosen, tmp_path / "raw").clips}
    assert fetch(chosen, tmp_path / "raw").clips == list(before.values())
    for name, split in (("p2.png", "test"), ("s2.wav", "test")):
        if name.endswith("png"):
            cv2.imwrite(str(tmp_path / name), np.full((40, 60, 3), 250, np.uint8))
        else:
            wavfile.write(tmp_path / name, RATE_HZ, np.full(RATE_HZ, 999, np.int16))
        after = {clip.id: clip for clip in fetch(chosen, tmp_path / "raw").clips}
        changed = {id for id in before if after[id] != before[id]}
        assert changed == {id for id in before if before[id].split == split}
        before = after


def test_what_does_not_change_a_video_does_not_make_it_again(tmp_path: Path) -> None:
    """A box that is added or another share changes annotations and splits only."""
    rows = small(tmp_path)
    chosen = settings(tmp_path, val_share=0.5, test_split="test")
    before = fetch(chosen, tmp_path / "raw")
    rows[4][5:] = ["10", "10", "30", "30"]
    write(tmp_path, rows)
    after = fetch(chosen, tmp_path / "raw")
    assert after.clips == before.clips and set(after.annotations) == {"test-bell-00000"}
    fetch(settings(tmp_path, val_share=0.4, test_split="test"), tmp_path / "raw")
    assert len(list((tmp_path / "raw/videos").iterdir())) == len(before.clips)
    fetch(settings(tmp_path, val_share=0.5, test_split="test", zoom_max=1.1), tmp_path / "raw")
    assert len(list((tmp_path / "raw/videos").iterdir())) == 2 * len(before.clips)


@pytest.mark.parametrize("category", ["playing acoustic guitar", "man's voice / choir", "скрипка"])
def test_every_name_of_a_class_works(tmp_path: Path, category: str) -> None:
    small(tmp_path, category)
    found = fetch(settings(tmp_path, val_share=0.5, test_split="test"), tmp_path / "raw")
    assert {clip.classes for clip in found.clips} == {(category,)}
    assert all((tmp_path / "raw" / clip.path).is_file() for clip in found.clips)
    write_manifest(tmp_path / "clips.csv", found.clips)
    assert {clip.classes for clip in read_manifest(tmp_path / "clips.csv")} == {(category,)}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("p2.png", "there is no such file"),
        ("s2.wav", "there is no such file"),
        ("p2.png", "a folder, not a file"),
        ("s2.wav", "a pipe, socket or device, not a file"),
        ("p2.png", "no picture that can be read"),
        ("s2.wav", "s2.wav: "),
        ("p0.png", "reaches outside p0.png"),
    ],
)
def test_faulty_material_is_named_by_row_before_a_video_is_made(
    tmp_path: Path, name: str, fault: str
) -> None:
    rows = small(tmp_path)
    if "outside" in fault:  # of a training photo, whose box nothing reads
        rows[0][5:] = ["10", "10", "90", "30"]
        write(tmp_path, rows)
    else:
        (tmp_path / name).unlink()
    if "folder" in fault:
        (tmp_path / name).mkdir()
    elif "pipe" in fault:
        os.mkfifo(tmp_path / name)
    elif "no such file" not in fault and "outside" not in fault:
        (tmp_path / name).write_text("nothing of the kind")
    row = 2 + [row[0] for row in rows].index(name)
    with pytest.raises(UserError, match=rf"manifest\.csv row {row}: .*{fault}"):
        fetch(settings(tmp_path, val_share=0.5, test_split="test"), tmp_path / "raw")
    assert not (tmp_path / "raw").exists()


def test_the_same_content_under_two_splits_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small(tmp_path)
    (tmp_path / "p2.png").write_bytes((tmp_path / "p0.png").read_bytes())
    fetch(settings(tmp_path, val_share=0.5, test_split="test"), tmp_path / "raw")
    said = capsys.readouterr().out
    assert "same content under another kind, split or class: 1 rows; the first is" in said
    assert re.search(r"row 6 \(p2\.png\), as .*row 2 \(p0\.png\)", said)


def test_videos_of_near_duplicates_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy of a training photo in the test set would be scored as if it were new."""
    small(tmp_path)
    grey = np.random.default_rng(0).integers(0, 256, (8, 12, 1)).astype(np.uint8)
    photo = cv2.resize(np.repeat(grey, 3, axis=2), (60, 40))
    cv2.imwrite(str(tmp_path / "p0.png"), photo)
    chosen = {"val_share": 0.5, "test_split": "test"}
    cv2.imwrite(str(tmp_path / "p2.png"), cv2.resize(photo[:, ::-1], (90, 60)))
    kept = fetch(settings(tmp_path, **chosen), tmp_path / "raw")
    assert not any(entry.missing_reason for entry in kept.catalogue)
    found = fetch(settings(tmp_path, **chosen, near_duplicate_correlation=0.9), tmp_path / "raw")
    assert found.clips == [clip for clip in kept.clips if clip.split != "test"]
    assert [entry.id for entry in found.catalogue] == [entry.id for entry in kept.catalogue]
    missing = count(found.catalogue)["test"]["bell"]
    assert (missing.clips, missing.available, missing.missing) == (1, 0, {"near-duplicate": 1})
    assert set(found.tags) == {clip.id for clip in found.clips}
    assert "1 of 1 test photos are nearly the same" in capsys.readouterr().out
    listed = read_json(tmp_path / "raw/near_duplicates.json")
    assert listed["p2.png"]["photo"] == "p0.png"


def test_without_composed_pictures_a_photo_is_zoomed_and_nothing_else(folder: Path) -> None:
    """A share of 0 must give the videos of earlier versions again, to the pixel."""
    chosen = settings(folder, composed_share=0.0)
    for spec in video_specs(read_items(folder / "manifest.csv"), chosen, 3):
        assert spec.arrangement is None
        frames, _ = frames_and_sound(still_video(spec, folder), chosen, 3)
        zooms, corners = np.ones(2), np.zeros((2, 2))
        if spec.split == "train":
            random = rng(3, "stills video", spec.id)
            zooms, corners = random.uniform(1, 1.5, 2), random.uniform(0, 1, (2, 2))
        photo = read_photo(folder / spec.photo.path)
        for end in (0, 1):
            expected = zoomed(photo, zooms[end], corners[end], 64)
            np.testing.assert_array_equal(frames[-end], expected)


def test_composed_pictures_hold_training_photos_and_their_own_sound(folder: Path) -> None:
    """A val or test photo in a training picture would be trained on."""
    items = read_items(folder / "manifest.csv")
    plain = settings(folder)
    chosen = settings(folder, composed_share=1.0, train_videos_per_photo=8)
    images = [item for item in items if item.kind == "image"]
    split_of = {item.path: split for item, split in assign_splits(images, chosen, 3)}
    class_of = {item.path: item.category for item in images}
    others = set[str]()
    for spec in video_specs(items, chosen, 3):
        assert (spec.arrangement is not None) == (spec.split == "train")
        if spec.arrangement:
            assert {split_of[path] for path in spec.arrangement.photos} == {"train"}
            assert spec.arrangement.object.photo == spec.photo.path
            silent = set(spec.arrangement.photos) - {spec.photo.path}
            assert spec.photo.category not in {class_of[path] for path in silent}
            others |= silent
    assert others == {path for path, split in split_of.items() if split == "train"}
    spec = next(spec for spec in video_specs(items, chosen, 3) if spec.arrangement)
    composed, sound = frames_and_sound(still_video(spec, folder), chosen, 3)
    alone = still_video(replace(spec, arrangement=None), folder)
    frames, same_sound = frames_and_sound(alone, plain, 3)
    np.testing.assert_array_equal(sound, same_sound)
    assert composed.shape == frames.shape and (composed != frames).any()


def test_only_composed_videos_change_with_what_is_composed(folder: Path, tmp_path: Path) -> None:
    """Videos are named by what they are made of, so that the others are not generated again."""
    chosen = {"train_videos_per_photo": 2, "duration_s": 0.25, "composed_share": 0.5}
    names = []
    for size in ((0.3, 0.5), (0.5, 0.9)):
        made = settings(folder, **chosen, object_size=size)
        found = fetch(made, tmp_path)
        composed = {s.id for s in video_specs(read_items(folder / "manifest.csv"), made, 3)
                    if s.arrangement}  # fmt: skip
        names.append({clip.id: clip.path for clip in found.clips})
    assert 0 < len(composed) < 12
    assert {id for id in names[0] if names[0][id] != names[1][id]} == composed


def test_other_faults_are_named(tmp_path: Path) -> None:
    for nothing in ("", tmp_path):
        with pytest.raises(UserError, match="set it to a folder"):
            fetch(settings(nothing), tmp_path)
    write(tmp_path, [], COLUMNS[:-1])
    with pytest.raises(UserError, match="column 'y1' is missing"):
        fetch(settings(tmp_path), tmp_path)
    write(tmp_path, [["x.png", "image", "a", "val", "", "", "", "", ""]])
    with pytest.raises(UserError, match="class 'a' has no sound in the split test"):
        fetch(settings(tmp_path), tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not MATERIAL.is_dir(), reason=f"research material is not in {MATERIAL}")
def test_all_real_photos_and_sounds_get_a_split() -> None:
    items = read_items(MATERIAL / "manifest.csv")
    assert Counter(item.kind for item in items) == {"image": 1035, "sound": 849}
    assert len(read_material(items, MATERIAL, 2).sizes) == 1035  # every box lies in its photo
    chosen = settings(MATERIAL, val_share=0.1)
    found = Counter(
        (item.kind, split)
        for kind in ("image", "sound")
        for item, split in assign_splits([i for i in items if i.kind == kind], chosen, 0)
    )
    assert found["image", "test"] == 158 and found["sound", "test"] == 117
    assert found["image", "train"] + found["image", "val"] == 877
    assert {spec.photo.category for spec in video_specs(items, chosen, 0)} == {
        "banjo", "clarinet", "drums", "flute", "guitar", "saxophone", "trombone", "violin"
    }  # fmt: skip
