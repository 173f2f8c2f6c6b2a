"""VoxCeleb2: talking faces, 5.1 s each, tested on 1,000 frames with face boxes (section 4.1).

The authors' lists of val and test clips are public, their list of training clips is not. Without
one of the user's own, `train_list`, training takes the val list too, and a share of its speakers
stays for val. The authors' face masks were never released, so boxes come from a detector, on the
frame in the middle of the sound that is heard in a test. The class of a val or test clip is its
speaker, so that no scene pairs a speaker with themselves (D22); training clips have none, since no
method needs to know them.

Clips come from YouTube, or from a folder of the user's
(`avloc.datasets.annotation.voxceleb2_lists`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from avloc import media
from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Seconds, Split
from avloc.data.masks import Box
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation import faces
from avloc.datasets.annotation.voxceleb2_lists import Row, find_clip, read_rows
from avloc.datasets.download.pinned_files import Pinned, fetch_list
from avloc.datasets.download.videos import Wanted, fetch_videos
from avloc.errors import UserError
from avloc.files import sha256, write_json
from avloc.progress import track
from avloc.seeding import seed_of

RELEASE = (
    "https://raw.githubusercontent.com/hxixixh/mix-and-localize/"
    "dfc90eb833d36a155a7450432769e6577773ef52/data/VoxCeleb/data-split"
)

# Of both files at this commit, length and last lines were seen to be those of the copies that the
# hashes are of; the rest could not be compared.
VAL = Pinned(
    "val.csv",
    f"{RELEASE}/val.csv",
    "213e9024aa6e9d55d673ab5ad0a90cf142e40a913dc2b0429ab302af0460dba6",
)
TEST = Pinned(
    "test.csv",
    f"{RELEASE}/test.csv",
    "d0250d2252efca118939816cce7585fe0237a51482489e18c0b28ca14c12a9ba",
)

# The repository keeps the model in Git LFS: the hash is that of its pointer file, 232,589 bytes.
YUNET = Pinned(
    "face_detection_yunet_2023mar.onnx",
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
    "82b38c8f98e7b52aa171400f3e4c722352d0669f/models/face_detection_yunet/"
    "face_detection_yunet_2023mar.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)

#: Height to which frames are brought before faces are sought: that of the videos fetched.
FACE_FRAME_PX = 360

#: Sound is decoded with the frame but not used.
SOUND_HZ = 16000


class Settings(BaseModel):
    """Where clips come from and how faces are found; every key is required."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str
    train_list: str
    val_share: Annotated[float, Field(gt=0, lt=1)]
    face_detector: Literal["haar", "yunet"]
    face_time_s: PositiveFloat
    face_min_share: Annotated[float, Field(gt=0, lt=1)]


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Read the lists, get the clips, those of the test first, and find the faces.

    Parameters
    ----------
    settings
        Where clips come from and how faces are found.
    context
        In its folder, lists go to ``lists``, videos to ``videos``, and how many faces were found
        to ``faces.json``.

    Raises
    ------
    UserError
        If a list or the user's folder is wrong.
    """
    val, test = (
        read_rows(fetch_list(pinned, context.raw / "lists", context.fetch))
        for pinned in (VAL, TEST)
    )
    detector = detector_of(settings, context)
    splits: dict[Row, Split] = dict.fromkeys(test, "test")
    if settings.train_list:
        splits |= dict.fromkeys(val, "val")
        splits |= dict.fromkeys(training(Path(settings.train_list), [*val, *test]), "train")
    else:
        splits |= split_speakers(val, settings.val_share, context.seed)
    sources = (
        from_folder(list(splits), Path(settings.folder).expanduser(), context.workers)
        if settings.folder
        else from_youtube(list(splits), context)
    )
    listed = [
        CatalogueEntry(
            row.id, split, () if split == "train" else (row.speaker,), sources[row.id].missing
        )
        for row, split in splits.items()
    ]
    clips = [
        Clip(item.id, sources[item.id].path, item.split, item.classes, sources[item.id].sha256)
        for item in listed
        if not item.missing
    ]
    return DownloadResult(
        clips, annotate(clips, detector, settings.face_time_s, context.raw), listed
    )


def training(path: Path, tested: Iterable[Row]) -> list[Row]:
    """Return the user's training clips without speakers and videos of val and test."""
    rows = read_rows(path.expanduser())
    everyone = list(tested)
    speakers, videos = {row.speaker for row in everyone}, {row.video for row in everyone}
    kept = [row for row in rows if row.speaker not in speakers and row.video not in videos]
    print(
        f"voxceleb2: {len(rows) - len(kept)} of {len(rows)} training clips are of speakers or "
        "videos of val or test and left out",
        flush=True,
    )
    if not kept:
        raise UserError(f"{path}: no training clip is left; list clips of other speakers")
    return kept


def split_speakers(rows: Sequence[Row], val_share: float, seed: int) -> dict[Row, Split]:
    """Deal the authors' val clips to train and val by speaker, and say so."""
    speakers = sorted(
        {row.speaker for row in rows}, key=lambda name: seed_of(seed, "voxceleb2 val", name)
    )
    kept = set(speakers[: max(1, round(val_share * len(speakers)))])
    splits: dict[Row, Split] = {row: "val" if row.speaker in kept else "train" for row in rows}
    counts = Counter(splits.values())
    print(
        "voxceleb2: departure from the paper: the authors' training list is not public, so "
        f"{counts['train']} clips of {len(speakers) - len(kept)} speakers of their val list are "
        f"trained on, and {counts['val']} of the other {len(kept)} are val; set train_list to "
        "train on others",
        flush=True,
    )
    return splits


@dataclass(frozen=True)
class Source:
    """A clip's file and its hash, or why it is missing."""

    path: str
    sha256: str
    missing: str


def from_youtube(rows: Sequence[Row], context: DownloadContext) -> dict[str, Source]:
    """Fetch the sections of the videos."""
    wanted = [Wanted(row.id, row.video, row.start_s, row.end_s) for row in rows]
    entries = fetch_videos(wanted, context.raw, context.fetch)
    return {id: Source(e.path, e.sha256, e.missing) for id, e in entries.items()}


def from_folder(rows: Sequence[Row], folder: Path, workers: int) -> dict[str, Source]:
    """Find the clips in the user's folder, by absolute paths; nothing is copied.

    Raises
    ------
    UserError
        If there is no folder, or no clip in it.
    """
    if not folder.is_dir():
        raise UserError(f"params.yaml: `folder` of voxceleb2: {folder} is no folder; mend it")

    def look(row: Row) -> Source:
        path = find_clip(row, folder)
        return Source(str(path.absolute()), sha256(path), "") if path else Source("", "", "no-file")

    with ThreadPoolExecutor(workers) as pool:
        found = dict(zip((row.id for row in rows), pool.map(look, rows), strict=True))
    if all(source.missing for source in found.values()):
        raise UserError(
            f"params.yaml: `folder` of voxceleb2: {folder} holds none of the {len(rows)} clips as "
            "id00000/<YouTube id>_<start>_<end>.mp4, nor mp4/ with txt/ as VoxCeleb2 has them"
        )
    return found


def detector_of(settings: Settings, context: DownloadContext) -> faces.Detector:
    """Return the detector that the settings choose, with its model if it needs one."""
    if settings.face_detector == "haar":
        return faces.haar(settings.face_min_share)
    model = fetch_list(YUNET, context.raw / "lists", context.fetch)
    return faces.yunet(model, settings.face_min_share)


def annotate(
    clips: Sequence[Clip], detector: faces.Detector, time_s: float, raw: Path
) -> Annotations:
    """Return the largest face of each val and test clip at that time, as its speaker.

    A clip without a face has no annotation, and so is in no scene. How many had one, and how much
    of the frame they cover on average, is printed and written to ``faces.json``.
    """
    shown = [clip for clip in clips if clip.split != "train"]
    found = dict[str, Box]()
    unread = 0
    for clip in track(shown, len(shown), "faces"):
        try:
            frame = frame_at(raw / clip.path, time_s)
        except media.Unusable as unusable:
            unread += 1
            print(f"voxceleb2: no frame of {clip.id} at {time_s:g} s: {unusable}", flush=True)
            continue
        if box := faces.largest(detector(frame)):
            found[clip.id] = box
    tests = [faces.area(found[c.id]) for c in shown if c.id in found and c.split == "test"]
    percent = 100 * sum(tests) / len(tests) if tests else 0.0
    without = len(shown) - len(found) - unread
    summary = {
        "clips": len(shown),
        "with_face": len(found),
        "without_face": without,
        "unreadable": unread,
        "test_faces": len(tests),
        "mean_test_face_area_percent": round(percent, 2),
    }
    write_json(raw / "faces.json", summary)
    print(
        f"voxceleb2: {len(found)} of {len(shown)} val and test clips have a face at {time_s:g} s, "
        f"{without} have none, {unread} could not be read; the {len(tests)} faces of the test "
        f"cover {percent:.1f} % of the frame on average",
        flush=True,
    )
    return {
        clip.id: (
            AnnotatedTime(
                Seconds(time_s), (AnnotatedObject(clip.classes[0], found[clip.id], True, None),)
            ),
        )
        for clip in shown
        if clip.id in found
    }


def frame_at(path: Path, time_s: float) -> NDArray[np.uint8]:
    """Return the frame on screen at a time above 0, (H, W, 3) RGB, in the shape it is shown.

    Raises
    ------
    Unusable
        If the video cannot be read or ends before.
    """
    # Frame n is the one at n / fps, so that frame 1 is wanted; sound, being read too, is short.
    found = media.decode_unsquashed(path, 1 / time_s, FACE_FRAME_PX, SOUND_HZ, 2 * time_s)
    if len(found.frames) < 2:
        raise media.Unusable(f"shorter than {time_s:g} s")
    return np.asarray(found.frames[1])
