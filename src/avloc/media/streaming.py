"""Reads and writes videos frame by frame, in memory that does not grow with their length."""

import math
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.files import atomic
from avloc.media import faults
from avloc.media.containers import RESTRICTED, check_file
from avloc.media.damage import signs
from avloc.media.faults import Unusable
from avloc.media.log import Log
from avloc.media.process import child_environment, ffmpeg_binary, file_url, run_ffmpeg
from avloc.media.reading import CLOCK_TOLERANCE_US, OPENING_LIMIT_S, WITHOUT_TIMES

#: Frames per second of a file that does not say, and the most that are written. A file with a
#: variable rate may announce the rate of its clock.
USUAL_FPS, MOST_FPS = Fraction(30), Fraction(120)

#: Codecs of sound that are copied into an MP4 file as they are; others are encoded as AAC.
COPIED_SOUND = ("aac", "mp3", "ac3", "eac3", "alac", "opus")

#: What is read to learn what a file holds.
PROBE_S = 0.2


@dataclass(frozen=True)
class VideoFacts:
    """What a video file holds.

    Parameters
    ----------
    path
        The file.
    width, height
        Of its pictures as a player shows them, upright and with square pixels, in pixels; even.
    fps
        Frames per second.
    start_s
        Time of the first picture.
    duration_s
        The duration that the file announces; 0 if it announces none.
    track, tracks
        Stream of the sound that players take, as ffmpeg numbers it, and how many there are.
    is_mono
        Whether that sound has one channel.
    codec
        Of that sound, as ffmpeg names it.
    """

    path: Path
    width: int
    height: int
    fps: Fraction
    start_s: float
    duration_s: float
    track: int
    tracks: int
    is_mono: bool
    codec: str


def examine_video(path: Path) -> VideoFacts:
    """Return what a video file holds.

    Raises
    ------
    Unusable
        If it cannot be opened, or lacks pictures or sound; the message is the reason.
    UserError
        If the machine is at fault.
    """
    check_file(path)
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        source = ffmpeg.input(file_url(path), **RESTRICTED)
        pictures = source["V:0"].output(  # a capital V leaves out cover art
            "pipe:1", vf=f"{_upright()},showinfo", format="image2pipe", vcodec="ppm",
            pix_fmt="rgb24", **{"frames:v": 1},
        )  # fmt: skip
        # Time 0 is the start of the streams that are used, so the sound must be used, too.
        heard = source["a:0"].output("pipe:1", format="null", t=PROBE_S)
        run = run_ffmpeg(ffmpeg.merge_outputs(pictures, heard), OPENING_LIMIT_S, Path(folder), path)
    if run.crashed:
        raise Unusable(faults.CRASHES_ON_IT, run.log.tail())
    if not run.log.demuxer:
        raise faults.not_opened(path, run.log)
    if not any(stream.kind == "Video" for stream in run.log.streams):
        raise Unusable(faults.NO_PICTURES)
    tracks = [stream for stream in run.log.streams if stream.kind == "Audio"]
    if not tracks:
        raise Unusable(faults.NO_SOUND)
    size = re.match(rb"P6\n(\d+) (\d+)\n255\n", run.received)
    if size is None:
        raise Unusable("no picture could be decoded", run.log.tail())
    track = min(tracks, key=lambda track: not track.is_default)
    start = re.search(r"\bn: *0 .*?pts_time:(-?[\d.]+)", run.log.report)
    codec = re.search(rf"Stream #0:{track.index}\b.*?: Audio: (\w+)", run.log.report)
    return VideoFacts(
        path,
        int(size[1]),
        int(size[2]),
        _fps(run.log),
        max(0.0, float(start[1])) if start and run.log.demuxer not in WITHOUT_TIMES else 0.0,
        run.log.duration_s,
        track.index,
        len(tracks),
        track.has_one_channel,
        codec[1] if codec else "",
    )


def _upright() -> str:
    """Return the filter that gives even sides and square pixels; ffmpeg itself turns pictures."""
    return "scale=w='2*max(1,round(iw*sar/2))':h='2*max(1,round(ih/2))',setsar=1"


def _fps(log: Log) -> Fraction:
    rate = re.search(r"frame_rate: (\d+)/(\d+)", log.report)
    if not rate or not int(rate[1]) or not int(rate[2]):
        return USUAL_FPS
    fps = Fraction(int(rate[1]), int(rate[2]))
    return fps if fps <= MOST_FPS else USUAL_FPS


class Frames:
    """The pictures of a video by time, from the first one on; an iterator of (H, W, 3) uint8 RGB.

    Frame n is on screen n / fps seconds after the first picture. Use it in a ``with`` block, which
    ends ffmpeg.

    Parameters
    ----------
    facts
        The video.
    fps
        Frames per second to read.
    width, height
        Of the frames, in pixels.
    duration_s
        Pictures after this time are left out; None for all of them.

    Attributes
    ----------
    damaged
        Once all frames were read: whether parts of the pictures did not decode.
    """

    def __init__(
        self,
        facts: VideoFacts,
        fps: Fraction | float,
        width: int,
        height: int,
        duration_s: float | None = None,
    ) -> None:
        source = ffmpeg.input(file_url(facts.path), **RESTRICTED, **{"reinit_filter:v": 0})
        # As `avloc.media.reading` chooses and scales the frames that a network was trained on.
        filters = (
            f"settb=AVTB,setpts=PTS-STARTPTS-{CLOCK_TOLERANCE_US},"
            f"fps=fps={fps}:start_time=0:round=up,"
            f"scale=w={width}:h={height}:flags=bicubic+accurate_rnd+full_chroma_int+bitexact"
        )
        limit = {} if duration_s is None else {"t": duration_s}
        self._output = source["V:0"].output(
            "pipe:1", vf=filters, format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough",
            max_error_rate=1, **limit,
        )  # fmt: skip
        self._shape, self._path = (height, width, 3), facts.path
        self.damaged = False

    def __enter__(self) -> "Frames":
        """Start ffmpeg."""
        self._running = _running(self._output)
        self._ffmpeg = self._running.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """End ffmpeg."""
        self._running.__exit__(None, None, None)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames.

        Raises
        ------
        Unusable
            If there is none.
        """
        size, count = math.prod(self._shape), 0
        assert self._ffmpeg.process.stdout is not None
        while len(data := self._ffmpeg.process.stdout.read(size)) == size:
            yield np.frombuffer(data, np.uint8).reshape(self._shape)
            count += 1
        status, log = self._ffmpeg.ended()
        if not count:
            raise Unusable("no picture could be decoded", log.tail())
        self.damaged = bool(status or signs(log, ended_early=True))


class VideoWriter:
    """Writes frames one by one, with the sound of another video, as an MP4 file.

    Use it in a ``with`` block. The file appears, whole, when the block ends without an error.

    Parameters
    ----------
    path
        File to write or to replace.
    facts
        The video whose size, frame rate, times and sound are kept. Sound that MP4 files hold is
        copied as it is.
    duration_s
        Sound after this time is left out; None for all of it.
    """

    def __init__(self, path: Path, facts: VideoFacts, duration_s: float | None = None) -> None:
        self._path, self._facts, self._duration_s = path, facts, duration_s

    def __enter__(self) -> "VideoWriter":
        """Start ffmpeg."""
        self._atomic = atomic(self._path)
        self._running = _running(self._output(self._atomic.__enter__()))
        self._ffmpeg = self._running.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Finish the file, or remove what was written of it.

        Raises
        ------
        UserError
            If ffmpeg could not write it.
        """
        try:
            if error is None:
                self._finish()
        except BaseException as failure:
            self._running.__exit__(None, None, None)
            self._atomic.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._running.__exit__(None, None, None)
        self._atomic.__exit__(kind, error, trace)

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Add a frame, (H, W, 3) uint8 RGB of the size of the video.

        Raises
        ------
        UserError
            If ffmpeg could not write it.
        """
        assert self._ffmpeg.process.stdin is not None
        try:
            self._ffmpeg.process.stdin.write(np.ascontiguousarray(frame).data)
        except BrokenPipeError:
            self._fail()

    def _finish(self) -> None:
        assert self._ffmpeg.process.stdin is not None
        try:
            self._ffmpeg.process.stdin.close()
        except BrokenPipeError:
            self._fail()
        if self._ffmpeg.ended()[0]:
            self._fail()

    def _fail(self) -> None:
        said = " ".join(self._ffmpeg.ended()[1].tail().split())[-200:]
        raise UserError(f"{self._path} could not be written ({said}); check the disk and the video")

    def _output(self, temporary: Path) -> Any:
        facts = self._facts
        pictures = ffmpeg.input(
            "pipe:0", format="rawvideo", pix_fmt="rgb24", video_size=(facts.width, facts.height),
            framerate=facts.fps, itsoffset=facts.start_s,
        )  # fmt: skip
        original = ffmpeg.input(file_url(facts.path), **RESTRICTED)
        copied = facts.codec in COPIED_SOUND
        sound = {"acodec": "copy"} if copied else {"acodec": "aac", "audio_bitrate": "192k"}
        limit = {} if self._duration_s is None else {"t": facts.start_s + self._duration_s}
        written = ffmpeg.output(
            # Tagged, since players guess the colours of what is not.
            pictures, original[str(facts.track)], file_url(temporary), format="mp4",
            vf="scale=out_color_matrix=bt709,format=yuv420p", vcodec="libx264", crf=18,
            preset="veryfast", colorspace="bt709", color_primaries="bt709", color_trc="bt709",
            movflags="+faststart", map_metadata=-1, **sound,
            **limit,
        )  # fmt: skip
        # Time 0 is the start of the streams that are used, so the pictures must be used, too.
        unseen = original["V:0"].output("pipe:1", format="null", c="copy", **limit)
        return ffmpeg.merge_outputs(written, unseen)


@dataclass(frozen=True)
class _Ffmpeg:
    """An ffmpeg that runs, and the file of its messages."""

    process: "subprocess.Popen[bytes]"
    messages: IO[bytes]

    def ended(self) -> tuple[int, Log]:
        """Wait for its end; return its exit status and its messages."""
        status = self.process.wait()
        self.messages.seek(0)
        return status, Log(self.messages.read().decode(errors="replace"))


@contextmanager
def _running(output: Any) -> Iterator[_Ffmpeg]:
    """Run an ffmpeg-python graph while the block runs."""
    command = output.global_args(
        "-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+warning"
    ).overwrite_output().compile(cmd=ffmpeg_binary())  # fmt: skip
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(
                command, env=child_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                # A session of its own: Ctrl-C ends this program, which then ends ffmpeg.
                stderr=messages, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise UserError(
                f"ffmpeg ({command[0]}) cannot be started: {error.strerror}; set AVLOC_FFMPEG to "
                "one that can"
            ) from None
        try:
            yield _Ffmpeg(process, messages)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with suppress(BrokenPipeError):
                        pipe.close()
