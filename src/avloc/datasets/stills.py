"""Real photos paired by class with real sounds, as videos: nobody ever played what is seen.

``folder`` holds ``manifest.csv`` with the columns

- ``path``: a photo or a sound, relative to the folder;
- ``kind``: ``image`` or ``sound``;
- ``class``: what is shown or heard;
- ``split``: ``train``, ``val`` or ``test``;
- ``source``: of a sound, how it was recorded, for example ``recording`` or ``note``;
- ``x0``, ``y0``, ``x1``, ``y1``: of a photo, the box of its object in pixels, or nothing.

Photos and sounds of the split ``train`` become training videos, but for a share of each class that
is kept for validation; those of ``test_split`` become test videos. Which sound goes with which
photo is drawn by the seed within a class and split. A photo drifts and is zoomed in training and
stands still otherwise, so that its box holds; a sound is played faster or slower in training, and
higher or lower with it. A sound shorter than the video is played again after a pause. Videos are
tagged with the source of their sound, or ``unboxed`` where the photo has no box: scenes of the set
``pair-note``, say, are made of those with the tag ``note``.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from avloc.change_tracking import key
from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.clips import Clip, Seconds, Split
from avloc.datasets import DownloadContext, DownloadResult, nothing_missing
from avloc.errors import UserError
from avloc.files import sha256
from avloc.media import decode_sound, encode
from avloc.progress import track
from avloc.seeding import rng, seed_of

COLUMNS = ("path", "kind", "class", "split", "source", "x0", "y0", "x1", "y1")
BOX = ("x0", "y0", "x1", "y1")

#: Tag of a video whose photo has no box.
UNBOXED = "unboxed"


class Settings(BaseModel):
    """Where the material is and what becomes of it; every key is required."""

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
            raise ValueError("duration_s x video_fps must be one frame at least")
        return self


@dataclass(frozen=True)
class Item:
    """A photo or a sound: its row of the manifest.

    `path` is relative to the folder; `box` holds x0, y0, x1, y1 in pixels, or nothing.
    """

    path: str
    kind: str
    category: str
    split: Split
    source: str
    box: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """One video to be made."""

    id: str
    split: Split
    photo: Item
    sound: Item


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Make all videos that are not there yet.

    They lie under ``<raw>/<hash>/<id>.mp4``; the hash covers settings, seed, manifest and
    code. What changed under its old name goes unnoticed: delete the folder then.

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
            "columns: src/avloc/datasets/stills.py)"
        )
    items = read_items(manifest)
    if not any(item.split == settings.test_split for item in items):
        raise UserError(
            f"{manifest} has no row of the split {settings.test_split!r}, which test_split of the "
            "data set asks for; set it to another one"
        )
    todo = list(plans(items, settings, context.seed))
    target = Path(_folder_name(settings, context.seed, sha256(manifest)))

    def make(plan: Plan) -> Clip:
        path = target / f"{plan.id}.mp4"
        if not (context.raw / path).exists():
            frames, sound = moving(plan, folder, settings, context.seed)
            encode(context.raw / path, frames, settings.video_fps, sound, settings.sample_rate_hz)
        hashed = sha256(context.raw / path)
        return Clip(plan.id, path.as_posix(), plan.split, (plan.photo.category,), hashed)

    with ThreadPoolExecutor(context.workers) as pool:
        clips = list(track(pool.map(make, todo), len(todo), "make videos"))
    return nothing_missing(
        clips,
        {
            plan.id: (annotated(plan, folder, settings),)
            for plan in todo
            if plan.photo.box and plan.split != "train"
        },
        {plan.id: (plan.sound.source if plan.photo.box else UNBOXED,) for plan in todo},
    )


def read_items(manifest: Path) -> list[Item]:
    """Return the photos and sounds that a manifest lists, in its order."""
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            rows, header = list(reader), reader.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{manifest} is no CSV file in UTF-8 ({error}); mend it") from None
    if lacking := [column for column in COLUMNS if column not in header]:
        raise UserError(f"{manifest} has no column {lacking[0]!r}; it needs {', '.join(COLUMNS)}")
    return [_item(row, f"{manifest} row {number}") for number, row in enumerate(rows, start=2)]


def _item(row: dict[str, str], where: str) -> Item:
    path = Path(row["path"])
    if not row["path"] or path.is_absolute() or ".." in path.parts:
        raise UserError(f"{where}: path {row['path']!r} does not lead into the folder; mend it")
    split = next((name for name in get_args(Split) if name == row["split"]), None)
    if row["kind"] not in ("image", "sound") or split is None or not row["class"]:
        raise UserError(
            f"{where}: kind {row['kind']!r} is not image or sound, split {row['split']!r} is not "
            f"train, val or test, or class {row['class']!r} is empty; mend it"
        )
    try:
        box = tuple(float(row[corner]) for corner in BOX if row[corner])
    except ValueError:
        raise UserError(f"{where}: a corner of the box is no number; mend it") from None
    if len(box) not in (0, 4) or (box and not (0 <= box[0] < box[2] and 0 <= box[1] < box[3])):
        raise UserError(f"{where}: box {box} is not x0 < x1, y0 < y1; mend it or leave it empty")
    return Item(row["path"], row["kind"], row["class"], split, row["source"], box)


def plans(items: Sequence[Item], settings: Settings, seed: int) -> Iterator[Plan]:
    """Yield the videos: every photo in as many as its split asks, each with a drawn sound.

    A class's sounds take turns, in a new order each round, so that all are heard equally often.
    """
    groups: dict[tuple[Split, str], dict[str, list[Item]]] = defaultdict(
        lambda: {"image": [], "sound": []}
    )
    for kind in ("image", "sound"):
        for item, split in dealt([i for i in items if i.kind == kind], settings, seed):
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
            yield Plan(f"{split}-{category}-{number:05d}", split, photo, sound)


def dealt(items: Sequence[Item], settings: Settings, seed: int) -> Iterator[tuple[Item, Split]]:
    """Yield each photo, or each sound, with the split of its videos; some are in none."""
    classes = defaultdict[str, list[Item]](list)
    for item in items:
        if item.split == "train":
            classes[item.category].append(item)
        elif item.split == settings.test_split:
            yield item, "test"
    for category in sorted(classes):
        ordered = sorted(classes[category], key=lambda item: seed_of(seed, "stills val", item.path))
        kept = max(1, round(settings.val_share * len(ordered)))
        for place, item in enumerate(ordered):
            yield item, "val" if place < kept else "train"


def moving(
    plan: Plan, folder: Path, settings: Settings, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the frames (T, S, S, 3) and the sound (samples,) of a video."""
    random = rng(seed, "stills video", plan.id)
    photo = _photo(folder / plan.photo.path)
    count = round(settings.duration_s * settings.video_fps)
    zooms, corners, speed = np.ones(2), np.zeros((2, 2)), 1.0
    if plan.split == "train":
        zooms, corners = random.uniform(1, settings.zoom_max, 2), random.uniform(0, 1, (2, 2))
        speed = settings.speed_max ** random.uniform(-1, 1)
    frames = []
    for share in np.linspace(0, 1, count):
        zoom, corner = ((1 - share) * end[0] + share * end[1] for end in (zooms, corners))
        frames.append(_zoomed(photo, zoom, corner, settings.size_px))
    # Samples that were taken less often, played as if they had not been, pass faster.
    sound = decode_sound(folder / plan.sound.path, round(settings.sample_rate_hz / speed))
    length = round(settings.duration_s * settings.sample_rate_hz)
    if len(sound) > length:
        first = int(random.integers(len(sound) - length + 1)) if plan.split == "train" else 0
        return np.stack(frames), sound[first : first + length]
    pause = round(random.uniform(0, settings.pause_max_s) * settings.sample_rate_hz)
    again = np.concatenate([sound, np.zeros(pause, np.float32)])
    return np.stack(frames), np.resize(again, length)


def _zoomed(
    photo: NDArray[np.uint8], zoom: float, corner: NDArray[np.float64], side: int
) -> NDArray[np.uint8]:
    """Return the part of a photo that a zoom shows, squashed to a square.

    `corner` says where the part lies, (0, 0) at the top left and (1, 1) at the bottom right.
    """
    height, width = photo.shape[:2]
    part = np.array([width, height]) / zoom
    x, y = corner * (np.array([width, height]) - part)
    scale = side / part
    # Pixel centres: the middle of output pixel 0 shows what lies half an output pixel inside.
    shift = [(0.5 - x) * scale[0] - 0.5, (0.5 - y) * scale[1] - 0.5]
    matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])
    return np.asarray(
        cv2.warpAffine(photo, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _photo(path: Path) -> NDArray[np.uint8]:
    """Return a photo as (H, W, 3) RGB."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise UserError(f"{path} is missing or no picture; restore it or take it off manifest.csv")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def annotated(plan: Plan, folder: Path, settings: Settings) -> AnnotatedTime:
    """Return where the object of a photo that stands still is, in the middle of its video."""
    height, width = _photo(folder / plan.photo.path).shape[:2]
    x0, y0, x1, y1 = np.divide(plan.photo.box, [width, height, width, height]).clip(0, 1).tolist()
    box = (x0, y0, x1 - x0, y1 - y0)
    return AnnotatedTime(
        Seconds(settings.duration_s / 2), (AnnotatedObject(plan.photo.category, box),)
    )


def _folder_name(settings: Settings, seed: int, manifest: str) -> str:
    content = settings.model_dump(exclude={"folder"})
    return key([content, seed, manifest], [Path(__file__)])
