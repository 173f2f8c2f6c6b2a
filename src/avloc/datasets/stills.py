"""Videos made of real photos and real sounds that are paired by class.

``folder`` holds photos, sounds and ``manifest.csv``, whose columns
`avloc.datasets.annotation.stills_manifest` describes.

Photos and sounds of the split ``train`` become training videos, except for a share of each class
that is kept for validation; those of ``test_split`` become test videos. The seed draws which sound
goes with which photo, within a class and split. In training, a photo drifts and is zoomed, and a
sound is played faster and higher, or slower and lower; elsewhere the photo stands still, so that
its box is right. A sound that is shorter than the video is repeated after a pause.

The tag of a video is the ``source`` of its sound, or ``unboxed`` if its photo has no box. So the
test set ``pair-note``, say, has scenes of videos with the tag ``note``.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from avloc.change_tracking import key
from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.clips import Clip, Seconds, Split
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.annotation.stills_manifest import Item, read_items
from avloc.datasets.generator.photos import read_photo, zoomed
from avloc.errors import UserError
from avloc.files import sha256
from avloc.media import decode_sound, encode
from avloc.progress import track
from avloc.seeding import rng, seed_of

#: Tag of a video whose photo has no box.
UNBOXED = "unboxed"


class Settings(BaseModel):
    """Which photos and sounds, and how videos are made of them; every key is required.

    Parameters
    ----------
    folder
        Holds the photos, the sounds and ``manifest.csv``.
    test_split
        Split of the manifest that becomes the test split.
    val_share
        Share of each class's training photos and sounds that goes to val.
    train_videos_per_photo, test_videos_per_photo
        Videos of each training photo, and of each val and test photo.
    duration_s, video_fps, size_px, sample_rate_hz
        Length, frame rate, side of a frame and sample rate of a video.
    zoom_max
        Largest zoom in training.
    speed_max
        Fastest speed of a sound in training; the slowest is its inverse.
    pause_max_s
        Longest pause before a short sound is repeated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str
    test_split: Literal["val", "test"]
    val_share: Annotated[float, Field(gt=0, lt=1)]
    train_videos_per_photo: PositiveInt
    test_videos_per_photo: PositiveInt
    duration_s: PositiveFloat
    video_fps: PositiveFloat
    size_px: Annotated[int, Field(ge=32, multiple_of=2)]
    sample_rate_hz: PositiveInt
    zoom_max: Annotated[float, Field(ge=1)]
    speed_max: Annotated[float, Field(ge=1, le=2)]
    pause_max_s: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _has_frames(self) -> Self:
        if self.duration_s * self.video_fps < 1:
            raise ValueError("duration_s x video_fps must be at least one frame")
        return self


@dataclass(frozen=True)
class VideoSpec:
    """A video to generate: its photo and its sound."""

    id: str
    split: Split
    photo: Item
    sound: Item


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Generate all videos that are not there yet.

    They lie in ``<raw>/<hash>/<id>.mp4``; the hash covers the settings, the seed, the manifest and
    the code. A photo or sound that changed under its old name is not noticed: delete that folder
    then.

    Parameters
    ----------
    settings
        Which photos and sounds, and how videos are made of them.
    context
        Raw folder, seed, and number of videos generated at a time.

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
    specs = list(video_specs(items, settings, context.seed))
    target = Path(_folder_name(settings, context.seed, sha256(manifest)))

    def generate(spec: VideoSpec) -> Clip:
        path = target / f"{spec.id}.mp4"
        if not (context.raw / path).exists():
            frames, sound = frames_and_sound(spec, folder, settings, context.seed)
            encode(context.raw / path, frames, settings.video_fps, sound, settings.sample_rate_hz)
        digest = sha256(context.raw / path)
        return Clip(spec.id, path.as_posix(), spec.split, (spec.photo.category,), digest)

    with ThreadPoolExecutor(context.workers) as pool:
        clips = list(track(pool.map(generate, specs), len(specs), "generate videos"))
    return DownloadResult.complete(
        clips,
        {
            spec.id: (annotate(spec, folder, settings),)
            for spec in specs
            if spec.photo.box and spec.split != "train"
        },
        {spec.id: (spec.sound.tag if spec.photo.box else UNBOXED,) for spec in specs},
    )


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
        photos = [photo for _ in range(times) for photo in group["image"]]
        for number, photo in enumerate(photos):
            turn, place = divmod(number, len(group["sound"]))
            order = rng(seed, "stills sounds", split, category, turn).permutation(
                len(group["sound"])
            )
            sound = group["sound"][order[place]]
            yield VideoSpec(f"{split}-{category}-{number:05d}", split, photo, sound)


def assign_splits(
    items: Sequence[Item], settings: Settings, seed: int
) -> Iterator[tuple[Item, Split]]:
    """Yield photos or sounds with the split of their videos, without those that are not used.

    Parameters
    ----------
    items
        Photos only, or sounds only.
    settings
        Share of val, and the split for testing.
    seed
        Draws what goes to val.
    """
    by_class = defaultdict[str, list[Item]](list)
    for item in items:
        if item.split == "train":
            by_class[item.category].append(item)
        elif item.split == settings.test_split:
            yield item, "test"
    for category in sorted(by_class):
        ordered = sorted(
            by_class[category], key=lambda item: seed_of(seed, "stills val", item.path)
        )
        kept = max(1, round(settings.val_share * len(ordered)))
        for place, item in enumerate(ordered):
            yield item, "val" if place < kept else "train"


def frames_and_sound(
    spec: VideoSpec, folder: Path, settings: Settings, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return what a video shows and plays.

    Parameters
    ----------
    spec
        The video.
    folder
        Holds its photo and its sound.
    settings
        Sizes, and how far training videos vary.
    seed
        Of the data set.

    Returns
    -------
    ndarray
        Frames, (T, S, S, 3) RGB.
    ndarray
        Sound, (samples,).

    Raises
    ------
    UserError
        If the photo cannot be read.
    """
    random = rng(seed, "stills video", spec.id)
    photo = read_photo(folder / spec.photo.path)
    count = round(settings.duration_s * settings.video_fps)
    zooms, corners, speed = np.ones(2), np.zeros((2, 2)), 1.0
    if spec.split == "train":
        zooms, corners = random.uniform(1, settings.zoom_max, 2), random.uniform(0, 1, (2, 2))
        speed = settings.speed_max ** random.uniform(-1, 1)
    frames = []
    for share in np.linspace(0, 1, count):
        zoom, corner = ((1 - share) * end[0] + share * end[1] for end in (zooms, corners))
        frames.append(zoomed(photo, zoom, corner, settings.size_px))
    # Resampled to rate / speed and played at the full rate, the sound is faster and higher.
    sound = decode_sound(folder / spec.sound.path, round(settings.sample_rate_hz / speed))
    length = round(settings.duration_s * settings.sample_rate_hz)
    if len(sound) > length:
        first = int(random.integers(len(sound) - length + 1)) if spec.split == "train" else 0
        return np.stack(frames), sound[first : first + length]
    pause = round(random.uniform(0, settings.pause_max_s) * settings.sample_rate_hz)
    repeated = np.concatenate([sound, np.zeros(pause, np.float32)])
    return np.stack(frames), np.resize(repeated, length)


def annotate(spec: VideoSpec, folder: Path, settings: Settings) -> AnnotatedTime:
    """Return the object of a photo that stands still, in the middle of its video.

    Parameters
    ----------
    spec
        A val or test video whose photo has a box.
    folder
        Holds the photo.
    settings
        Length of the video.
    """
    height, width = read_photo(folder / spec.photo.path).shape[:2]
    x0, y0, x1, y1 = np.divide(spec.photo.box, [width, height, width, height]).clip(0, 1).tolist()
    box = (x0, y0, x1 - x0, y1 - y0)
    return AnnotatedTime(
        Seconds(settings.duration_s / 2), (AnnotatedObject(spec.photo.category, box),)
    )


def _folder_name(settings: Settings, seed: int, manifest: str) -> str:
    return key([settings.model_dump(exclude={"folder"}), seed, manifest], [Path(__file__)])
