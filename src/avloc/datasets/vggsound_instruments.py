"""VGGSound-Instruments: 37 classes of VGGSound, tested on 446 frames with masks (section 4.2).

The authors lost their lists. The 37 classes and their 33,934 clips are those of AVGN (Mo and Tian,
CVPR 2023), whose 446 test ids are the authors'. Train and val are the clips of these classes in
VGGSound's official train split. The clips of one YouTube video are all in one split. A test clip
has the id of its sample, ``sample0007``.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Seconds, Split
from avloc.data.masks import box_of, encode_mask
from avloc.data.user_inputs import UserPath
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation.masked_samples import (
    CLIP_NAME,
    CLIP_S,
    UNKNOWN,
    Sample,
    read_samples,
    sample_number,
)
from avloc.datasets.download.pinned_files import PinnedFile, download_pinned
from avloc.datasets.download.videos import ClipRequest, download_videos
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

# The hashes are of copies. Length and last lines of the files at these commits agree with these
# copies; the rest could not be compared. AVGN trains on CLIPS, official test clips included.
CLIPS = PinnedFile(
    "vgginstruments_train.txt",
    f"{AVGN}/vgginstruments_multi_train.txt",
    "920764e927835cbabf0a1fa3faef9cc1d3a2988967513e23b7e4fafd5c1edbfa",
)
SAMPLES = PinnedFile(
    "vgginstruments_test.csv",
    f"{AVGN}/vgginstruments_test.csv",
    "93b96403745cd9c5063517bb539b753fe378b25635ab97eca28689a916d59276",
)
OFFICIAL_TEST = PinnedFile(
    "test.csv",
    f"{VGGSOUND}/test.csv",
    "0b2215dc3786fbb223aa06a2162491099d89cf080ac31b16bb3a72368fbaa24d",
)


class Settings(BaseModel):
    """Where the masks are and what goes to val; every key is required.

    Parameters
    ----------
    annotations
        Archive with the masks, or the folder where it was unpacked.
    annotation_fps
        Frame rate by which the archive numbers its frames.
    annotation_first_frame
        Number of the first frame there.
    val_share
        Share of the training videos that go to val.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    annotations: UserPath
    annotation_fps: PositiveFloat
    annotation_first_frame: Annotated[int, Field(ge=0)]
    val_share: Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class TrainingEntry:
    """A clip for training and validation: its id, YouTube id, start and class."""

    id: str
    video: str
    start_s: float
    category: str


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Read lists and masks and download the clips, those of the test split first.

    Parameters
    ----------
    settings
        Where the masks are; the share of the videos for val.
    context
        Its raw folder gets the lists in ``lists`` and the videos in ``videos``.

    Raises
    ------
    UserError
        If the masks are not there, a list is wrong, or the download is given up.
    """
    if not settings.annotations:
        raise UserError(
            "params.yaml: `annotations` of the data set vggsound-instruments is empty; get the "
            f"archive with the masks from {MASKS_PAGE} and set its path"
        )
    archive = Path(settings.annotations).expanduser()
    by_number = read_samples(archive, settings.annotation_fps, settings.annotation_first_frame)
    clips, tests, official_test = (
        download_pinned(file, context.raw / "lists", context.fetch)
        for file in (CLIPS, SAMPLES, OFFICIAL_TEST)
    )
    samples = {
        id: by_number.get(sample_number(id, str(tests)), UNKNOWN) for id, _ in read_list(tests)
    }
    entries = without_test_videos(training_entries(clips, official_test), samples)
    splits = assign_splits({entry.video for entry in entries}, settings.val_share, context.seed)
    usable = {id: sample for id, sample in samples.items() if not sample.missing_reason}
    outcomes = download_videos(
        [clip_request(id, *sample.clip) for id, sample in usable.items() if sample.clip]
        + [clip_request(entry.id, entry.video, entry.start_s) for entry in entries],
        context.raw,
        context.fetch,
        context.start_executor,
    )
    catalogue = [
        CatalogueEntry(
            id, "test", (category,), samples[id].missing_reason or outcomes[id].missing_reason
        )
        for id, category in read_list(tests)
    ] + [
        CatalogueEntry(e.id, splits[e.video], (e.category,), outcomes[e.id].missing_reason)
        for e in entries
    ]
    available = [item for item in catalogue if not item.missing_reason]
    categories = {item.id: item.classes[0] for item in available if item.split == "test"}
    return DownloadResult(
        [
            Clip(i.id, outcomes[i.id].path, i.split, i.classes, outcomes[i.id].sha256)
            for i in available
        ],
        annotate(categories, samples),
        catalogue,
    )


def clip_request(id: str, video: str, start_s: float) -> ClipRequest:
    """Return the request for a clip of VGGSound: 10 s of a video.

    Parameters
    ----------
    id
        Of the clip.
    video
        YouTube id.
    start_s
        Start of the clip in the video.
    """
    return ClipRequest(id, video, start_s, start_s + CLIP_S)


def read_list(path: Path) -> list[tuple[str, str]]:
    """Return the names and classes of a list, with spaces for ``_`` in classes."""
    with path.open(newline="", encoding="utf-8") as file:
        return [(row[0], row[1].replace("_", " ")) for row in csv.reader(file) if row]


def training_entries(clips: Path, official_test: Path) -> list[TrainingEntry]:
    """Return the clips of AVGN's list that are not in VGGSound's official test split.

    Parameters
    ----------
    clips
        AVGN's list of training clips.
    official_test
        VGGSound's list of test clips.

    Raises
    ------
    UserError
        If a name is not that of a clip.
    """
    tests = {name.removesuffix(".mp4") for name, _ in read_list(official_test)}
    entries = []
    for name, category in read_list(clips):
        match = CLIP_NAME.fullmatch(name)
        if not match:
            raise UserError(f"{clips}: {name!r} is no name of a clip of VGGSound; delete the file")
        if name not in tests:
            entries.append(TrainingEntry(name, match[1], float(match[2]), category))
    return entries


def without_test_videos(
    entries: Sequence[TrainingEntry], samples: Mapping[str, Sample]
) -> list[TrainingEntry]:
    """Return the entries whose videos are in no test sample, and print the known overlap.

    Parameters
    ----------
    entries
        Clips for training and validation.
    samples
        Id -> test sample.
    """
    tests = {sample.clip[0] for sample in samples.values() if sample.clip}
    kept = [entry for entry in entries if entry.video not in tests]
    unnamed = sum(sample.clip is None for sample in samples.values())
    print(
        f"vggsound-instruments: {len(entries) - len(kept)} of {len(entries)} training clips are of "
        "test videos and left out; "
        + (f"overlap unknown for {unnamed} test samples" if unnamed else "no overlap is left"),
        flush=True,
    )
    return kept


def assign_splits(videos: Iterable[str], val_share: float, seed: int) -> dict[str, Split]:
    """Return train or val for each YouTube video, whatever their order.

    Parameters
    ----------
    videos
        YouTube ids.
    val_share
        Share of the videos that go to val.
    seed
        Draws these videos.

    >>> sorted(assign_splits(["a", "b", "c", "d"], 0.25, 0).values())
    ['train', 'train', 'train', 'val']
    """
    order = sorted(videos, key=lambda video: seed_of(seed, "vggsound-instruments val", video))
    vals = round(val_share * len(order))
    return {video: "val" if place < vals else "train" for place, video in enumerate(order)}


def annotate(categories: Mapping[str, str], samples: Mapping[str, Sample]) -> Annotations:
    """Return mask and box of each available test sample, at the time of its frame.

    Parameters
    ----------
    categories
        Id of an available sample -> its class.
    samples
        Id -> sample.
    """
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
