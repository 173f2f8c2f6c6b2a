"""Video files in and out: the only module that runs ffmpeg.

Commands are lists, never shell strings, and files are named as ``file:/absolute/path``, so that no
file name can be taken for an option or for an address.
"""

import math
import os
import re
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.files import atomic

#: Same input, same bytes: no dates, no version strings, and one thread.
BITEXACT = {"fflags": "+bitexact", "flags": "+bitexact", "map_metadata": -1, "threads": 1}


#: Matroska and WebM round times to 1 ms. A frame due within this time counts as on screen, so that
#: reading a video at its own rate yields each frame once.
CLOCK_TOLERANCE_US = 1000

#: Sound is read for this much longer than pictures, which may start after it.
LATEST_START_S = 1.0

#: ffmpeg's words and ours; the first that matches names the reason. A file that lost its end, or of
#: which a packet does not decode, is refused whole: what a decoder guesses there is no example.
REASONS = (
    ("V:0' in filtergraph", "no video stream"),
    ("a:0' in filtergraph", "no sound stream"),
    ("partial file", "truncated"),
    ("File ended prematurely", "truncated"),
    ("Error submitting packet to decoder", "damaged: parts of it do not decode"),
    ("Invalid data found when processing input", "not a media file, or damaged"),
    ("No such file or directory", "file not found"),
    ("Is a directory", "a folder, not a file"),
    ("Permission denied", "no permission to read it"),
)


class Unusable(UserError):  # noqa: N818  # a finding about a file, not a fault of the program
    """A video that cannot be used; the message is the reason, in a few words."""


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


def ffmpeg_binary() -> str:
    """Return the ffmpeg to run: ``$AVLOC_FFMPEG``, or the one that imageio-ffmpeg brings.

    Raises
    ------
    UserError
        If ``$AVLOC_FFMPEG`` names no file.
    """
    chosen = os.environ.get("AVLOC_FFMPEG", "")
    if not chosen:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    if not Path(chosen).is_file():
        raise UserError(
            f"AVLOC_FFMPEG={chosen!r} is no file; set it to an ffmpeg program or unset it"
        )
    return chosen


def encode(
    path: Path,
    frames: NDArray[np.uint8],
    fps: float,
    waveform: NDArray[np.float32],
    sample_rate_hz: int,
) -> None:
    """Write an MP4 with H.264 pictures and AAC sound; equal arguments give equal bytes.

    Parameters
    ----------
    path
        Where to write, atomically.
    frames
        (T, H, W, 3) RGB; H and W even, as the 4:2:0 sampling of H.264 wants.
    fps
        Frames per second.
    waveform
        (S,) or (S, 2), in [-1, 1]; sample 0 is heard with the first frame.
    sample_rate_hz
        Samples per second.

    Raises
    ------
    ValueError
        If a shape is wrong.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not len(frames):
        raise ValueError(f"frames must be (T, H, W, 3) uint8, not {frames.shape} {frames.dtype}")
    height, width = frames.shape[1:3]
    if height % 2 or width % 2:
        raise ValueError(f"frames must have even sides, not {height} x {width}")
    if waveform.ndim not in (1, 2) or not len(waveform):
        raise ValueError(f"waveform must be (S,) or (S, 2), not {waveform.shape}")

    with tempfile.TemporaryDirectory(prefix="avloc-") as folder, atomic(path) as temporary:
        sound_file = Path(folder) / "sound.f32"
        np.ascontiguousarray(waveform, "<f4").tofile(sound_file)
        pictures = ffmpeg.input(
            "pipe:0", format="rawvideo", pix_fmt="rgb24", video_size=(width, height),
            framerate=fps,
        )  # fmt: skip
        sound = ffmpeg.input(
            _url(sound_file), format="f32le", ar=sample_rate_hz, ac=1 if waveform.ndim == 1 else 2
        )
        output = ffmpeg.output(
            pictures, sound, _url(temporary), format="mp4", pix_fmt="yuv420p",
            vcodec="libx264", crf=18, preset="veryfast", acodec="aac", audio_bitrate="128k",
            **BITEXACT,
        )  # fmt: skip
        status, _, log = _run(output, np.ascontiguousarray(frames).tobytes())
        if status:
            raise RuntimeError(f"ffmpeg could not encode {path}: {log.strip()}")


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
    source = ffmpeg.input(_url(path), protocol_whitelist="file,pipe", threads=1)
    status, received, log = _run(
        source["a:0"].output("pipe:1", format="f32le", ac=1, ar=sample_rate_hz, **BITEXACT)
    )
    reason = _reason(path, status, log)
    if reason or not received:
        raise Unusable(f"{path}: {reason or 'no sound in it'}")
    return np.frombuffer(received, "<f4").astype(np.float32)


def _decode(
    path: Path, fps: float, size: tuple[int | str, int], sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read frames of a width and height that ffmpeg may have to work out."""
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        times_file, sound_file = Path(folder) / "times.txt", Path(folder) / "sound.s16"
        source = ffmpeg.input(
            _url(path), protocol_whitelist="file,pipe", threads=1, flags="+bitexact",
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
            .output(_url(sound_file), format="s16le", t=max_duration_s + LATEST_START_S, **BITEXACT)
        )
        status, received, log = _run(ffmpeg.merge_outputs(pictures, sound))
        reason = _reason(path, status, log)
        if reason:
            raise Unusable(reason)
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


def _reason(path: Path, status: int, log: str) -> str:
    """Return why ffmpeg did not read a file, or an empty string if it did."""
    if status < 0:
        return f"ffmpeg crashed (signal {-status}); AVLOC_FFMPEG may name another build of it"
    if "moov atom not found" in log and path.is_file():
        with path.open("rb") as file:
            if file.read(8)[4:] == b"ftyp":
                return "truncated, or never finished (an MP4 without index)"
    log = log.replace(_url(path), "")  # a file may be called "partial file"
    known = next((ours for theirs, ours in REASONS if theirs in log), "")
    if known or not status:
        return known
    return f"ffmpeg failed: {' '.join(log.strip().splitlines()[-1:])}"


def _of_equal_length(
    frames: NDArray[np.uint8], waveform: NDArray[np.int16], fps: float, sample_rate_hz: int
) -> Media:
    count = min(len(frames), math.ceil(len(waveform) * fps / sample_rate_hz))
    if not count:
        raise Unusable("no sound while there are pictures")
    samples = round(count * sample_rate_hz / fps)
    waveform = np.pad(waveform[:samples], (0, max(0, samples - len(waveform))))
    return Media(frames[:count], waveform)


def _url(path: Path) -> str:
    return f"file:{path.absolute()}"


def _run(output: Any, sent: bytes = b"") -> tuple[int, bytes, str]:
    """Run an ffmpeg-python graph; return its exit status, standard output and error log."""
    command = output.global_args(
        "-hide_banner", "-nostdin", "-loglevel", "error", "-filter_complex_threads", "1"
    ).overwrite_output()
    process = command.run_async(
        cmd=ffmpeg_binary(), pipe_stdin=True, pipe_stdout=True, pipe_stderr=True
    )
    try:
        received, log = process.communicate(sent)
    except BaseException:
        process.kill()
        process.wait()
        raise
    text = log.decode(errors="replace")
    # Faults of the machine, which must not be taken for faults of a file.
    if "No space left on device" in text:
        raise UserError("the disk is full, or the one of temporary files; free some, or set TMPDIR")
    if process.returncode == -signal.SIGKILL:
        raise UserError("ffmpeg was killed, most often for want of memory; lower `workers`")
    return process.returncode, received, text
