"""Videos for tests: every frame shows its own number, every second begins with a beep."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.media import Media, encode

RATE_HZ = 16000
BITS = 8


def numbered(count: int, size_px: int = 64) -> NDArray[np.uint8]:
    """Return frames (T, S, S, 3) that show their number as 2 x 4 black or white fields."""
    frames = np.zeros((count, size_px, size_px, 3), np.uint8)
    for number in range(count):
        for bit in range(BITS):
            if number >> bit & 1:
                y, x = bit // 4 * size_px // 2, bit % 4 * size_px // 4
                frames[number, y : y + size_px // 2, x : x + size_px // 4] = 255
    return frames


def numbers(frames: NDArray[np.uint8]) -> list[int]:
    """Read the numbers that `numbered` wrote, at any size."""
    size = frames.shape[1]
    fields = frames.mean(-1)[
        :, size // 4 :: size // 2, size // 8 :: size // 4
    ]  # (T, 2, 4), the middle of each field
    return [int(n) for n in (fields.reshape(-1, BITS) > 127) @ (1 << np.arange(BITS))]


def beeps(duration_s: float) -> NDArray[np.float32]:
    """Return a waveform with 50 ms of a tone at the start of every second."""
    time = np.arange(round(duration_s * RATE_HZ))
    return np.where(time % RATE_HZ < 800, 0.5 * np.cos(0.5 * time), 0).astype(np.float32)


def onsets(waveform: NDArray[np.int16]) -> list[int]:
    """Return the samples at which beeps begin."""
    loud = np.flatnonzero(np.abs(waveform.astype(int)) > 4000)
    return [int(s) for s in loud[np.diff(loud, prepend=-RATE_HZ) > RATE_HZ // 4]]


def lag_s(media: Media, fps: float) -> float:
    """Return by how much a beep and the picture of its second are apart, at most.

    The video is one of `numbered_video` with 25 frames a second, so every 25th number comes with a
    beep.
    """
    shown = numbers(media.frames)
    flashes = [
        n / fps for n, number in enumerate(shown) if not number % 25 and number not in shown[:n]
    ]
    heard = [sample / RATE_HZ for sample in onsets(media.waveform)]
    assert len(flashes) >= 2 and len(heard) >= 2
    return max(min(abs(flash - beep) for beep in heard) for flash in flashes[1:])


def numbered_video(path: Path, duration_s: float = 3.0, fps: float = 25.0) -> Path:
    """Write a numbered, beeping video."""
    encode(path, numbered(round(duration_s * fps)), fps, beeps(duration_s), RATE_HZ)
    return path


def ffmpeg(*arguments: str | Path) -> None:
    """Run the ffmpeg of imageio-ffmpeg, for what the package itself never does to a video."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
