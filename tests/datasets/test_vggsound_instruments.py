"""VGGSound-Instruments: wrong if a test clip is trained on, or a clip or class is lost."""

import csv
import hashlib
import pickle
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avloc.data.masks import box_mask, decode_mask
from avloc.datasets import DownloadContext, DownloadResult, load
from avloc.datasets import vggsound_instruments as module
from avloc.datasets.download.pinned_files import PinnedFile, download_pinned
from avloc.datasets.vggsound_instruments import (
    Settings,
    assign_splits,
    download,
    read_list,
    training_entries,
)
from avloc.errors import UserError
from tests.datasets.fetching import FETCH
from tests.servers import Server, serving, video

META = Path("../shared/data/meta/vggsound")
PUBLISHED = pytest.mark.skipif(not META.is_dir(), reason=f"{META} is not here")

SETTINGS = Settings(annotations="", annotation_fps=4.0, annotation_first_frame=0, val_share=0.25)

MIRRORS = {
    module.CLIPS.url: str(META / "vgginstruments_train.txt"),
    module.AVGN: str(META),
    module.VGGSOUND: str(META),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the published lists, checked by their hashes."""
    folder = tmp_path_factory.mktemp("lists")
    fetch = FETCH.model_copy(update={"mirrors": MIRRORS})
    return {
        pinned.name: download_pinned(pinned, folder, fetch)
        for pinned in (module.CLIPS, module.SAMPLES, module.OFFICIAL_TEST)
    }


@PUBLISHED
def test_37_classes_and_their_counts_are_those_of_vggsound(published: dict[str, Path]) -> None:
    """VGGSound's own statistics count 33,934 clips of these 37 classes."""
    counts = Counter(category for _, category in read_list(published["vgginstruments_train.txt"]))
    assert (len(counts), sum(counts.values())) == (37, 33934)
    with (META / "stat.csv").open(newline="") as file:
        stat = {row[0].removeprefix("playing "): int(row[1]) for row in csv.reader(file)}
    long_names = {
        "steel guitar": "steel guitar, slide guitar",
        "violin": "violin, fiddle",
        "xylophone": "marimba, xylophone",
    }
    assert all(stat[long_names.get(name, name)] == count for name, count in counts.items())


@PUBLISHED
def test_training_entries_are_the_official_ones(published: dict[str, Path]) -> None:
    rows = training_entries(published["vgginstruments_train.txt"], published["test.csv"])
    assert len(rows) == 32084
    assert len({row.id for row in rows}) == 32084
    official = {name[:11] for name, _ in read_list(published["test.csv"])}
    assert not {row.video for row in rows} & official  # not even another section of a test video
    assert rows[0] == module.TrainingEntry("--G-wKyj6JQ_000030", "--G-wKyj6JQ", 30.0, "harpsichord")


@PUBLISHED
def test_446_samples_of_36_classes(published: dict[str, Path]) -> None:
    samples = read_list(published["vgginstruments_test.csv"])
    counts = Counter(category for _, category in samples)
    assert (len(samples), len(counts), counts["acoustic guitar"], counts["guiro"]) == (
        446,
        36,
        27,
        1,
    )
    classes = {category for _, category in read_list(published["vgginstruments_train.txt"])}
    assert classes - set(counts) == {"erhu"}
    assert set(counts) < classes


@PUBLISHED
def test_val_is_a_twentieth_of_the_videos_and_shares_none_with_train(
    published: dict[str, Path],
) -> None:
    rows = training_entries(published["vgginstruments_train.txt"], published["test.csv"])
    splits = assign_splits({row.video for row in rows}, 0.05, 0)
    assert Counter(splits.values()) == {"train": 24710, "val": 1301}
    counts = Counter(splits[row.video] for row in rows)
    assert counts["train"] + counts["val"] == 32084
    assert 0.04 < counts["val"] / 32084 < 0.06
    assert {row.category for row in rows if splits[row.video] == "val"} == {
        row.category for row in rows
    }


def test_splits_depend_on_nothing_but_seed_and_videos() -> None:
    """A missing video, or another order, must not move other videos between splits."""
    videos = [f"v{n}" for n in range(100)]
    assert assign_splits(videos, 0.05, 0) == assign_splits(videos[::-1], 0.05, 0)
    assert assign_splits(videos, 0.05, 0) != assign_splits(videos, 0.05, 1)
    fewer = assign_splits(videos[1:], 0.05, 0)
    assert sum(fewer[v] != assign_splits(videos, 0.05, 0)[v] for v in videos[1:]) <= 1


TRAIN = """aaaaaaaaaaa_000010,banjo
aaaaaaaaaaa_000040,banjo
bbbbbbbbbbb_000000,steel_guitar
ccccccccccc_000005,cello
ddddddddddd_000005,cello
eeeeeeeeeee_000000,harp
fffffffffff_000000,harp
ggggggggggg_000000,flute"""
TESTS = "sample0001,cello\nsample0002,banjo\nsample0005,harp\nsample0006,flute"
OFFICIAL = 'ggggggggggg_000000.mp4,playing flute\nxxxxxxxxxxx_000000.mp4,"cat, meowing"\n'


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve tiny lists and 10 s videos in place of the public ones."""
    with serving() as running:
        for name, text in (("CLIPS", TRAIN), ("SAMPLES", TESTS), ("OFFICIAL_TEST", OFFICIAL)):
            content = text.encode()
            running.files[name] = content
            pinned: PinnedFile = getattr(module, name)
            digest = hashlib.sha256(content).hexdigest()
            monkeypatch.setattr(
                module, name, replace(pinned, url=f"https://lists.test/{name}", sha256=digest)
            )
        content = video(tmp_path, seconds=52.0, fps=2.0)
        ids = [letter * 11 for letter in "abcdefg"]
        running.add_videos({id: "404" if id[0] == "e" else "ok" for id in ids}, content)
        yield running


def annotations(folder: Path) -> Path:
    (folder / "Masks").mkdir(parents=True)
    for number in (1, 2, 5):
        array = np.zeros((20, 40), np.uint8)
        array[5:10, number : number + 10] = 1
        (folder / "Masks" / f"sample000{number}.pkl").write_bytes(pickle.dumps(array))
    (folder / "samples.csv").write_text(
        "sample_index,current_frame_path\n"
        "sample0001,x/ccccccccccc_000005/frames/00006.jpg\n"
        "sample0002,frames/00001.jpg\n"
        "sample0005,eeeeeeeeeee_000000/frames/00001.jpg\n"
    )
    return folder


def downloaded(tmp_path: Path, server: Server) -> DownloadResult:
    fetch = FETCH.model_copy(
        update={"video_url": server.video_url, "mirrors": {"https://lists.test": server.url}}
    )
    source = tmp_path / "annotations"
    path = source if source.exists() else annotations(source)
    settings = SETTINGS.model_copy(update={"annotations": str(path)})
    return download(settings, DownloadContext(tmp_path / "raw", 3, 2, fetch))


def test_a_small_data_set_is_downloaded_with_its_masks(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    found = downloaded(tmp_path, server)
    assert {item.id: (item.split == "test", item.missing_reason) for item in found.catalogue} == {
        "sample0001": (True, ""),
        "sample0002": (True, "clip-unnamed"),
        "sample0005": (True, "removed"),
        "sample0006": (True, "no-mask"),
        "aaaaaaaaaaa_000010": (False, ""),
        "aaaaaaaaaaa_000040": (False, ""),
        "bbbbbbbbbbb_000000": (False, ""),
        "ddddddddddd_000005": (False, ""),
        "fffffffffff_000000": (False, ""),
    }  # c and e are of the test, g is of the official test split
    clips = {clip.id: clip for clip in found.clips}
    assert sorted(clips) == sorted(item.id for item in found.catalogue if not item.missing_reason)
    assert clips["aaaaaaaaaaa_000010"].split == clips["aaaaaaaaaaa_000040"].split
    assert sum(clip.split == "val" for clip in found.clips) in (1, 2)
    assert clips["sample0001"].classes == ("cello",)
    assert all((tmp_path / "raw" / clip.path).is_file() for clip in found.clips)
    (time,) = found.annotations["sample0001"]
    assert time.time_s == 1.5
    (item,) = time.objects
    assert item.mask is not None
    drawn = decode_mask(item.mask)
    assert (drawn.shape, drawn.sum()) == ((20, 40), 50)
    assert (drawn == box_mask(item.box, 20, 40)).all()
    assert list(found.annotations) == ["sample0001"]
    said = capsys.readouterr().out
    assert "2 of 7 training clips are of test videos" in said
    assert "overlap unknown for 2 test samples" in said


def test_the_second_run_requests_nothing_that_is_there_or_gone(
    tmp_path: Path, server: Server
) -> None:
    first = downloaded(tmp_path, server)
    requests = dict(server.requests)
    assert downloaded(tmp_path, server) == first
    assert dict(server.requests) == requests


def test_without_masks_one_sentence_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"annotations.*is empty; get .*eecs\.umich\.edu"):
        download(SETTINGS, DownloadContext(tmp_path, 0, 1, FETCH))


def test_its_kind_names_this_module() -> None:
    """`-` in a name of params.yaml stands for `_` in a name of a module."""
    assert load("vggsound-instruments").download is download
