"""MapKind pictures and sound by time."""

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.media.process import BITEXACT, Unusable, reason, run, url

#: Matroska and WebM round times to 1 ms. A frame due within this time counts as on screen, so that
#: reading a video at its own rate yields each frame once.
CLOCK_TOLERANCE_US = 1000

#: Sound is read for this much longer than pictures, which may start after it.
LATEST_START_S = 1.0


@dataclass(frozen=True)
class Media:
    """Pictures and sound of one video, of equal length and on one clock.

    Parameters
    ----------
    frames
        (T, H, W, 3) RGB; frame n is the one on screen at n / fps.
    waveform
        (N,) mono int16; sample 0 is heard at the time of frame 0.
    """

    frames: NDArray[np.uint8]
    waveform: NDArray[np.int16]


def decode(
    path: Path, fps: float, size_px: int, sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read pictures and sound of one video with one ffmpeg process.

    Frames are chosen by time, not by number, so that a video of 25, 29.97 or a variable number of
    frames per second is read alike; they are squashed to a square. Time 0 is the first picture.
    Where sound starts late or has gaps, silence fills them. Both end with the one that ends first,
    except that sound may be padded with silence by less than the time of one frame.

    Parameters
    ----------
    path
        The video.
    fps
        Frames per second to be read, whatever the video has.
    size_px
        Side S of the frames in pixels.
    sample_rate_hz
        Samples per second to be read, whatever the video has.
    max_duration_s
        What comes later in the video is left out.

    Raises
    ------
    Unusable
        If the file has no pictures or no sound, or is damaged; the message is the reason.
    """
    return _decode(path, fps, (size_px, size_px), sample_rate_hz, max_duration_s)


def decode_unsquashed(
    path: Path, fps: float, height_px: int, sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read the same moments as `decode`, in the shape in which a player shows the picture.

    Frames are `height_px` high and as wide as the video's aspect ratio asks, rounded to an even
    number.
    """
    width = f"2*max(1,round({height_px}*dar/2))"
    return _decode(path, fps, (width, height_px), sample_rate_hz, max_duration_s)


def decode_sound(path: Path, sample_rate_hz: int) -> NDArray[np.float32]:
    """Read the sound of a file, mixed down to one channel.

    Returns
    -------
    ndarray
        (samples,) in [-1, 1].

    Raises
    ------
    Unusable
        If the file has no sound or is damaged.
    """
    source = ffmpeg.input(url(path), protocol_whitelist="file,pipe", threads=1)
    status, received, log = run(
        source["a:0"].output("pipe:1", format="f32le", ac=1, ar=sample_rate_hz, **BITEXACT)
    )
    fault = reason(path, status, log)
    if fault or not received:
        raise Unusable(f"{path}: {fault or 'no sound in it'}")
    return np.frombuffer(received, "<f4").astype(np.float32)


def _decode(
    path: Path, fps: float, size: tuple[int | str, int], sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read frames of a width and height that ffmpeg may have to work out."""
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        times_file, sound_file = Path(folder) / "times.txt", Path(folder) / "sound.s16"
        source = ffmpeg.input(
            url(path), protocol_whitelist="file,pipe", threads=1, flags="+bitexact",
            reinit_filter=0,  # or a change of resolution would start the clock again
        )  # fmt: skip
        pictures = _pictures(source, times_file, fps, size).output(
            # PPM is raw RGB behind a header that says how large the frame is.
            "pipe:1", format="image2pipe", vcodec="ppm", pix_fmt="rgb24", fps_mode="passthrough",
            t=max_duration_s, **BITEXACT,
        )  # fmt: skip
        sound = (
            source["a:0"]
            .filter("aresample", sample_rate_hz, first_pts=0)  # which fills gaps, too
            .filter("aformat", "s16", sample_rate_hz, "mono")
            .output(url(sound_file), format="s16le", t=max_duration_s + LATEST_START_S, **BITEXACT)
        )
        status, received, log = run(ffmpeg.merge_outputs(pictures, sound))
        fault = reason(path, status, log)
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
    return _of_equal_length(frames, waveform, fps, sample_rate_hz)


def _pictures(source: Any, times_file: Path, fps: float, size: tuple[int | str, int]) -> Any:
    """Return the filters that choose and scale frames, and note the time of every source frame.

    The note is needed to cut the sound: filters of pictures and of sound cannot see one another.
    """
    return (
        source["V:0"]  # a capital V leaves out cover art
        .filter("settb", "AVTB")
        .filter("metadata", mode="add", key="shown", value=1)  # only tagged frames are noted
        .filter("metadata", mode="print", file=str(times_file))
        .filter("setpts", f"PTS-STARTPTS-{CLOCK_TOLERANCE_US}")
        .filter("fps", fps=fps, start_time=0, round="up")  # up: never a frame not yet on screen
        .filter("scale", *size, flags="bicubic+accurate_rnd+full_chroma_int+bitexact")
    )


def _of_equal_length(
    frames: NDArray[np.uint8], waveform: NDArray[np.int16], fps: float, sample_rate_hz: int
) -> Media:
    count = min(len(frames), math.ceil(len(waveform) * fps / sample_rate_hz))
    if not count:
        raise Unusable("no sound while there are pictures")
    samples = round(count * sample_rate_hz / fps)
    waveform = np.pad(waveform[:samples], (0, max(0, samples - len(waveform))))
    return Media(frames[:count], waveform)
