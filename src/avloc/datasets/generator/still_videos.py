"""One video made of a photo and a sound: what it shows, what it plays, and its file.

The file is named by all that it is made of, so that it is generated again if, and only if, one of
these changes: the content of a photo or of the sound, what is composed of the photos, a setting of
`VideoSettings`, the seed or the code.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from avloc.change_tracking import key
from avloc.datasets.generator.photos import read_photo, zoomed
from avloc.datasets.generator.still_composition import Arrangement, Edges, compose, in_view
from avloc.media import decode_sound, encode
from avloc.seeding import rng


class VideoSettings(BaseModel):
    """Sizes of a video, and how far training videos vary; every key is required.

    Parameters
    ----------
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
class StillVideo:
    """A video to generate.

    Parameters
    ----------
    id
        Names what is drawn for it.
    moves
        Whether the photo drifts and the sound's speed varies, as in training.
    photo, sound
        Their files.
    arrangement
        What a composed picture is made of; None shows the photo alone.
    """

    id: str
    moves: bool
    photo: Path
    sound: Path
    arrangement: Arrangement | None = None


def generation_key(settings: VideoSettings, seed: int) -> str:
    """Return what the files of all videos depend on besides their photos and sounds.

    Parameters
    ----------
    settings
        Of the videos; those of the data set besides do not matter.
    seed
        Of the data set.
    """
    own = settings.model_dump(include=set(VideoSettings.model_fields))
    return key([own, seed], [Path(__file__)])


def file_name(video: StillVideo, generation: str, contents: Sequence[str]) -> str:
    """Return the name of a video's file.

    Parameters
    ----------
    video
        The video.
    generation
        Of `generation_key`.
    contents
        SHA-256 of its photo, of its sound, and of the photos of its arrangement in their order.
    """
    sizes = video.arrangement and [pasted.size for pasted in video.arrangement.objects]
    made_of = repr((generation, video.id, video.moves, *contents, sizes))
    return f"{video.id}-{hashlib.sha256(made_of.encode()).hexdigest()[:32]}.mp4"


def generate(video: StillVideo, path: Path, settings: VideoSettings, seed: int) -> None:
    """Write a video, atomically.

    Parameters
    ----------
    video
        The video.
    path
        Its file.
    settings
        Sizes, and how far training videos vary.
    seed
        Of the data set.
    """
    frames, sound = frames_and_sound(video, settings, seed)
    encode(path, frames, settings.video_fps, sound, settings.sample_rate_hz)


def frames_and_sound(
    video: StillVideo, settings: VideoSettings, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return what a video shows and plays.

    Parameters
    ----------
    video
        The video.
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
    """
    random = rng(seed, "stills video", video.id)
    photo, box = _picture(video, settings, seed)
    count = round(settings.duration_s * settings.video_fps)
    zooms, corners, speed = np.ones(2), np.zeros((2, 2)), 1.0
    if video.moves:
        zooms, corners = random.uniform(1, settings.zoom_max, 2), random.uniform(0, 1, (2, 2))
        speed = settings.speed_max ** random.uniform(-1, 1)
    if box:
        corners = np.stack([in_view(*end, box) for end in zip(corners, zooms, strict=True)])
    frames = []
    for share in np.linspace(0, 1, count):
        zoom, corner = ((1 - share) * end[0] + share * end[1] for end in (zooms, corners))
        frames.append(zoomed(photo, zoom, corner, settings.size_px))
    # Resampled to rate / speed and played at the full rate, the sound is faster and higher.
    sound = decode_sound(video.sound, round(settings.sample_rate_hz / speed))
    length = round(settings.duration_s * settings.sample_rate_hz)
    if len(sound) > length:
        first = int(random.integers(len(sound) - length + 1)) if video.moves else 0
        return np.stack(frames), sound[first : first + length]
    pause = round(random.uniform(0, settings.pause_max_s) * settings.sample_rate_hz)
    repeated = np.concatenate([sound, np.zeros(pause, np.float32)])
    return np.stack(frames), np.resize(repeated, length)


def _picture(
    video: StillVideo, settings: VideoSettings, seed: int
) -> tuple[NDArray[np.uint8], Edges | None]:
    """Return the photo, or a composed picture and where the object is in it."""
    if not video.arrangement:
        return read_photo(video.photo), None
    # A generator of its own: what a video plays does not depend on whether it is composed.
    random = rng(seed, "stills picture", video.id)
    return compose(video.arrangement, settings.size_px, random)
