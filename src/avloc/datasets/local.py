"""The user's own videos, in a folder or listed in a CSV file. Nothing is copied.

`avloc.datasets.annotation.local_folders` describes the folder, and
`avloc.datasets.annotation.local_lists` the CSV file.

Videos without a split are assigned to the splits in an order that is drawn from the seed and their
ids. A video with the same content as an earlier one is left out, so that no content is both trained
on and tested; if the two differ in split, class or boxes, that is an error. A missing file stays in
the manifest without a hash, and the extract stage records it as unusable.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.clips import Clip, Seconds, Split
from avloc.data.user_inputs import UserPath
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation.local_folders import find_videos
from avloc.datasets.annotation.local_lists import LocalVideo, read_csv
from avloc.datasets.annotation.safe_ids import safe_ids
from avloc.datasets.annotation.user_files import digest, fault_of_file
from avloc.errors import UserError
from avloc.seeding import seed_of

Share = Annotated[float, Field(ge=0, lt=1)]

#: SHA-256 of no bytes.
EMPTY = hashlib.sha256().hexdigest()


class Settings(BaseModel):
    """Where the videos are and how they are split; every key is required.

    Parameters
    ----------
    videos
        Path of a folder of videos, or of a CSV file that lists them.
    val_share, test_share
        Shares of the videos without a split that go to val and to test.
    extensions
        Endings of video files in a folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    videos: UserPath
    val_share: Share
    test_share: Share
    extensions: list[str]

    @model_validator(mode="after")
    def _some_are_left(self) -> Self:
        if self.val_share + self.test_share >= 1:
            raise ValueError("val_share and test_share must leave some videos for training")
        return self


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Return the user's videos by their absolute paths; nothing is written to the raw folder.

    Parameters
    ----------
    settings
        Where the videos are and how they are split.
    context
        Seed of the splits, and number of files that are hashed at a time.

    Raises
    ------
    UserError
        If the folder or CSV file is missing or wrong, or there is no video.
    """
    if not settings.videos:
        raise UserError(
            "params.yaml: `videos` of the local data set is empty; set it to the path of a folder "
            "of videos or of a CSV file that lists them"
        )
    place = Path(settings.videos).expanduser().absolute()
    if place.is_file():
        found = read_csv(place)
    elif place.is_dir():
        found = find_videos(place, settings.extensions)
    else:
        raise UserError(
            f"params.yaml: `videos` of the local data set: {place}: {fault_of_file(place)}; set it "
            "to a folder of videos or to a CSV file that lists them"
        )
    videos = dict(zip(safe_ids([video.name for video in found]), found, strict=True))
    with ThreadPoolExecutor(context.workers) as pool:
        hashes = dict(zip(videos, pool.map(_hash, (v.path for v in videos.values())), strict=True))
    kept = _without_copies(videos, hashes)
    undecided = [id for id in kept if videos[id].split is None]
    splits = assign_splits(undecided, settings.val_share, settings.test_share, context.seed)
    clips = [
        Clip(
            id,
            str(videos[id].path),
            videos[id].split or splits[id],
            videos[id].classes,
            hashes[id],
        )
        for id in kept
    ]
    annotations = {id: _annotate(videos[id]) for id in kept if videos[id].boxes}
    return DownloadResult.complete(clips, annotations)


def _hash(path: Path) -> str:
    return "" if fault_of_file(path) else digest(path)


def _without_copies(videos: dict[str, LocalVideo], hashes: dict[str, str]) -> list[str]:
    """Return the ids of the videos whose content is not that of an earlier one.

    Files without content are no copies; the extract stage records them as unusable.
    """
    first, kept = dict[str, str](), []
    for id, video in videos.items():
        original = first.setdefault(hashes[id], id)
        if original == id or hashes[id] in ("", EMPTY):
            kept.append(id)
            continue
        for name, own, other in _differences(video, videos[original]):
            raise UserError(
                f"{video.where} has the same content as {videos[original].where}, but another "
                f"{name} ({own} and {other}); correct or remove one of them"
            )
        print(f"local: {id} is a copy of {original} and left out", flush=True)
    return kept


def _differences(video: LocalVideo, other: LocalVideo) -> Iterator[tuple[str, str, str]]:
    """Yield what a list or folder says of two videos, where it differs."""
    if video.split != other.split:
        yield "split", video.split or "none", other.split or "none"
    if set(video.classes) != set(other.classes):
        yield "class", repr("; ".join(video.classes)), repr("; ".join(other.classes))
    if video.boxes != other.boxes:
        yield "list of boxes", str(len(video.boxes)), str(len(other.boxes))


def assign_splits(
    ids: Sequence[str], val_share: float, test_share: float, seed: int
) -> dict[str, Split]:
    """Return a split for each id.

    Parameters
    ----------
    ids
        Of the videos without a split.
    val_share, test_share
        Shares of `ids` that go to val and to test; a share above 0 gets at least one.
    seed
        Draws the order in which they are assigned.
    """
    order = sorted(ids, key=lambda id: seed_of(seed, "local split", id))
    tests, vals = (
        max(1, round(share * len(ids))) if share else 0 for share in (test_share, val_share)
    )
    return {
        id: "test" if place < tests else "val" if place < tests + vals else "train"
        for place, id in enumerate(order)
    }


def _annotate(video: LocalVideo) -> tuple[AnnotatedTime, ...]:
    objects = defaultdict[float, list[AnnotatedObject]](list)
    for item in video.boxes:
        sounding = item.sounding is not False
        objects[item.time_s].append(AnnotatedObject(item.category, item.box, sounding))
    return tuple(AnnotatedTime(Seconds(time), tuple(objects[time])) for time in sorted(objects))
