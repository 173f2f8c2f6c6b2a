"""VGGSound-Instruments: 37 classes of VGGSound, tested on 446 frames with masks (section 4.1).

The authors lost their lists. The 37 classes and their 33,934 clips are those of AVGN (Mo and Tian,
CVPR 2023), whose 446 test ids are the authors'. Train and val are the clips of these classes in
VGGSound's official train split; a YouTube video is never in both, nor in one of them and in the
test. Test clips bear the name of their sample, ``sample0007``.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Seconds, Split
from avloc.data.masks import box_of, encode_mask
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation.masked_samples import (
    CLIP_S,
    NAME,
    UNKNOWN,
    Sample,
    number_of,
    read_samples,
)
from avloc.datasets.download.pinned_files import Pinned, fetch_list
from avloc.datasets.download.videos import Wanted, fetch_videos
from avloc.errors import UserError
from avloc.seeding import seed_of

MASKS_PAGE = "https://web.eecs.umich.edu/~ahowens/mix-localize/"

AVGN = (
    "https://raw.githubusercontent.com/stoneMo/AVGN/96282c3680601fe1de14c7ccbb65a0f4328f1e33/"
    "metadata"
)
VGGSOUND = (
    "https://raw.githubusercontent.com/hche11/VGGSound/1e75f4d30de3a99115ee9333464854c5e3d161a7/"
    "data"
)

# Of the files at these commits, length and last lines were seen to be those of the copies that the
# hashes are of; the rest could not be compared. AVGN trains on CLIPS, official test clips included.
CLIPS = Pinned(
    "vgginstruments_train.txt",
    f"{AVGN}/vgginstruments_multi_train.txt",
    "920764e927835cbabf0a1fa3faef9cc1d3a2988967513e23b7e4fafd5c1edbfa",
)
SAMPLES = Pinned(
    "vgginstruments_test.csv",
    f"{AVGN}/vgginstruments_test.csv",
    "93b96403745cd9c5063517bb539b753fe378b25635ab97eca28689a916d59276",
)
OFFICIAL_TEST = Pinned(
    "test.csv",
    f"{VGGSOUND}/test.csv",
    "0b2215dc3786fbb223aa06a2162491099d89cf080ac31b16bb3a72368fbaa24d",
)


class Settings(BaseModel):
    """Where the masks are, how their frames are counted, what val gets; every key is required."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    annotations: str
    annotation_fps: PositiveFloat
    annotation_first_frame: Annotated[int, Field(ge=0)]
    val_share: Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Row:
    """A clip of the lists: its name, YouTube id, start and class."""

    id: str
    video: str
    start_s: float
    category: str


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Read lists and masks and fetch the clips, those of the test first.

    Parameters
    ----------
    settings
        Where the masks are; the share of the videos for val.
    context
        In its folder, lists go to ``lists`` and videos to ``videos``.

    Raises
    ------
    UserError
        If the masks are not there, or what came is not what was expected.
    """
    if not settings.annotations:
        raise UserError(
            "params.yaml: `annotations` of the data set vggsound-instruments is empty; get the "
            f"archive with the masks from {MASKS_PAGE} and set its path"
        )
    archive = Path(settings.annotations).expanduser()
    known = read_samples(archive, settings.annotation_fps, settings.annotation_first_frame)
    clips, tests, official_test = (
        fetch_list(pinned, context.raw / "lists", context.fetch)
        for pinned in (CLIPS, SAMPLES, OFFICIAL_TEST)
    )
    samples = {id: known.get(number_of(id, str(tests)), UNKNOWN) for id, _ in read_list(tests)}
    rows = training_rows(clips, official_test)
    kept = without_test(rows, samples)
    splits = deal({row.video for row in kept}, settings.val_share, context.seed)
    usable = {id: sample for id, sample in samples.items() if not sample.missing}
    entries = fetch_videos(
        [section(id, *sample.clip) for id, sample in usable.items() if sample.clip]
        + [section(row.id, row.video, row.start_s) for row in kept],
        context.raw,
        context.fetch,
    )
    listed = [
        CatalogueEntry(id, "test", (category,), samples[id].missing or entries[id].missing)
        for id, category in read_list(tests)
    ] + [CatalogueEntry(r.id, splits[r.video], (r.category,), entries[r.id].missing) for r in kept]
    had = [item for item in listed if not item.missing]
    return DownloadResult(
        [
            Clip(item.id, entries[item.id].path, item.split, item.classes, entries[item.id].sha256)
            for item in had
        ],
        annotated({item.id: item.classes[0] for item in had if item.split == "test"}, samples),
        listed,
    )


def section(id: str, video: str, start_s: float) -> Wanted:
    """Return what is fetched of a clip of VGGSound: 10 s from its start."""
    return Wanted(id, video, start_s, start_s + CLIP_S)


def read_list(path: Path) -> list[tuple[str, str]]:
    """Return the rows ``name,class`` of a list, ``_`` in a class being a space."""
    with path.open(newline="", encoding="utf-8") as file:
        return [(row[0], row[1].replace("_", " ")) for row in csv.reader(file) if row]


def training_rows(clips: Path, official_test: Path) -> list[Row]:
    """Return the clips of AVGN's list that are not in VGGSound's official test split."""
    tests = {name.removesuffix(".mp4") for name, _ in read_list(official_test)}
    rows = []
    for name, category in read_list(clips):
        found = NAME.fullmatch(name)
        if not found:
            raise UserError(f"{clips}: {name!r} is no name of a clip of VGGSound; delete the file")
        if name not in tests:
            rows.append(Row(name, found[1], float(found[2]), category))
    return rows


def without_test(rows: Iterable[Row], samples: Mapping[str, Sample]) -> list[Row]:
    """Return the rows whose videos are in no test sample, and say what is known of the overlap."""
    everything = list(rows)
    tested = {sample.clip[0] for sample in samples.values() if sample.clip}
    kept = [row for row in everything if row.video not in tested]
    unnamed = sum(sample.clip is None for sample in samples.values())
    print(
        f"vggsound-instruments: {len(everything) - len(kept)} of {len(everything)} training clips "
        "are of videos of the test and left out; "
        + (f"overlap unknown for {unnamed} test samples" if unnamed else "no overlap is left"),
        flush=True,
    )
    return kept


def deal(videos: Iterable[str], val_share: float, seed: int) -> dict[str, Split]:
    """Return train or val for each YouTube video, whatever their order.

    >>> sorted(deal(["a", "b", "c", "d"], 0.25, 0).values())
    ['train', 'train', 'train', 'val']
    """
    order = sorted(videos, key=lambda video: seed_of(seed, "vggsound-instruments val", video))
    vals = round(val_share * len(order))
    return {video: "val" if place < vals else "train" for place, video in enumerate(order)}


def annotated(categories: Mapping[str, str], samples: Mapping[str, Sample]) -> Annotations:
    """Return mask and box of each of these samples, at the time of its frame."""
    return {
        id: (
            AnnotatedTime(
                Seconds(sample.time_s),
                (AnnotatedObject(category, box_of(sample.mask), True, encode_mask(sample.mask)),),
            ),
        )
        for id, category in categories.items()
        if (sample := samples[id]).mask is not None and sample.time_s is not None
    }
