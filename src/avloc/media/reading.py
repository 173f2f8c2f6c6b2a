"""Runs ffmpeg once over a file: its pictures by time, and its sound from time 0 on."""

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.media import sound
from avloc.media.containers import RESTRICTED
from avloc.media.process import BITEXACT, Finished, file_url, run_ffmpeg

#: A frame that is due within this time counts as on screen. Matroska and WebM round times to 1 ms;
#: with this tolerance, reading a video at its own frame rate gives each frame once.
CLOCK_TOLERANCE_US = 1000

#: Demuxers of files that have pictures in the order of decoding and no times to show them. ffmpeg
#: takes each of them for as late as the decoder waits for pictures that are shown earlier.
WITHOUT_TIMES = ("avi",)

#: File in which the time of the first picture is written.
TIMES = "times.txt"

#: Sound is read for this much longer than frames, since the frames may start later.
EXTRA_SOUND_S = 1.0

#: Seconds that ffmpeg may take to open a file and for each second of it that is wanted. The largest
#: videos take a slow machine with other work a tenth of that; more means that it hangs.
OPENING_LIMIT_S, LIMIT_PER_SECOND_S = 300.0, 30.0


@dataclass(frozen=True)
class Wanted:
    """What is read of a file.

    Parameters
    ----------
    fps
        Frames per second.
    size
        Width and height of the frames; each may be an expression that ffmpeg evaluates.
    sample_rate_hz
        Samples per second.
    duration_s
        Longest time.
    """

    fps: float
    size: tuple[int | str, int]
    sample_rate_hz: int
    duration_s: float

    @property
    def most_frames(self) -> int:
        """Number of frames in the longest time."""
        return math.ceil(round(self.duration_s * self.fps, 6))

    @property
    def limit_s(self) -> float:
        """Seconds that one run of ffmpeg may take."""
        return OPENING_LIMIT_S + LIMIT_PER_SECOND_S * self.duration_s


@dataclass(frozen=True)
class Reading:
    """What one run of ffmpeg gave.

    Parameters
    ----------
    frames
        (T, H, W, 3); empty if no picture could be decoded.
    start_s
        Time of the first picture.
    mix
        (N,) sound of one channel; sample 0 is at time 0.
    run
        How ffmpeg ended.
    """

    frames: NDArray[np.uint8]
    start_s: float
    mix: NDArray[np.int16]
    run: Finished


def read(path: Path, track: str, wanted: Wanted, extra_sound_s: float = EXTRA_SOUND_S) -> Reading:
    """Read pictures and sound.

    Pictures and sound have filters of their own: with one graph for both, ffmpeg 7.0 aborts at
    random when one of them ends much earlier.

    Parameters
    ----------
    path
        The file.
    track
        Stream of its sound, as ffmpeg names it.
    wanted
        What is read.
    extra_sound_s
        Sound is read for this much longer than pictures.

    Raises
    ------
    UserError
        If the machine is at fault.
    """
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        sound_file = Path(folder) / "sound.s16"
        source = ffmpeg.input(
            file_url(path), **RESTRICTED, threads=1, flags="+bitexact",
            # Else a change of resolution would restart the clock. That of the sound may restart.
            **{"reinit_filter:v": 0},
        )  # fmt: skip
        pictures = source["V:0"].output(  # a capital V leaves out cover art
            # PPM is raw RGB after a header with the size of the frame.
            "pipe:1", vf=_picture_filters(wanted), format="image2pipe", vcodec="ppm",
            pix_fmt="rgb24", fps_mode="passthrough", t=wanted.duration_s, max_error_rate=1,
            **BITEXACT,
        )  # fmt: skip
        end_s = wanted.duration_s + extra_sound_s
        filters = sound.steady_filters(wanted.sample_rate_hz, end_s)
        heard = _sound_output(source[track], sound_file, filters, end_s)
        run = run_ffmpeg(ffmpeg.merge_outputs(pictures, heard), wanted.limit_s, Path(folder), path)
        mix = _samples(sound_file)
        times_file = Path(folder) / TIMES
        frames, start_s = _frames(run, times_file.read_text() if times_file.is_file() else "")
    if start_s > 0 and run.log.demuxer in WITHOUT_TIMES:
        start_s = _first_packet_s(path, wanted)
    if sound.has_parts(run.log):
        mix = read_sound_alone(path, track, wanted, extra_sound_s, "mono")[:, 0]
    return Reading(frames, start_s, mix, run)


def read_sound_alone(
    path: Path, track: str, wanted: Wanted, extra_sound_s: float, layout: str
) -> NDArray[np.int16]:
    """Return the sound, (N, channels), on the clock of `read`.

    Parameters
    ----------
    path, track, wanted, extra_sound_s
        As for `read`.
    layout
        Of the channels, as ffmpeg names it; empty for that of the file.

    Raises
    ------
    UserError
        If the machine is at fault.
    """
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        sound_file = Path(folder) / "sound.s16"
        source = ffmpeg.input(file_url(path), **RESTRICTED, threads=1, flags="+bitexact")
        # Time 0 is the start of the streams that are used, so the pictures must be used, too.
        unseen = source["V:0"].output("pipe:1", format="null", c="copy", t=wanted.duration_s)
        end_s = wanted.duration_s + extra_sound_s
        filters = sound.changing_filters(wanted.sample_rate_hz, end_s, layout)
        heard = _sound_output(source[track], sound_file, filters, end_s)
        run = run_ffmpeg(ffmpeg.merge_outputs(unseen, heard), wanted.limit_s, Path(folder), path)
        return sound.on_one_clock(_samples(sound_file), run.log)


def _sound_output(stream: Any, file: Path, filters: str, end_s: float) -> Any:
    return stream.output(
        file_url(file), af=filters, format="s16le", t=end_s, max_error_rate=1, **BITEXACT
    )


def _samples(file: Path) -> NDArray[np.int16]:
    return np.fromfile(file, "<i2").astype(np.int16) if file.is_file() else np.zeros(0, np.int16)


def _picture_filters(wanted: Wanted) -> str:
    """Return the filters that choose and scale frames and write the time of the first.

    The sound is cut by this time, since the filters of frames and of sound cannot exchange them.
    """
    width, height = wanted.size
    return (
        "settb=AVTB,"
        # Only tagged frames are printed, and to print all takes a tenth of the time of reading.
        "metadata=mode=add:key=shown:value=1:enable='eq(n,0)',"
        f"metadata=mode=print:file={TIMES},"
        f"setpts=PTS-STARTPTS-{CLOCK_TOLERANCE_US},"
        f"fps=fps={wanted.fps}:start_time=0:round=up,"  # up: never a frame before its time
        f"scale=w='{width}':h={height}:flags=bicubic+accurate_rnd+full_chroma_int+bitexact"
    )


def _first_packet_s(path: Path, wanted: Wanted) -> float:
    """Return the time at which the first picture is stored."""
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        stream = ffmpeg.input(file_url(path), **RESTRICTED)["V:0"]
        output = stream.output("pipe:1", format="framecrc", c="copy", **{"frames:v": 1})
        listing = run_ffmpeg(output, wanted.limit_s, Path(folder), path).received.decode()
    unit = re.search(r"#tb 0: (\d+)/(\d+)", listing)
    time = re.search(r"^0, *(-?\d+),", listing, re.MULTILINE)
    return int(time[1]) * int(unit[1]) / int(unit[2]) if unit and time else 0.0


def _frames(run: Finished, times: str) -> tuple[NDArray[np.uint8], float]:
    """Return the frames and the time of the first picture."""
    header = re.match(rb"P6\n(\d+) (\d+)\n255\n", run.received)
    # A whole number: fractions are written rounded, or as 7.8e-05.
    start_us = re.search(r"pts:(-?\d+)", times)
    if header is None or start_us is None:
        return np.zeros((0, 0, 0, 3), np.uint8), 0.0
    width, height = int(header[1]), int(header[2])
    size = header.end() + width * height * 3
    images = np.frombuffer(run.received, np.uint8)
    images = images[: len(images) // size * size].reshape(-1, size)  # the last one may be cut off
    return images[:, header.end() :].reshape(-1, height, width, 3), int(start_us[1]) / 1e6
