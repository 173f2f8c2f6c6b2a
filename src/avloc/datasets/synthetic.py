"""The embedded data set: generated videos of invented instruments.

Solos show one sounding object, duets two of different classes; both may show silent objects. The
videos are real h264 and aac files, so every later stage treats them like any others. They lie in
``<raw>/<hash>/<id>.mp4``. The hash covers all that decides the content of a video besides its id:
the settings except the numbers of videos, the seed, and the code of the generator. So a video that
is there is never generated again: not after a crash, not for a larger data set, and not after other
settings were tried. Folders that are no longer needed can be deleted.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from avloc.change_tracking import key
from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.clips import Clip, Seconds, Split
from avloc.data.masks import box_of, encode_mask
from avloc.datasets import DownloadContext, DownloadResult
from avloc.datasets.generator.instruments import INSTRUMENTS, Instrument
from avloc.datasets.generator.scene import MovingScene, Style, draw_scene
from avloc.datasets.generator.timbres import Waveform, mix, play
from avloc.files import sha256
from avloc.media import encode
from avloc.progress import track
from avloc.seeding import rng

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
EvenPixels = Annotated[int, Field(ge=32, multiple_of=2)]  # h264 with 4:2:0 colour

#: Settings that decide the number of videos and not their content.
COUNTS = {"train_videos", "val_videos", "test_videos", "val_duets", "test_duets"}


class Settings(BaseModel):
    """What to generate; every key is required.

    Parameters
    ----------
    classes
        Number of instruments.
    train_videos, val_videos, test_videos
        Numbers of solos.
    val_duets, test_duets
        Numbers of duets.
    duration_s, video_fps
        Length and frame rate of a video.
    annotation_fps
        Annotated times a second.
    width_px, height_px
        Size of a frame.
    sample_rate_hz
        Of the sound.
    object_size, clutter_size, clutter_max, silent_class_probability, hue_spread_deg, sway, centring
        See `avloc.datasets.generator.scene.Style`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: Annotated[int, Field(ge=2, le=len(INSTRUMENTS))]
    train_videos: Count
    val_videos: Count
    test_videos: Count
    val_duets: Count
    test_duets: Count
    duration_s: Annotated[float, Field(ge=1)]
    video_fps: Annotated[float, Field(gt=0)]
    annotation_fps: Annotated[float, Field(gt=0)]
    width_px: EvenPixels
    height_px: EvenPixels
    sample_rate_hz: Annotated[int, Field(ge=16000)]
    object_size: tuple[Share, Share]
    clutter_size: tuple[Share, Share]
    clutter_max: Count
    silent_class_probability: Share
    hue_spread_deg: Annotated[float, Field(ge=0, le=180)]
    sway: Share
    centring: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not math.isclose(self.video_frames, self.duration_s * self.video_fps):
            raise ValueError("duration_s times video_fps must be a whole number of frames")
        for name, (low, high) in (
            ("object_size", self.object_size),
            ("clutter_size", self.clutter_size),
        ):
            if not 0.05 <= low <= high:
                raise ValueError(f"{name} must be two fractions, 0.05 <= smallest <= largest <= 1")
        return self

    @property
    def video_frames(self) -> int:
        """Frames in a video."""
        return round(self.duration_s * self.video_fps)

    @property
    def samples(self) -> int:
        """Sound samples in a video."""
        return round(self.duration_s * self.sample_rate_hz)

    @property
    def style(self) -> Style:
        """How scenes are drawn."""
        return Style(
            width_px=self.width_px,
            height_px=self.height_px,
            object_size=self.object_size,
            clutter_size=self.clutter_size,
            clutter_max=self.clutter_max,
            silent_class_probability=self.silent_class_probability,
            hue_spread_deg=self.hue_spread_deg,
            sway=self.sway,
            centring=self.centring,
        )


@dataclass(frozen=True)
class VideoSpec:
    """A video to generate, and the instruments that sound in it."""

    id: str
    split: Split
    sounding: tuple[Instrument, ...]


def video_specs(settings: Settings) -> Iterator[VideoSpec]:
    """Yield all videos; the classes take turns, so that every split has every class."""
    instruments = INSTRUMENTS[: settings.classes]
    solos: dict[Split, int] = {
        "train": settings.train_videos,
        "val": settings.val_videos,
        "test": settings.test_videos,
    }
    duets: dict[Split, int] = {"val": settings.val_duets, "test": settings.test_duets}
    for split, count in solos.items():
        for n in range(count):
            yield VideoSpec(f"{split}-solo-{n:05d}", split, (instruments[n % len(instruments)],))
    for split, count in duets.items():
        for n in range(count):
            first = n % len(instruments)
            # Pairs of neighbours come first, then pairs of next but one, and so on: all in turn.
            step = 1 + n // len(instruments) % (len(instruments) - 1)
            pair = instruments[first], instruments[(first + step) % len(instruments)]
            yield VideoSpec(f"{split}-duet-{n:05d}", split, pair)


def scene_of(spec: VideoSpec, settings: Settings, seed: int) -> MovingScene:
    """Return the moving scene that a video shows.

    Parameters
    ----------
    spec
        The video.
    settings
        How scenes are drawn.
    seed
        Of the data set.
    """
    silent = [one for one in INSTRUMENTS[: settings.classes] if one not in spec.sounding]
    return draw_scene(settings.style, spec.sounding, silent, rng(seed, spec.id, "scene"))


def sounds_of(spec: VideoSpec, settings: Settings, seed: int) -> list[Waveform]:
    """Return the sound of each sounding object of a video, alone, at an RMS of 0.1.

    Parameters
    ----------
    spec
        The video.
    settings
        Length and sample rate.
    seed
        Of the data set.
    """
    return [
        play(
            instrument.timbre,
            rng(seed, spec.id, "sound", number),
            settings.samples,
            settings.sample_rate_hz,
        )
        for number, instrument in enumerate(spec.sounding)
    ]


def annotate(scene: MovingScene, settings: Settings) -> tuple[AnnotatedTime, ...]:
    """Return the visible pixels of every object with a class, at each annotated time.

    They are those of the frame on screen, which an extraction at `annotation_fps` would give.

    Parameters
    ----------
    scene
        What the video shows.
    settings
        Length, frame rate and annotated times.
    """
    times = np.arange(math.ceil(settings.duration_s * settings.annotation_fps - 1e-9))
    annotated = []
    for time_s in times / settings.annotation_fps:
        number = math.floor(time_s * settings.video_fps + 1e-9)
        owners = scene.owners(number / settings.video_fps)
        annotated.append(
            AnnotatedTime(
                Seconds(float(time_s)),
                tuple(
                    AnnotatedObject(layer.category, box_of(mask), layer.sounding, encode_mask(mask))
                    for index, layer in enumerate(scene.layers)
                    if layer.category is not None and (mask := owners == index).any()
                ),
            )
        )
    return tuple(annotated)


def folder_name(settings: Settings, seed: int) -> str:
    """Return 32 hex digits that change whenever the content of a video could change.

    Parameters
    ----------
    settings
        All but the numbers of videos count.
    seed
        Of the data set.
    """
    return key([seed, settings.model_dump(mode="json", exclude=COUNTS)], [Path(__file__)])


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """Generate all videos that are not there yet.

    Parameters
    ----------
    settings
        What to generate.
    context
        Raw folder, seed and number of workers. The workers are threads: most of the time goes into
        drawing and into the encoder's process, both outside Python's lock.

    Returns
    -------
    DownloadResult
        The clips in the order of `video_specs`, with paths relative to the raw folder.
    """
    raw, seed = context.raw, context.seed
    folder = folder_name(settings, seed)

    def generate(spec: VideoSpec) -> tuple[Clip, tuple[AnnotatedTime, ...]]:
        scene = scene_of(spec, settings, seed)
        path = Path(folder) / f"{spec.id}.mp4"
        if not (raw / path).exists():
            frames = [scene.frame(n / settings.video_fps) for n in range(settings.video_frames)]
            sound = mix(sounds_of(spec, settings, seed))
            encode(raw / path, np.stack(frames), settings.video_fps, sound, settings.sample_rate_hz)
        classes = tuple(instrument.name for instrument in spec.sounding)
        clip = Clip(spec.id, path.as_posix(), spec.split, classes, sha256(raw / path))
        return clip, annotate(scene, settings)

    specs = list(video_specs(settings))
    with ThreadPoolExecutor(context.workers) as pool:
        generated = list(track(pool.map(generate, specs), len(specs), "generate videos"))
    return DownloadResult.complete(
        [clip for clip, _ in generated], {clip.id: times for clip, times in generated}
    )
