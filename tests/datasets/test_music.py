"""MUSIC: wrong if lists or boxes are not the published ones, or a test video is trained on.

The lists and boxes lie beside the project; without them these tests are skipped. The tests in
`tests/datasets/annotation` use small files and always run.
"""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Seconds
from avloc.data.masks import box_mask
from avloc.data.shards.extraction import extract
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.reader import open_shards
from avloc.data.shards.source_video import ExtractionSettings
from avloc.datasets import DownloadContext, music
from avloc.datasets.annotation.music_boxes import INSTRUMENTS, read_boxes
from avloc.datasets.annotation.music_lists import read_classes
from avloc.datasets.download.pinned_files import download_pinned
from avloc.datasets.music import Settings, check_instruments, download, read_lists
from avloc.errors import UserError
from avloc.evaluation import controls, evaluate
from avloc.media import encode
from avloc.scenes.candidates import CandidateClip
from avloc.scenes.composition import target_masks
from avloc.scenes.planning import SceneSplit, plan_scenes
from avloc.scenes.scene import Scene
from tests.datasets.fetching import FETCH
from tests.datasets.music_mirror import META, PINNED, write_mirror
from tests.servers import Server, fetch_from
from tests.videos import RATE_HZ, beeps, numbered

with_material = pytest.mark.skipif(not META.is_dir(), reason="no research data beside the project")

#: More solos and duets than there are boxed frames.
SCENES: dict[str, dict[SceneSplit, int]] = {
    "solo": {"val": 0, "test": 20000},
    "duet": {"val": 0, "test": 20000},
    "mosaic": {"val": 0, "test": 2000},
}
WINDOW_S = 0.96
BOXED = {
    "accordion", "acoustic_guitar", "cello", "flute", "saxophone", "trumpet", "violin",
}  # fmt: skip


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mirror(tmp_path_factory.mktemp("mirror"))


def context(raw: Path, mirror: Path | str) -> DownloadContext:
    """Return a context that downloads lists from a mirror, and no videos."""
    return DownloadContext(
        raw, 0, 2, FETCH.model_copy(update={"mirrors": {music.RAW: str(mirror)}})
    )


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw")


@pytest.fixture(scope="module")
def authors(raw: Path, mirror: Path) -> tuple[list[CatalogueEntry], Annotations]:
    return read_lists("authors", context(raw, mirror))


@pytest.fixture(scope="module")
def dsol(raw: Path, mirror: Path) -> tuple[list[CatalogueEntry], Annotations]:
    return read_lists("dsol", context(raw, mirror))


@cache
def boxes(name: str) -> Annotations:
    return read_boxes(META / name)


def objects(annotations: Annotations) -> list[int]:
    """Return the number of objects at every annotated time."""
    return [len(time.objects) for times in annotations.values() for time in times]


def solos(listed: list[CatalogueEntry], split: str) -> set[str]:
    return {v.id for v in listed if v.split == split and len(v.classes) == 1}


def test_addresses_are_at_commits_and_names_differ() -> None:
    """The file on a branch may change, and the hash would then refuse it."""
    for pinned in PINNED:
        assert re.fullmatch(
            r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w/.-]+", pinned.url
        )
        assert re.fullmatch(r"[0-9a-f]{64}", pinned.sha256)
    assert len({pinned.name for pinned in PINNED}) == len(PINNED)


def test_boxes_of_an_instrument_that_is_not_in_the_video_are_refused() -> None:
    time = AnnotatedTime(Seconds(1.5), (AnnotatedObject("flute", (0.1, 0.1, 0.2, 0.2)),))
    check_instruments({"a": (time,)}, {"a": ("erhu", "flute")})
    with pytest.raises(UserError, match=r"flute in a at 1\.50 s, where the lists have erhu"):
        check_instruments({"a": (time,)}, {"a": ("erhu",)})


@with_material
def test_counts_of_ids() -> None:
    counts = Counter(read_classes(META / "MUSIC_solo_videos.json").values())
    assert counts == {
        ("accordion",): 60, ("acoustic_guitar",): 56, ("cello",): 57, ("clarinet",): 41,
        ("erhu",): 53, ("flute",): 48, ("saxophone",): 25, ("trumpet",): 43, ("tuba",): 51,
        ("violin",): 53, ("xylophone",): 49,
    }  # fmt: skip
    assert counts.total() == 536
    duets = Counter(read_classes(META / "MUSIC_duet_videos.json").values())
    assert duets[("acoustic_guitar", "violin")] == 43
    assert (len(duets), duets.total()) == (9, 149)


@with_material
def test_counts_of_boxes() -> None:
    solo, duet = objects(boxes("solotest.json")), objects(boxes("duettest.json"))
    assert Counter(solo) == {0: 13472 - 12356, 1: 12356}
    assert Counter(duet) == {0: 11512 - 10284, 1: 10284 - 4751, 2: 4751}
    assert (len(boxes("solotest.json")), len(boxes("duettest.json"))) == (27, 16)
    for name, seconds in {"solotest.json": (3368, 3134), "duettest.json": (2878, 2660)}.items():
        all_s, boxed_s, both_s = set(), set(), set()
        for id, times in boxes(name).items():
            for time in times:
                second = (id, int(time.time_s + 1e-6))
                all_s.add(second)
                boxed_s |= {second} if time.objects else set()
                both_s |= {second} if len(time.objects) == 2 else set()
        assert (len(all_s), len(boxed_s)) == seconds
        assert len(both_s) == (1266 if name == "duettest.json" else 0)


@with_material
def test_classes_of_boxes_are_those_of_the_video() -> None:
    """A wrong table of the detector's classes would give boxes to other instruments."""
    found = Counter(
        item.category
        for name in ("solotest.json", "duettest.json")
        for times in boxes(name).values()
        for time in times
        for item in time.objects
    )
    assert set(found) == set(INSTRUMENTS.values()) == BOXED
    classes = read_classes(META / "MUSIC_solo_videos.json")
    check_instruments(boxes("solotest.json"), classes)
    check_instruments(boxes("duettest.json"), read_classes(META / "MUSIC_duet_videos.json"))
    assert Counter(classes[id] for id in boxes("solotest.json")) == {
        ("accordion",): 4, ("acoustic_guitar",): 5, ("cello",): 4, ("flute",): 3,
        ("saxophone",): 5, ("trumpet",): 4, ("violin",): 2,
    }  # fmt: skip


@with_material
def test_boxes_become_pixels_by_truncation() -> None:
    """Every box would change if it were rounded or read as two corners (section 4.4, DSOL)."""
    times = boxes("solotest.json")["1Ju4S0qeDqw"]
    known = next(time for time in times if time.time_s == 116.0)
    x, y, w, h = known.objects[0].box
    assert np.allclose([x * 480, y * 360, w * 480, h * 360], [158, 145, 133, 171])
    for annotations in (boxes("solotest.json"), boxes("duettest.json")):
        for time in [t for ts in annotations.values() for t in ts][::50]:
            for item in time.objects:
                x, y, w, h = (224 * side for side in item.box)
                expected = np.zeros((224, 224), bool)
                expected[int(y) : int(y + h), int(x) : int(x + w)] = True
                found = box_mask(item.box, 224, 224)
                # A side that falls on a pixel's edge may be a hair before or behind it.
                near = min(abs(side - round(side)) for side in (x, y, x + w, y + h)) < 1e-6
                assert near or np.array_equal(found, expected)


@with_material
def test_authors_splits(authors: tuple[list[CatalogueEntry], Annotations]) -> None:
    listed, annotations = authors
    assert {split: len(solos(listed, split)) for split in ("train", "val", "test")} == {
        "train": 404, "val": 18, "test": 24,
    }  # fmt: skip
    assert Counter(v.classes[0] for v in listed if v.split == "train") == {
        "accordion": 51, "acoustic_guitar": 41, "cello": 50, "clarinet": 34, "erhu": 38,
        "flute": 34, "saxophone": 16, "trumpet": 33, "tuba": 41, "violin": 35, "xylophone": 31,
    }  # fmt: skip
    assert len(listed) == 404 + 18 + 24 + 16
    tested = {id: times for id, times in annotations.items() if id in solos(listed, "test")}
    assert (len(objects(tested)), sum(objects(tested))) == (11692, 10796)


@with_material
def test_dsol_splits(dsol: tuple[list[CatalogueEntry], Annotations]) -> None:
    listed, annotations = dsol
    assert {split: len(solos(listed, split)) for split in ("train", "val", "test")} == {
        "train": 440, "val": 22, "test": 27,
    }  # fmt: skip
    assert annotations == boxes("solotest.json") | boxes("duettest.json")


@with_material
def test_no_trained_video_is_tested(
    authors: tuple[list[CatalogueEntry], Annotations],
    dsol: tuple[list[CatalogueEntry], Annotations],
) -> None:
    """Not even with the other lists, since results on both may be compared."""
    tested = boxes("solotest.json").keys() | boxes("duettest.json").keys()
    for listed, _ in (authors, dsol):
        assert {v.id for v in listed if v.split == "test"} <= tested
        assert not {v.id for v in listed if v.split != "test"} & tested
        assert {v.id for v in listed if len(v.classes) == 2} == boxes("duettest.json").keys()
        assert all(v.missing_reason == "" for v in listed)


@with_material
def test_lists_come_from_a_server_once(
    tmp_path: Path, mirror: Path, server: Server, authors: tuple[list[CatalogueEntry], Annotations]
) -> None:
    for path in mirror.rglob("*"):
        if path.is_file():
            server.files[path.relative_to(mirror).as_posix()] = path.read_bytes()
    online = context(tmp_path, server.url)
    assert read_lists("authors", online) == authors
    assert len(server.requests) == 7  # none of DSOL's lists, which are not needed
    download_pinned(music.SOLO_BOXES, tmp_path / "lists", online.fetch)
    assert set(server.requests.values()) == {1}


@with_material
def test_a_list_of_another_content_is_refused(tmp_path: Path) -> None:
    """A changed list would change which videos are tested."""
    mirror = write_mirror(tmp_path / "mirror")
    path = mirror / music.SOLO_IDS.url.removeprefix(f"{music.RAW}/")
    path.write_text(path.read_text().replace("jW_AuF6dQYY", "jW_AuF6dQYZ"))
    with pytest.raises(UserError, match=r"MUSIC_solo_videos\.json.* pinned one"):
        read_lists("authors", context(tmp_path / "raw", mirror))


def long_enough(listed: list[CatalogueEntry], annotations: Annotations) -> list[CandidateClip]:
    """Return all clips as if available, each 1 s longer than its annotations."""
    ends = {id: times[-1].time_s + 1 for id, times in annotations.items()}
    return [CandidateClip(v.id, v.split, v.classes, ends.get(v.id, 60.0)) for v in listed]


@pytest.fixture(scope="module")
def scenes(authors: tuple[list[CatalogueEntry], Annotations]) -> list[Scene]:
    listed, annotations = authors
    planned, notes = plan_scenes(long_enough(listed, annotations), annotations, SCENES, WINDOW_S, 0)
    assert [note.partition(" has ")[0] for note in notes] == ["solo/test", "duet/test"]
    return planned


@with_material
def test_solo_and_duet_show_every_boxed_frame(
    scenes: list[Scene], authors: tuple[list[CatalogueEntry], Annotations]
) -> None:
    _, annotations = authors
    counts = Counter((scene.set, scene.split, len(scene.targets)) for scene in scenes)
    assert counts == {
        ("solo", "test", 1): 10796,
        ("duet", "test", 1): 5533,
        ("duet", "test", 2): 4751,
        ("mosaic", "test", 2): 2000,
    }
    shown = [(s.tiles[0].video, s.tiles[0].time_s) for s in scenes if s.layout == "single"]
    boxed = {(id, t.time_s) for id, times in annotations.items() for t in times if t.objects}
    assert len(shown) == len(boxed)
    assert set(shown) == boxed


@with_material
def test_mosaics_are_of_four_of_the_seven_boxed_classes(
    scenes: list[Scene], authors: tuple[list[CatalogueEntry], Annotations]
) -> None:
    """The recipe of MUSIC-Synthetic: class-uniform, annotated test solos, two of four sound."""
    listed, annotations = authors
    classes = {v.id: v.classes[0] for v in listed if v.id in solos(listed, "test")}
    boxed = {(id, t.time_s) for id, times in annotations.items() for t in times if t.objects}
    shown, sounding, corners = Counter[str](), Counter[str](), Counter[tuple[int, ...]]()
    for scene in (s for s in scenes if s.set == "mosaic"):
        tiles = [classes[moment.video] for moment in scene.tiles]
        assert len(set(tiles)) == 4
        assert {(moment.video, moment.time_s) for moment in scene.tiles} <= boxed
        assert [t.category for t in scene.targets] == [tiles[t.tile] for t in scene.targets]
        assert scene.sounds == tuple(scene.tiles[t.tile] for t in scene.targets)
        shown.update(tiles)
        sounding.update(t.category for t in scene.targets)
        corners[tuple(t.tile for t in scene.targets)] += 1
    # Of 2000 draws with chances 4/7, 2/7 and 1/6, within four standard deviations.
    assert set(shown) == set(sounding) == BOXED
    assert all(abs(count - 2000 * 4 / 7) < 90 for count in shown.values())
    assert all(abs(count - 2000 * 2 / 7) < 82 for count in sounding.values())
    assert len(corners) == 6
    assert all(abs(count - 2000 / 6) < 68 for count in corners.values())


#: Of class-uniform mosaics of these boxes, by an independent program, on 500 to 1,000 draws.
MOSAIC_CHANCE = {
    "ones": {"cap": 7.1, "piap": 14.3, "auc": 7.1, "ciou@0.3": 0.0},
    "sides": {"cap": 16.3, "piap": 14.5, "auc": 12.0, "ciou@0.3": 0.2},
}
CONTROLS = {"ones": controls.ones, "sides": controls.sides}


@with_material
@pytest.mark.parametrize("control", MOSAIC_CHANCE)
def test_chance_levels_of_mosaics(
    scenes: list[Scene], authors: tuple[list[CatalogueEntry], Annotations], control: str
) -> None:
    """Maps that ignore the image must score what an independent program gave for such mosaics."""
    chosen = [scene for scene in scenes if scene.set == "mosaic"][::10]
    masks = [target_masks(scene, authors[1], 224) for scene in chosen]
    found = evaluate([CONTROLS[control](224, 224)] * len(chosen), masks, kind="multi")
    for metric, expected in MOSAIC_CHANCE[control].items():
        assert found[metric] == pytest.approx(expected, abs=1.2), metric


AVAILABLE = {
    "ZRpsKMe5dSg": "test", "iB17xqmFw3A": "test", "9dOqmTMqp1k": "test", "jW_AuF6dQYY": "test",
    "y0WB29MJJgQ": "test", "oQJVBH6ST7o": "train", "loCRmBvtHZ4": "val",
}  # fmt: skip


@with_material
@pytest.mark.slow
def test_from_the_lists_to_planned_scenes_over_a_real_server(
    tmp_path: Path, mirror: Path, server: Server
) -> None:
    """Seven of 462 videos are available, one is refused, and the rest are gone."""
    duration_s = 4.0
    encode(tmp_path / "v.mp4", numbered(100), 25.0, beeps(duration_s), RATE_HZ)
    content = (tmp_path / "v.mp4").read_bytes()
    server.add_videos(dict.fromkeys(AVAILABLE, "ok"), content)
    server.add_videos({"nKc4srJBgYU": "403"}, content)
    settings = fetch_from(server, parallel=8, timeout_s=5.0, mirrors={music.RAW: str(mirror)})
    todo = DownloadContext(tmp_path / "raw", 0, 2, settings)
    found = download(Settings(lists="authors"), todo)
    requests = server.requests.copy()
    assert download(Settings(lists="authors"), todo) == found
    # Nothing is downloaded twice, and nothing that is gone is requested again.
    assert set(server.requests - requests) == {"watch/nKc4srJBgYU.mp4"}
    assert {clip.id: clip.split for clip in found.clips} == AVAILABLE
    assert Counter(v.missing_reason for v in found.catalogue) == {
        "": 7,
        "refused": 1,
        "removed": 454,
    }
    assert set(found.annotations) == {id for id, split in AVAILABLE.items() if split == "test"}
    kept = ExtractionSettings(ClipFormat(4.0, 32, RATE_HZ), 1.0, 1000.0, 4)
    extract(found.clips, todo.raw, tmp_path / "clips", tmp_path / "scratch", kept, 2)
    shards = open_shards(tmp_path / "clips")
    sources = [
        CandidateClip(e.id, e.split, e.classes, e.frames / shards.fps) for e in shards.entries
    ]
    assert {source.duration_s for source in sources} == {duration_s}
    planned, notes = plan_scenes(sources, found.annotations, SCENES, WINDOW_S, 0)
    early = {
        id: sum(bool(time.objects) and time.time_s < duration_s for time in times)
        for id, times in found.annotations.items()
    }
    duets = early["y0WB29MJJgQ"]
    assert Counter(scene.set for scene in planned) == {
        "solo": sum(early.values()) - duets, "duet": duets, "mosaic": 2000,
    }  # fmt: skip
    assert any("after the end of the clip" in note for note in notes)
