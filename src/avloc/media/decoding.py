"""Reads frames and sound of video files, by time."""

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.media.process import BITEXACT, Unusable, failure_reason, file_url, run_ffmpeg

#: A frame that is due within this time counts as on screen. Matroska and WebM round times to 1 ms;
#: with this tolerance, reading a video at its own frame rate gives each frame once.
CLOCK_TOLERANCE_US = 1000

#: Sound is read for this much longer than frames, since the frames may start later.
LATEST_START_S = 1.0

#: Smallest sample that counts as heard, of 32,768: -78 dB. Lossy codecs leave less in silence.
AUDIBLE = 4


@dataclass(frozen=True)
class Media:
    """Frames and sound of a video, of equal length and on one clock.

    Parameters
    ----------
    frames
        (T, H, W, 3) RGB; frame n is on screen at n / fps seconds.
    waveform
        (N,) mono; sample 0 is at the time of frame 0.
    notes
        What to know of how the file was read, a few words each, the same for every build of ffmpeg.
    """

    frames: NDArray[np.uint8]
    waveform: NDArray[np.int16]
    notes: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether nothing is heard: no sample reaches `AUDIBLE`."""
        return not np.any(np.abs(self.waveform.astype(np.int32)) >= AUDIBLE)


def decode(
    path: Path, fps: float, size_px: int, sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read frames and sound of a video, the frames resized to squares.

    Frames are chosen by time, so videos of 25, 29.97 or a variable number of frames per second are
    read alike. Time 0 is the first frame. Silence fills gaps in the sound, and the time before a
    late start. Frames and sound end with the one that ends first; only the last frame may need less
    than its duration of silence.

    Parameters
    ----------
    path
        The video.
    fps
        Frames per second to read; the video may have another rate.
    size_px
        Side S of the frames, in pixels.
    sample_rate_hz
        Samples per second to read; the video may have another rate.
    max_duration_s
        The video is cut after this time.

    Returns
    -------
    Media
        (T, S, S, 3) frames and their sound.

    Raises
    ------
    Unusable
        If the file has no frames or no sound, or is damaged; the message is the reason.
    """
    return _decode(path, fps, (size_px, size_px), sample_rate_hz, max_duration_s)


def decode_unsquashed(
    path: Path, fps: float, height_px: int, sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read the same frames as `decode`, but with the aspect ratio in which a player shows them.

    Parameters
    ----------
    path, fps, sample_rate_hz, max_duration_s
        As for `decode`.
    height_px
        Height of the frames, in pixels. Their width follows from the aspect ratio of the video,
        rounded to an even number.

    Raises
    ------
    Unusable
        As for `decode`.
    """
    width = f"2*max(1,round({height_px}*dar/2))"
    return _decode(path, fps, (width, height_px), sample_rate_hz, max_duration_s)


def decode_sound(path: Path, sample_rate_hz: int) -> NDArray[np.float32]:
    """Read the sound of a file, mixed to one channel.

    Parameters
    ----------
    path
        A video or a sound file.
    sample_rate_hz
        Samples per second to read.

    Returns
    -------
    ndarray
        (samples,) in [-1, 1].

    Raises
    ------
    Unusable
        If the file has no sound or is damaged.
    """
    source = ffmpeg.input(file_url(path), protocol_whitelist="file,pipe", threads=1)
    status, received, log = run_ffmpeg(
        source["a:0"].output("pipe:1", format="f32le", ac=1, ar=sample_rate_hz, **BITEXACT)
    )
    fault = failure_reason(path, status, log)
    if fault or not received:
        raise Unusable(f"{path}: {fault or 'no sound in it'}")
    return np.frombuffer(received, "<f4").astype(np.float32)


def _decode(
    path: Path, fps: float, size: tuple[int | str, int], sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read frames of a width and height; each may be an expression that ffmpeg evaluates."""
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        times_file, sound_file = Path(folder) / "times.txt", Path(folder) / "sound.s16"
        source = ffmpeg.input(
            file_url(path), protocol_whitelist="file,pipe", threads=1, flags="+bitexact",
            reinit_filter=0,  # else a change of resolution would restart the clock
        )  # fmt: skip
        pictures = _pictures(source, times_file, fps, size).output(
            # PPM is raw RGB after a header with the size of the frame.
            "pipe:1", format="image2pipe", vcodec="ppm", pix_fmt="rgb24", fps_mode="passthrough",
            t=max_duration_s, **BITEXACT,
        )  # fmt: skip
        sound_s = max_duration_s + LATEST_START_S
        sound = (
            source["a:0"]
            .filter("aresample", sample_rate_hz, first_pts=0)  # fills gaps, too
            .filter("aformat", "s16", sample_rate_hz, "mono")
            .output(file_url(sound_file), format="s16le", t=sound_s, **BITEXACT)
        )
        status, received, log = run_ffmpeg(ffmpeg.merge_outputs(pictures, sound))
        fault = failure_reason(path, status, log)
        if fault:
            raise Unusable(fault)
        start = re.search(r"pts_time:([0-9.]+)", times_file.read_text())
        waveform = np.fromfile(sound_file, "<i2").astype(np.int16)
    header = re.match(rb"P6\n(\d+) (\d+)\n255\n", received)
    if start is None or header is None:
        raise Unusable("no picture could be decoded")
    width, height = int(header[1]), int(header[2])
    images = np.frombuffer(received, np.uint8).reshape(-1, header.end() + width * height * 3)
    frames = images[:, header.end() :].reshape(-1, height, width, 3)
    waveform = waveform[round(float(start[1]) * sample_rate_hz) :]
    return _cut_to_equal_length(frames, waveform, fps, sample_rate_hz)


def _pictures(source: Any, times_file: Path, fps: float, size: tuple[int | str, int]) -> Any:
    """Return the filters that choose and scale frames and write their original times to a file.

    The sound is cut by these times, since the filters of frames and of sound cannot exchange them.
    """
    return (
        source["V:0"]  # a capital V leaves out cover art
        .filter("settb", "AVTB")
        .filter("metadata", mode="add", key="shown", value=1)  # only tagged frames are printed
        .filter("metadata", mode="print", file=str(times_file))
        .filter("setpts", f"PTS-STARTPTS-{CLOCK_TOLERANCE_US}")
        .filter("fps", fps=fps, start_time=0, round="up")  # up: never a frame before its time
        .filter("scale", *size, flags="bicubic+accurate_rnd+full_chroma_int+bitexact")
    )


def _cut_to_equal_length(
    frames: NDArray[np.uint8], waveform: NDArray[np.int16], fps: float, sample_rate_hz: int
) -> Media:
    count = min(len(frames), math.ceil(len(waveform) * fps / sample_rate_hz))
    if not count:
        raise Unusable("no sound while there are pictures")
    samples = round(count * sample_rate_hz / fps)
    waveform = np.pad(waveform[:samples], (0, max(0, samples - len(waveform))))
    return Media(frames[:count], waveform)
