"""VoxCeleb2: talking faces, clips of 5.1 s, tested on 1,000 frames with face boxes (section 4.2).

The authors' lists of val and test clips are public; their list of training clips is not. If the
user gives none (`train_list`), the val list is split by speaker into train and val. The authors'
face masks were never released, so a detector finds the boxes, on the frame in the middle of the
tested sound. The class of a val or test clip is its speaker, so that no scene pairs a speaker with
themselves (D22). Training clips have no class, since no method needs it.

Clips come from YouTube, or from a folder of the user
(`avloc.datasets.annotation.voxceleb2_lists`).
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Split
from avloc.data.user_inputs import UserPath
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation import faces
from avloc.datasets.annotation.speaker_faces import annotate_faces
from avloc.datasets.annotation.voxceleb2_lists import (
    ListEntry,
    find_clip,
    read_list,
    training_clips,
)
from avloc.datasets.annotation.voxceleb2_speakers import gender_tags, read_genders
from avloc.datasets.download.pinned_files import PinnedFile, download_pinned
from avloc.datasets.download.videos import ClipRequest, download_videos
from avloc.errors import UserError
from avloc.files import sha256
from avloc.seeding import seed_of

RELEASE = (
    "https://raw.githubusercontent.com/hxixixh/mix-and-localize/"
    "dfc90eb833d36a155a7450432769e6577773ef52/data/VoxCeleb/data-split"
)

# The hashes are of copies. Length and last lines of the files at this commit agree with these
# copies; the rest could not be compared.
VAL = PinnedFile(
    "val.csv",
    f"{RELEASE}/val.csv",
    "213e9024aa6e9d55d673ab5ad0a90cf142e40a913dc2b0429ab302af0460dba6",
)
TEST = PinnedFile(
    "test.csv",
    f"{RELEASE}/test.csv",
    "d0250d2252efca118939816cce7585fe0237a51482489e18c0b28ca14c12a9ba",
)

# The repository keeps the model in Git LFS; its pointer file gives this hash, and 232,589 bytes.
YUNET = PinnedFile(
    "face_detection_yunet_2023mar.onnx",
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
    "82b38c8f98e7b52aa171400f3e4c722352d0669f/models/face_detection_yunet/"
    "face_detection_yunet_2023mar.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)


class Settings(BaseModel):
    """Where clips come from and how faces are found; every key is required.

    Parameters
    ----------
    folder
        Folder with the user's clips; empty to download them from YouTube.
    train_list
        The user's list of training clips; empty to train on part of the authors' val list.
    speakers
        The user's ``vox2_meta.csv``, by which val and test clips are tagged ``f`` or ``m``; empty
        for no tags.
    val_share
        Share of the speakers of the authors' val list that stay in val without a `train_list`.
    face_detector
        ``haar`` or ``yunet``.
    face_time_s
        Time of the frame in which the face is found.
    face_min_share
        Smallest width of a face, as a fraction of the frame's shorter side.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: UserPath
    train_list: UserPath
    speakers: UserPath
    val_share: Annotated[float, Field(gt=0, lt=1)]
    face_detector: Literal["haar", "yunet"]
    face_time_s: PositiveFloat
    face_min_share: Annotated[float, Field(gt=0, lt=1)]


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Read the lists, get the clips, those of the test split first, and find the faces.

    Parameters
    ----------
    settings
        Where clips come from and how faces are found.
    context
        Its raw folder gets the lists in ``lists``, the videos in ``videos``, and the number of
        faces in ``faces.json``.

    Raises
    ------
    UserError
        If a list or the user's folder is wrong, or a download is given up.
    """
    val, test = (
        read_list(download_pinned(file, context.raw / "lists", context.fetch))
        for file in (VAL, TEST)
    )
    genders = read_genders(Path(settings.speakers)) if settings.speakers else {}
    detector = detector_of(settings, context)
    splits: dict[ListEntry, Split] = dict.fromkeys(test, "test")
    if settings.train_list:
        splits |= dict.fromkeys(val, "val")
        splits |= dict.fromkeys(training_clips(Path(settings.train_list), [*val, *test]), "train")
    else:
        splits |= split_speakers(val, settings.val_share, context.seed)
    files = (
        find_files(list(splits), Path(settings.folder).expanduser(), context.workers)
        if settings.folder
        else download_files(list(splits), context)
    )
    catalogue = [
        CatalogueEntry(
            entry.id,
            split,
            () if split == "train" else (entry.speaker,),
            files[entry.id].missing_reason,
        )
        for entry, split in splits.items()
    ]
    clips = [
        Clip(item.id, files[item.id].path, item.split, item.classes, files[item.id].sha256)
        for item in catalogue
        if not item.missing_reason
    ]
    annotations = annotate_faces(clips, detector, settings.face_time_s, context.raw)
    tags = gender_tags(clips, genders) if settings.speakers else {}
    return DownloadResult(clips, annotations, catalogue, tags)


def split_speakers(
    entries: Sequence[ListEntry], val_share: float, seed: int
) -> dict[ListEntry, Split]:
    """Split the authors' val clips into train and val by speaker, and print the numbers.

    Parameters
    ----------
    entries
        The authors' val clips.
    val_share
        Share of the speakers that stay in val; at least one stays.
    seed
        Draws these speakers.
    """
    speakers = sorted(
        {entry.speaker for entry in entries}, key=lambda name: seed_of(seed, "voxceleb2 val", name)
    )
    kept = set(speakers[: max(1, round(val_share * len(speakers)))])
    splits: dict[ListEntry, Split] = {
        entry: "val" if entry.speaker in kept else "train" for entry in entries
    }
    counts = Counter(splits.values())
    print(
        "voxceleb2: departure from the paper: the authors' training list is not public; train has "
        f"{counts['train']} clips of {len(speakers) - len(kept)} speakers of their val list, and "
        f"val has {counts['val']} clips of the other {len(kept)}; set train_list to train on "
        "other clips",
        flush=True,
    )
    return splits


@dataclass(frozen=True)
class ClipFile:
    """The file of a clip and its hash, or why it is missing."""

    path: str
    sha256: str
    missing_reason: str


def download_files(entries: Sequence[ListEntry], context: DownloadContext) -> dict[str, ClipFile]:
    """Download the clips from YouTube.

    Parameters
    ----------
    entries
        The clips.
    context
        Raw folder and settings of servers.

    Returns
    -------
    dict
        Id of a clip -> its file.

    Raises
    ------
    UserError
        If the download is given up.
    """
    requests = [ClipRequest(e.id, e.video, e.start_s, e.end_s) for e in entries]
    outcomes = download_videos(requests, context.raw, context.fetch, context.start_executor)
    return {id: ClipFile(o.path, o.sha256, o.missing_reason) for id, o in outcomes.items()}


def find_files(entries: Sequence[ListEntry], folder: Path, workers: int) -> dict[str, ClipFile]:
    """Find the clips in the user's folder, by absolute paths; nothing is copied.

    Parameters
    ----------
    entries
        The clips.
    folder
        The user's folder.
    workers
        Files that are hashed at a time.

    Returns
    -------
    dict
        Id of a clip -> its file.

    Raises
    ------
    UserError
        If there is no folder, or no clip in it.
    """
    if not folder.is_dir():
        raise UserError(f"params.yaml: `folder` of voxceleb2: {folder} is no folder; correct it")

    def find_file(entry: ListEntry) -> ClipFile:
        path = find_clip(entry, folder)
        if path is None:
            return ClipFile("", "", "no-file")
        return ClipFile(str(path.absolute()), sha256(path), "")

    with ThreadPoolExecutor(workers) as pool:
        files = dict(zip((e.id for e in entries), pool.map(find_file, entries), strict=True))
    if all(file.missing_reason for file in files.values()):
        raise UserError(
            f"params.yaml: `folder` of voxceleb2: {folder} holds none of the {len(entries)} clips "
            "as id00000/<YouTube id>_<start>_<end>.mp4, nor mp4/ with txt/ as VoxCeleb2 has them"
        )
    return files


def detector_of(settings: Settings, context: DownloadContext) -> faces.Detector:
    """Return the chosen face detector; its model is downloaded if it needs one.

    Parameters
    ----------
    settings
        Detector and smallest face.
    context
        Raw folder and settings of servers.

    Raises
    ------
    UserError
        If the model cannot be downloaded or read.
    """
    if settings.face_detector == "haar":
        return faces.haar(settings.face_min_share)
    model = download_pinned(YUNET, context.raw / "lists", context.fetch)
    return faces.yunet(model, settings.face_min_share)
