"""MUSIC (Zhao et al. 2018): people who play one instrument, or duets, on YouTube.

As in the paper, solos are for training, and solos and the sixteen duets with boxes for testing.
`avloc.datasets.annotation.music_lists` reads the lists, `avloc.datasets.annotation.music_boxes` the
boxes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from avloc.data.annotations import Annotations
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Split
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation.music_boxes import read_boxes
from avloc.datasets.annotation.music_lists import (
    combine_splits,
    read_authors_split,
    read_classes,
    read_dsol_split,
)
from avloc.datasets.download.pinned_files import PinnedFile, download_pinned
from avloc.datasets.download.videos import ClipRequest, download_videos
from avloc.errors import UserError

Lists = Literal["authors", "dsol"]

RAW = "https://raw.githubusercontent.com"
MUSIC = f"{RAW}/roudimit/MUSIC_dataset"
AUTHORS = f"{RAW}/hxixixh/mix-and-localize/dfc90eb833d36a155a7450432769e6577773ef52"
DSOL = f"{RAW}/DTaoo/Discriminative-Sounding-Objects-Localization"
DSOL_BOXES = f"{DSOL}/643fdbd4a861dc50403337c270703ed71356ea9d/music-exp"
DSOL_LISTS = f"{DSOL}/7de8306ad1a85a2019995a65ef7e1c888991b2c9/music-exp/data/data_indicator/music"
DSOL_FIRST = f"{DSOL}/482ddd940afd288b23ca68385dc1bbee91f817d4/Sound-of-Pixels/data"

# The hashes are of copies. That the commits hold the same files was checked in an index of GitHub
# on 22 November 2026, not on GitHub itself. There, the authors' val and test and DSOL's validation
# and testing have these hashes; of the others, only the number of characters and the last few
# hundred characters were compared.
SOLO_IDS = PinnedFile(
    "MUSIC_solo_videos.json",
    f"{MUSIC}/61ced65e63bb4d548c677b3f7f09bf5aa9c6793f/MUSIC_solo_videos.json",
    "cddd3e9544cac4b5e5ebd55c2707bad0eb6ad29ebff571afb70a5545d4740304",
)
DUET_IDS = PinnedFile(
    "MUSIC_duet_videos.json",
    f"{MUSIC}/a10922da2d04fb04eba7bdf59ea9073c1f9a4bda/MUSIC_duet_videos.json",
    "f53c60f22d1901b88a15592b55a7e9891ae70016d08fb6f7ec7acd04091cd2e9",
)
SOLO_BOXES = PinnedFile(
    "solotest.json",
    f"{DSOL_BOXES}/solotest.json",
    "57fb92b151f7306869f4f3395237d052395885dca226138539e93f72a952faa4",
)
DUET_BOXES = PinnedFile(
    "duettest.json",
    f"{DSOL_BOXES}/duettest.json",
    "d9f0a4faa8bebf3e281ea05d04597bf4070c2210aad137322d96d79c9d155fdd",
)
AUTHORS_SPLITS: dict[Split, PinnedFile] = {
    "train": PinnedFile(
        "authors-train.csv",
        f"{AUTHORS}/data/MUSIC/data-splits/solo/train.csv",
        "947bd280d9a3d26ad3c8486e2a5f2c87e259242de78eface0451367f4ee11f83",
    ),
    "val": PinnedFile(
        "authors-val.csv",
        f"{AUTHORS}/data/MUSIC/data-splits/solo/val.csv",
        "aa5a8507f1d5db7f9d0a5c402f5904120bfa888686a8ee447b0aa63dccc954d0",
    ),
    "test": PinnedFile(
        "authors-test.csv",
        f"{AUTHORS}/data/MUSIC/data-splits/solo/test.csv",
        "eeefd411dac57f4419cd80610cc9431b293088a47a1bbb5d8775d1fd839054d3",
    ),
}
DSOL_TRAIN = (
    PinnedFile(
        "dsol-solo_training_1.txt",
        f"{DSOL_FIRST}/solo_training_1.txt",
        "995bfce37a0483a0beb1ccb98b3400cfe5b8636a658c6b662031a4d159879ad5",
    ),
    PinnedFile(
        "dsol-solo_training_2.txt",
        f"{DSOL_LISTS}/solo/solo_training_2.txt",
        "5aa3f0895180eb6df91b33469c6dd5026a937838cb5aaefdff43e61c84361510",
    ),
)
DSOL_HELD_OUT = PinnedFile(
    "dsol-solo_validation.txt",
    f"{DSOL_LISTS}/solo/solo_validation.txt",
    "5b8d799a018a9d3369bdb37a988d8a853fc38d79d20eef665d4acbcd70aa546d",
)
DSOL_TEST = PinnedFile(
    "dsol-solo_testing.txt",
    f"{DSOL_LISTS}/solo/solo_testing.txt",
    "d4e3e60a8756b6bedb12b646112076d12cd3a9751261ad6fc276ee929ff8c9d9",
)


class Settings(BaseModel):
    """Which videos.

    Parameters
    ----------
    lists
        ``authors``: the splits of the paper's authors, 404 / 18 / 24 solos. ``dsol``: those of Hu
        et al. (NeurIPS 2020), 440 / 22 / 27 solos, which are behind the numbers that the paper
        quotes from them. Both test the same sixteen duets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lists: Lists


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Download the lists and boxes, then the videos that they name.

    Parameters
    ----------
    settings
        Which lists.
    context
        Its raw folder gets the lists in ``lists`` and the videos in ``videos``.

    Raises
    ------
    UserError
        If a list cannot be downloaded or is wrong, or the download is given up.
    """
    named, annotations = read_lists(settings.lists, context)
    requests = [ClipRequest(video.id, video.id, None, None) for video in named]
    outcomes = download_videos(requests, context.raw, context.fetch, context.start_executor)
    clips = [
        Clip(v.id, outcomes[v.id].path, v.split, v.classes, outcomes[v.id].sha256)
        for v in named
        if outcomes[v.id].status == "ok"
    ]
    available = {clip.id for clip in clips}
    return DownloadResult(
        clips,
        {id: times for id, times in annotations.items() if id in available},
        [replace(video, missing_reason=outcomes[video.id].missing_reason) for video in named],
    )


def read_lists(lists: Lists, context: DownloadContext) -> tuple[list[CatalogueEntry], Annotations]:
    """Download and read a choice of lists.

    Parameters
    ----------
    lists
        Whose splits.
    context
        Raw folder and settings of servers.

    Returns
    -------
    list
        Every video of the lists, ordered by id, as if it were available.
    dict
        The boxes of the test videos.

    Raises
    ------
    UserError
        If a list cannot be downloaded or is wrong.
    """

    def path(file: PinnedFile) -> Path:
        return download_pinned(file, context.raw / "lists", context.fetch)

    solos, duets = read_classes(path(SOLO_IDS)), read_classes(path(DUET_IDS))
    both = sorted(solos.keys() & duets.keys())
    if both:
        raise UserError(
            f"MUSIC's lists have {both[0]} among the solos and the duets; pin other files"
        )
    classes = solos | duets
    solo_boxes, duet_boxes = read_boxes(path(SOLO_BOXES)), read_boxes(path(DUET_BOXES))
    splits: dict[Split, Sequence[str]]
    if lists == "authors":
        splits = {
            split: read_authors_split(path(file), solos) for split, file in AUTHORS_SPLITS.items()
        }
    else:
        tests = read_dsol_split(path(DSOL_TEST), solos)
        held_out = read_dsol_split(path(DSOL_HELD_OUT), solos)
        splits = {
            "train": [id for part in DSOL_TRAIN for id in read_dsol_split(path(part), solos)],
            "val": [id for id in held_out if id not in tests],
            "test": tests,
        }
    splits["test"] = [*splits["test"], *duet_boxes]
    named = combine_splits(splits, classes)
    test_ids = {video.id for video in named if video.split == "test"}
    annotations = {id: times for id, times in (solo_boxes | duet_boxes).items() if id in test_ids}
    check_instruments(annotations, classes)
    return named, annotations


def check_instruments(annotations: Annotations, classes: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse boxes of an instrument that the lists do not name for a video.

    No scene would show such a box.

    Parameters
    ----------
    annotations
        The boxes.
    classes
        Video id -> its instruments.

    Raises
    ------
    UserError
        If there is such a box.
    """
    for id, times in annotations.items():
        for time in times:
            for item in time.objects:
                if item.category not in classes[id]:
                    raise UserError(
                        f"MUSIC's boxes have {item.category} in {id} at {time.time_s:.2f} s, where "
                        f"the lists have {' and '.join(classes[id])}; pin other files"
                    )
