"""Data for the yardsticks: noise in the project's format, in the release's, and as videos."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import wavfile

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Clip, Seconds
from avloc.data.shards.format import ClipFormat, write_tables
from avloc.data.shards.reader import Shards, open_shards
from avloc.data.shards.writer import write_shard
from avloc.seeding import rng

FPS, SAMPLE_RATE_HZ, CLIP_S = 4.0, 16000, 2.0
CLASSES = ("bell", "drum", "flute", "harp")

#: Of the release's files: frames of a small video, and wav files of a second in stereo.
FRAME_SIZE, WAV_RATE_HZ = (320, 240), 44100


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Return an image of coloured waves with some noise, about as hard to decode as a photo.

    Parameters
    ----------
    number
        Chooses the waves.
    width, height
        In pixels.
    """
    random = rng("bench picture", number)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    waves = [np.sin(2 * np.pi * (a * x + b * y + c)) for a, b, c in random.uniform(1, 9, (3, 3))]
    pixels = 128 + 90 * np.stack(waves, axis=-1) + random.normal(0, 8, (height, width, 3))
    return np.asarray(pixels.clip(0, 255), np.uint8)


def write_shards(folder: Path, clips: int, size_px: int, split: str = "train") -> Shards:
    """Write clips of two seconds as the extract stage does, and open them.

    Parameters
    ----------
    folder
        Where to write.
    clips
        Their number.
    size_px
        Side of the frames, in pixels.
    split
        Of all clips.
    """
    if not (folder / "shards.json").exists():
        _write_shards(folder, clips, size_px, split)
    return open_shards(folder)


def _write_shards(folder: Path, clips: int, size_px: int, split: str) -> None:
    rates = ClipFormat(FPS, size_px, SAMPLE_RATE_HZ)
    frames_of_clip, samples = round(CLIP_S * FPS), round(CLIP_S * SAMPLE_RATE_HZ)
    pictures = np.stack([picture(n, size_px, size_px) for n in range(frames_of_clip)])
    with write_shard(folder, f"{split}-00000", size_px) as writer:
        for number in range(clips):
            sound = rng("bench sound", number).normal(0, 3000, samples)
            name = CLASSES[number % len(CLASSES)]
            clip = Clip(f"clip-{number:06d}", "", split, (name,), "")  # type: ignore[arg-type]
            # Another order, so that no two clips have the same frames at the same times.
            writer.add(clip, np.roll(pictures, number, axis=0), sound.astype(np.int16))
    write_tables(folder, writer.entries, [], rates)


def boxes(shards: Shards) -> Annotations:
    """Return a box at one second of every clip."""
    return {
        entry.id: (
            AnnotatedTime(Seconds(1.0), (AnnotatedObject(entry.classes[0], (0.2, 0.2, 0.5, 0.5)),)),
        )
        for entry in shards.entries
    }


@dataclass(frozen=True)
class ReleaseFiles:
    """Files of the clips as the release keeps them: folders of frames and of seconds of sound.

    Parameters
    ----------
    frames, sounds
        For each clip its jpg files, four a second, and its wav files of one second.
    """

    frames: tuple[tuple[Path, ...], ...]
    sounds: tuple[tuple[Path, ...], ...]


def write_release_files(folder: Path, clips: int) -> ReleaseFiles:
    """Write clips of two seconds as jpg and wav files.

    Parameters
    ----------
    folder
        Where to write.
    clips
        Their number.
    """
    images = [Image.fromarray(picture(n, *FRAME_SIZE)) for n in range(round(CLIP_S * FPS))]
    frames, sounds = [], []
    for number in range(clips):
        home = folder / f"clip-{number:06d}"
        frames.append(tuple(home / f"{n:06d}.jpg" for n in range(len(images))))
        sounds.append(tuple(home / f"{n:04d}.wav" for n in range(round(CLIP_S))))
        if home.exists():
            continue
        home.mkdir(parents=True)
        for image, path in zip(images, frames[-1], strict=True):
            image.save(path, quality=90)
        for second, path in enumerate(sounds[-1]):
            noise = rng("bench wav", number, second).normal(0, 3000, (WAV_RATE_HZ, 2))
            wavfile.write(path, WAV_RATE_HZ, noise.astype(np.int16))
    return ReleaseFiles(tuple(frames), tuple(sounds))


def write_video(path: Path, duration_s: float, width: int, height: int) -> None:
    """Write an MP4 file with moving pictures and stereo sound, if it is not there.

    Parameters
    ----------
    path
        The file.
    duration_s
        Its length, at 25 frames per second.
    width, height
        In pixels, even.
    """
    from avloc import media  # where there is no ffmpeg, the other yardsticks still run

    if path.exists():
        return
    base = picture(0, width, height)
    frames = np.stack([np.roll(base, 3 * n, axis=1) for n in range(round(25 * duration_s))])
    sound = rng("bench video").normal(0, 0.1, (round(WAV_RATE_HZ * duration_s), 2))
    media.encode(path, frames, 25, sound.clip(-1, 1).astype(np.float32), WAV_RATE_HZ)


def write_cached_pairs(folder: Path, scenes: int, side_px: int, split: str = "test") -> None:
    """Write scenes of two sources side by side as the cache stage does, for scoring.

    Images and sounds are left blank: maps that are given do not depend on them.

    Parameters
    ----------
    folder
        Where to write.
    scenes
        Their number.
    side_px
        Side of a tile, in pixels, a multiple of 8.
    split
        Of the scenes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = rng("bench pairs", split)
    masks = np.zeros((scenes, 2, side_px, 2 * side_px), bool)
    corners = random.integers(0, side_px // 2, (scenes, 2, 2))
    for own, places in zip(masks, corners, strict=True):
        for tile, (x, y) in enumerate(places):
            left = tile * side_px + x
            own[tile, y : y + side_px // 2, left : left + side_px // 2] = True
    stem = folder / f"{split}-pair"
    np.save(f"{stem}.masks.npy", np.packbits(masks, axis=-1))
    np.save(f"{stem}.swap.npy", np.roll(np.arange(scenes), 1))
    blank = {
        "images": ((scenes, side_px, 2 * side_px, 3), np.uint8),
        "mixture": ((scenes, 1, 2, 2), np.float32),
        "singles": ((scenes, 2, 1, 2, 2), np.float32),
    }
    for name, (shape, kind) in blank.items():
        # On most disks, zeros that nobody writes take no space.
        np.lib.format.open_memmap(f"{stem}.{name}.npy", mode="w+", dtype=kind, shape=shape).flush()
    for name in ("silence", "noise"):
        np.save(folder / f"negatives.{name}.npy", np.zeros((1, 1, 2, 2), np.float32))
    described = [
        {
            "id": f"pair-{split}-{n}",
            "videos": [f"v{n}", f"v{(n + 1) % scenes}"],
            "classes": [CLASSES[n % 4], CLASSES[(n + 1) % 4]],
        }
        for n in range(scenes)
    ]
    Path(f"{stem}.scenes.json").write_text(json.dumps(described), encoding="utf-8")
