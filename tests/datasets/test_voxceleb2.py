"""VoxCeleb2: wrong if a speaker is trained on and tested, or a face box is wrong."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avloc import media
from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Seconds, Split
from avloc.data.masks import Box
from avloc.datasets import DownloadContext, DownloadResult, load
from avloc.datasets import voxceleb2 as module
from avloc.datasets.annotation import faces
from avloc.datasets.annotation.speaker_faces import frame_at
from avloc.datasets.annotation.voxceleb2_lists import ListEntry, read_list, training_clips
from avloc.datasets.download.pinned_files import PinnedFile, download_pinned
from avloc.datasets.voxceleb2 import Settings, download, split_speakers
from avloc.errors import UserError
from avloc.scenes.candidates import CandidateClip
from avloc.scenes.planning import SceneSplit, plan_scenes
from tests.datasets.fetching import FETCH
from tests.servers import Server, serving, video

META = Path("../shared/data/meta/voxceleb2")
PUBLISHED = pytest.mark.skipif(not META.is_dir(), reason=f"{META} is not here")

SETTINGS = Settings(
    folder="",
    train_list="",
    speakers="",
    val_share=0.05,
    face_detector="haar",
    face_time_s=0.48,
    face_min_share=0.1,
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ListEntry]]:
    """Return the authors' lists, checked by their hashes."""
    folder = tmp_path_factory.mktemp("lists")
    fetch = FETCH.model_copy(update={"mirrors": {module.RELEASE: str(META)}})
    return {
        pinned.name: read_list(download_pinned(pinned, folder, fetch))
        for pinned in (module.VAL, module.TEST)
    }


@PUBLISHED
def test_the_authors_lists_have_the_known_counts(
    published: dict[str, list[ListEntry]],
) -> None:
    """Another list would change which speakers are tested."""
    val, test = published["val.csv"], published["test.csv"]
    assert (len(val), len({row.speaker for row in val})) == (13267, 599)
    assert (len(test), len({row.speaker for row in test})) == (1000, 644)
    assert min(row.speaker for row in val) == "id06474"
    assert max(row.speaker for row in val) == "id07417"
    assert min(row.speaker for row in test) == "id07418"
    assert max(row.speaker for row in test) == "id09269"
    for rows in (val, test):
        assert len({row.video for row in rows}) == len({row.id for row in rows}) == len(rows)
    assert {round(row.end_s - row.start_s, 3) for row in val + test} == {5.1}
    # So a start is the number of a frame at 25 a second, which matches official text files.
    assert {round(row.start_s * 25, 4) % 1 for row in val + test} == {0.0}


@PUBLISHED
def test_no_speaker_and_no_video_is_in_two_splits(published: dict[str, list[ListEntry]]) -> None:
    val, test = published["val.csv"], published["test.csv"]
    splits = split_speakers(val, SETTINGS.val_share, 0)
    assert Counter(splits.values()) == {"train": 12507, "val": 760}
    of: dict[str, list[ListEntry]] = {"test": test}
    for row, split in splits.items():
        of.setdefault(split, []).append(row)
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        assert not {row.speaker for row in of[one]} & {row.speaker for row in of[other]}
        assert not {row.video for row in of[one]} & {row.video for row in of[other]}


@PUBLISHED
def test_scenes_of_644_speakers_pair_nobody_with_themselves(
    published: dict[str, list[ListEntry]],
) -> None:
    """D22; each of the 1,000 clips is in one solo, and on the left of one pair."""
    test = published["test.csv"]
    sources = [CandidateClip(row.id, "test", (row.speaker,), 5.1) for row in test]
    annotations: Annotations = {
        row.id: (AnnotatedTime(Seconds(0.48), (AnnotatedObject(row.speaker, (0, 0, 1, 1)),)),)
        for row in test
    }
    counts: dict[str, dict[SceneSplit, int]] = {"solo": {"test": 1000}, "pair": {"test": 1000}}
    scenes, notes = plan_scenes(sources, annotations, counts, 0.96, 0)
    assert (len(scenes), notes) == (2000, [])
    pairs = [scene for scene in scenes if scene.set == "pair"]
    assert len({scene.tiles[0].video for scene in pairs}) == 1000
    assert all(left.category != right.category for left, right in (s.targets for s in pairs))
    assert {moment.time_s for scene in scenes for moment in scene.tiles} == {0.48}


def row(speaker: int, letter: str) -> str:
    return f"./data/VoxCeleb/VoxCeleb2/id{speaker:05d}/{letter * 11}_1.000_6.100"


VAL = [row(1, "a"), row(1, "b"), row(2, "c"), row(3, "d")]
TEST = [row(7, "e"), row(8, "f"), row(9, "g")]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve tiny lists and 7 s videos in place of the public ones."""
    with serving() as running:
        for name, rows in (("VAL", VAL), ("TEST", TEST)):
            content = "\n".join(rows).encode()
            running.files[name] = content
            pinned: PinnedFile = getattr(module, name)
            digest = hashlib.sha256(content).hexdigest()
            monkeypatch.setattr(
                module, name, replace(pinned, url=f"https://lists.test/{name}", sha256=digest)
            )
        content = video(tmp_path, seconds=7.0, fps=10.0)
        ids = [letter * 11 for letter in "abcdefg"]
        running.add_videos({id: "404" if id[0] == "f" else "ok" for id in ids}, content)
        yield running


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the detector by one with constant boxes; return the grey levels of its frames."""
    levels: list[int] = []

    def detect(picture: np.ndarray) -> list[Box]:
        levels.append(round(float(picture.mean())))
        return [(0.25, 0.25, 0.25, 0.5), (0.0, 0.0, 0.1, 0.1)]

    monkeypatch.setattr(faces, "haar", lambda _: detect)
    return levels


def downloaded(tmp_path: Path, server: Server, **changes: str | float) -> DownloadResult:
    fetch = FETCH.model_copy(
        update={"video_url": server.video_url, "mirrors": {"https://lists.test": server.url}}
    )
    settings = SETTINGS.model_copy(update=changes)
    return download(settings, DownloadContext(tmp_path / "raw", 3, 2, fetch))


def test_a_small_data_set_is_downloaded_with_its_faces(
    tmp_path: Path, server: Server, detector: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    found = downloaded(tmp_path, server)
    missing = {item.id: item.missing_reason for item in found.catalogue if item.missing_reason}
    assert missing == {"id00008_fffffffffff_1000": "removed"}
    assert Counter(item.split for item in found.catalogue)["test"] == 3
    clips = {clip.id: clip for clip in found.clips}
    assert len(clips) == 6
    assert clips["id00007_eeeeeeeeeee_1000"].classes == ("id00007",)
    assert {clip.classes for clip in found.clips if clip.split == "train"} == {()}
    assert {clip.split for clip in found.clips} == {"train", "val", "test"}
    by_speaker: dict[str, set[Split]] = {}
    for clip in found.clips:
        by_speaker.setdefault(clip.id[:7], set()).add(clip.split)
    assert all(len(splits) == 1 for splits in by_speaker.values())
    labelled = {clip.id for clip in found.clips if clip.split != "train"}
    assert set(found.annotations) == labelled
    (time,) = found.annotations["id00007_eeeeeeeeeee_1000"]
    assert time.time_s == 0.48
    assert time.objects == (AnnotatedObject("id00007", (0.25, 0.25, 0.25, 0.5)),)
    # The section starts at frame 10 of the video; 0.48 s into it, frame 14 is on screen.
    assert len(detector) == len(labelled)
    assert all(abs(level - 14) <= 1 for level in detector)
    summary = json.loads((tmp_path / "raw" / "faces.json").read_text())
    assert (summary["with_face"], summary["test_faces"]) == (len(labelled), 2)
    assert summary["mean_test_face_area_percent"] == 12.5
    said = capsys.readouterr().out
    assert "departure from the paper" in said
    assert "cover 12.5 % of the frame on average" in said


def test_the_second_run_requests_nothing_that_is_there_or_gone(
    tmp_path: Path, server: Server
) -> None:
    first = downloaded(tmp_path, server)
    requests = dict(server.requests)
    assert downloaded(tmp_path, server) == first
    assert dict(server.requests) == requests


def test_the_users_folder_is_used_in_place(tmp_path: Path, server: Server) -> None:
    folder = tmp_path / "mine"
    (folder / "id00001").mkdir(parents=True)
    (folder / "id00007").mkdir()
    content = video(tmp_path, seconds=5.1)
    (folder / "id00001" / f"{'a' * 11}_1.000_6.100.mp4").write_bytes(content)
    path = folder / "id00007" / f"{'e' * 11}_1.000_6.100.mp4"
    path.write_bytes(content)
    found = downloaded(tmp_path, server, folder=str(folder))
    assert [clip.path for clip in found.clips if clip.split == "test"] == [str(path)]
    assert Counter(item.missing_reason for item in found.catalogue) == {"": 2, "no-file": 5}
    assert not any(name.startswith("watch") for name in server.requests)
    with pytest.raises(UserError, match="holds none of the 7 clips"):
        downloaded(tmp_path, server, folder=str(tmp_path / "raw"))
    with pytest.raises(UserError, match="is no folder; correct it"):
        downloaded(tmp_path, server, folder=str(tmp_path / "nowhere"))


def test_a_training_list_loses_speakers_and_videos_of_the_test(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "train.csv"
    path.write_text("\n".join([row(4, "h"), row(7, "i"), row(5, "e"), row(6, "j")]))
    server.add_videos({"h" * 11: "ok", "j" * 11: "ok"}, server.files[f"watch/{'a' * 11}.mp4"])
    found = downloaded(tmp_path, server, train_list=str(path))
    trained = {clip.id[:7] for clip in found.clips if clip.split == "train"}
    assert trained == {"id00004", "id00006"}
    assert sum(clip.split == "val" for clip in found.clips) == 4
    assert "2 of 4 training clips are of speakers or videos of val or test" in (
        capsys.readouterr().out
    )
    path.write_text(row(7, "i"))
    with pytest.raises(UserError, match="no training clip is left"):
        training_clips(path, [ListEntry("id00007", "e" * 11, 1.0, 6.1)])


def test_genders_tag_val_and_test_clips_and_nothing_else(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = downloaded(tmp_path, server)
    assert not plain.tags
    meta = tmp_path / "vox2_meta.csv"
    lines = ["VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set "]  # the published list has these spaces
    lines += [f"id0000{n} ,n00000{n} ,{'m' if n % 2 else 'f'} ,dev " for n in (1, 2, 3, 7, 8)]
    meta.write_text("\n".join(lines))
    capsys.readouterr()
    tagged = downloaded(tmp_path, server, speakers=str(meta))
    assert replace(tagged, tags={}) == plain
    held_out = [clip for clip in tagged.clips if clip.split != "train"]
    assert tagged.tags == {
        clip.id: ("m" if int(clip.id[6]) % 2 else "f",)
        for clip in held_out
        if clip.id[:7] != "id00009"
    }
    said = "test has 0 clips of female and 1 of male speakers, and 1 of speakers who are not"
    assert said in capsys.readouterr().out


def test_the_frame_is_chosen_by_time(tmp_path: Path) -> None:
    """Otherwise the face would be that of another time, by the frame rate of the video."""
    for fps, number in ((10.0, 4), (25.0, 12), (50.0, 24)):
        levels = np.arange(50, dtype=np.uint8) * 5  # far enough apart to survive the codec
        frames = np.broadcast_to(levels[:, None, None, None], (50, 64, 64, 3))
        path = tmp_path / f"{fps}.mp4"
        media.encode(path, frames, fps, np.zeros(round(16000 * 50 / fps), np.float32), 16000)
        assert round(frame_at(path, 0.48).mean() / 5) == number
    short = tmp_path / "short.mp4"
    short.write_bytes(video(tmp_path, seconds=0.4))
    with pytest.raises(media.Unusable, match="shorter than"):
        frame_at(short, 0.48)


def test_its_kind_names_this_module() -> None:
    assert load("voxceleb2").download is download
