"""Videos made of real photos and real sounds that are paired by class.

``folder`` holds photos, sounds and ``manifest.csv``, whose columns
`avloc.datasets.annotation.stills_manifest` describes.

Photos and sounds of the split ``train`` become training videos, except for a share of each class
that is kept for validation; those of ``test_split`` become test videos. The seed draws which sound
goes with which photo, within a class and split. In training, a photo drifts and is zoomed, and a
sound is played faster and higher, or slower and lower; elsewhere the photo stands still, so that
its box is right. A sound that is shorter than the video is repeated after a pause. Some training
videos show pictures that are composed of training photos
(`avloc.datasets.generator.still_composition`).

A val photo that is nearly the same as one of train is left out, and a test photo that is nearly the
same as one of train or val (`avloc.datasets.generator.still_duplicates`). Its videos are missing in
the coverage, and ``near_duplicates.json`` in the raw folder lists the pairs of photos.

The tag of a video is the ``source`` of its sound, or ``unboxed`` if its photo has no box. So the
test set ``pair-note``, say, has scenes of videos with the tag ``note``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, PositiveInt

from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Seconds, Split
from avloc.data.user_inputs import UserPath
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation.class_names import safe_class_ids
from avloc.datasets.annotation.stills_manifest import Item, read_items
from avloc.datasets.generator.still_composition import (
    Arrangement,
    CompositionSettings,
    draw_arrangement,
)
from avloc.datasets.generator.still_duplicates import find_copies, write_copies
from avloc.datasets.generator.still_material import check_sounds, read_material
from avloc.datasets.generator.still_splits import SplitSettings, assign_splits
from avloc.datasets.generator.still_videos import (
    StillVideo,
    VideoSettings,
    file_name,
    generate,
    generation_key,
)
from avloc.errors import UserError
from avloc.files import sha256
from avloc.progress import track
from avloc.seeding import rng

#: Tag of a video whose photo has no box.
UNBOXED = "unboxed"

#: Reason why the videos of a photo that is nearly the same as an earlier one are missing.
NEAR_DUPLICATE = "near-duplicate"


class Settings(SplitSettings, VideoSettings, CompositionSettings):
    """Which photos and sounds, and how videos are made of them; every key is required.

    The splits, the videos and what is composed have their keys in the classes that it extends.

    Parameters
    ----------
    folder
        Holds the photos, the sounds and ``manifest.csv``.
    train_videos_per_photo, test_videos_per_photo
        Videos of each training photo, and of each val and test photo.
    near_duplicate_correlation
        Two photos whose small grey pictures are correlated more than this are nearly the same; 1
        leaves no photo out.
    """

    folder: UserPath
    train_videos_per_photo: PositiveInt
    test_videos_per_photo: PositiveInt
    near_duplicate_correlation: Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True)
class VideoSpec:
    """A video to generate: its photo, its sound, and what is composed of it and other photos."""

    id: str
    split: Split
    photo: Item
    sound: Item
    arrangement: Arrangement | None


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Generate all videos that are not there yet, as ``<raw>/videos/<id>-<hash>.mp4``.

    All photos and sounds are checked first. The hash covers all that a video is made of
    (`avloc.datasets.generator.still_videos`), the content of its photo and sound included.

    Parameters
    ----------
    settings
        Which photos and sounds, and how videos are made of them.
    context
        Raw folder, seed, and number of files that are read or generated at a time.

    Raises
    ------
    UserError
        If the folder, a column or a file is missing, or a row is wrong.
    """
    folder = Path(settings.folder).expanduser().absolute()
    manifest = folder / "manifest.csv"
    if not settings.folder or not manifest.is_file():
        raise UserError(
            f"params.yaml: source.folder of the data set of kind stills is {settings.folder!r}, "
            "which holds no manifest.csv; set it to a folder of photos and sounds with one (its "
            "columns: src/avloc/datasets/annotation/stills_manifest.py)"
        )
    items = read_items(manifest)
    if not any(item.split == settings.test_split for item in items):
        raise UserError(
            f"{manifest} has no row of the split {settings.test_split!r}, which test_split of the "
            "data set names; set it to another one"
        )
    wanted = list(video_specs(items, settings, context.seed))
    material = read_material(items, folder, context.workers)
    copies = find_copies(
        photos_by_split(wanted), material.thumbnails, settings.near_duplicate_correlation
    )
    specs = [spec for spec in wanted if spec.photo.path not in copies]
    generation = generation_key(settings, context.seed)
    videos = {spec.id: still_video(spec, folder) for spec in specs}
    paths = {
        spec.id: Path("videos")
        / file_name(videos[spec.id], generation, [material.digests[p] for p in paths_of(spec)])
        for spec in specs
    }
    lacking = [spec for spec in specs if not (context.raw / paths[spec.id]).exists()]
    sounds = {spec.sound.path: spec.sound for spec in lacking}
    check_sounds(list(sounds.values()), folder, settings.sample_rate_hz, context.workers)

    write_copies(copies, context.raw)

    def make(spec: VideoSpec) -> Clip:
        path = context.raw / paths[spec.id]
        if not path.exists():
            generate(videos[spec.id], path, settings, context.seed)
        return Clip(
            spec.id,
            paths[spec.id].as_posix(),
            spec.split,
            (spec.photo.category,),
            sha256(path),
        )

    with ThreadPoolExecutor(context.workers) as pool:
        clips = list(track(pool.map(make, specs), len(specs), "generate videos"))
    return DownloadResult(
        clips,
        {
            spec.id: (annotate(spec, material.sizes[spec.photo.path], settings),)
            for spec in specs
            if spec.photo.box and spec.split != "train"
        },
        [
            CatalogueEntry(
                spec.id,
                spec.split,
                (spec.photo.category,),
                NEAR_DUPLICATE if spec.photo.path in copies else "",
            )
            for spec in wanted
        ],
        {spec.id: (spec.sound.tag if spec.photo.box else UNBOXED,) for spec in specs},
        {spec.id: {"photo": spec.photo.path, "sound": spec.sound.path} for spec in specs},
    )


def photos_by_split(specs: Iterable[VideoSpec]) -> dict[Split, list[str]]:
    """Return the paths of the photos of each split, each once."""
    photos = defaultdict[Split, dict[str, None]](dict)
    for spec in specs:
        photos[spec.split][spec.photo.path] = None
    return {split: list(paths) for split, paths in photos.items()}


def still_video(spec: VideoSpec, folder: Path) -> StillVideo:
    """Return what generates a video.

    Parameters
    ----------
    spec
        The video.
    folder
        Holds its photo and its sound.
    """
    return StillVideo(
        spec.id,
        spec.split == "train",
        folder / spec.photo.path,
        folder / spec.sound.path,
        spec.arrangement and spec.arrangement.below(folder),
    )


def paths_of(spec: VideoSpec) -> list[str]:
    """Return the paths of all that a video is made of: its photo, its sound, other photos."""
    others = spec.arrangement.photos if spec.arrangement else []
    return [spec.photo.path, spec.sound.path, *others]


def video_specs(items: Sequence[Item], settings: Settings, seed: int) -> Iterator[VideoSpec]:
    """Yield the videos: of every photo as many as its split needs, each with a drawn sound.

    The sounds of a class take turns, in a new order each round, so that all are used equally often.

    Parameters
    ----------
    items
        The photos and sounds.
    settings
        Numbers of videos, shares and splits.
    seed
        Of the data set.

    Raises
    ------
    UserError
        If a class has photos without sounds in a split, or sounds without photos.
    """
    groups: dict[tuple[Split, str], dict[str, list[Item]]] = defaultdict(
        lambda: {"image": [], "sound": []}
    )
    for kind in ("image", "sound"):
        for item, split in assign_splits([i for i in items if i.kind == kind], settings, seed):
            groups[split, item.category][kind].append(item)
    names = safe_class_ids(category for _, category in groups)
    for (split, category), group in sorted(groups.items()):
        if not group["image"] or not group["sound"]:
            lacking = "image" if group["sound"] else "sound"
            raise UserError(
                f"stills: the class {category!r} has no {lacking} in the split {split}; add one to "
                "the manifest or leave the class out"
            )
        times = (
            settings.train_videos_per_photo if split == "train" else settings.test_videos_per_photo
        )
        others = [
            photo
            for (other_split, other), known in sorted(groups.items())
            if other_split == "train" and other != category
            for photo in known["image"]
        ]
        photos = [photo for _ in range(times) for photo in group["image"]]
        for number, photo in enumerate(photos):
            turn, place = divmod(number, len(group["sound"]))
            order = rng(seed, "stills sounds", split, category, turn).permutation(
                len(group["sound"])
            )
            sound = group["sound"][order[place]]
            id = f"{split}-{names[category]}-{number:05d}"
            arrangement = None
            if split == "train":
                random = rng(seed, "stills arrangement", id)
                arrangement = draw_arrangement(photo, others, settings, random)
            yield VideoSpec(id, split, photo, sound, arrangement)


def annotate(spec: VideoSpec, size: tuple[int, int], settings: Settings) -> AnnotatedTime:
    """Return the object of a photo that stands still, in the middle of its video.

    Parameters
    ----------
    spec
        A val or test video whose photo has a box.
    size
        Width and height of the photo.
    settings
        Length of the video.
    """
    x0, y0, x1, y1 = np.divide(spec.photo.box, [*size, *size]).clip(0, 1).tolist()
    box = (x0, y0, x1 - x0, y1 - y0)
    return AnnotatedTime(
        Seconds(settings.duration_s / 2), (AnnotatedObject(spec.photo.category, box),)
    )
