"""Reads and writes videos frame by frame, in memory that does not grow with their length."""

import math
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.files import atomic
from avloc.media.containers import RESTRICTED
from avloc.media.damage import signs
from avloc.media.faults import Unusable
from avloc.media.log import Log
from avloc.media.process import child_environment, ffmpeg_binary, file_url
from avloc.media.reading import CLOCK_TOLERANCE_US
from avloc.media.video_facts import VideoFacts

#: Codecs of sound that are copied into an MP4 file as they are; others are encoded as AAC.
COPIED_SOUND = ("aac", "mp3", "ac3", "eac3", "alac", "opus")


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
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic(self._path))
            self._ffmpeg = stack.enter_context(_running(self._output(temporary)))
            # Whatever stops this before, Ctrl-C included, leaves nothing behind.
            self._opened = stack.pop_all()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Finish the file, or remove what was written of it.

        Raises
        ------
        UserError
            If ffmpeg could not write it.
        """
        with ExitStack() as stack:
            stack.push(self._opened)
            if error is not None:
                raise error
            self._finish()

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
            movflags="+faststart", map_metadata=-1, fps_mode="passthrough", **sound,
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
    process = None
    with tempfile.TemporaryFile() as messages:
        try:
            # Interrupted in the middle, Popen would leave an ffmpeg that nobody ends.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            try:
                process = subprocess.Popen(
                    command, env=child_environment(), stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=messages,
                    # A session of its own: Ctrl-C ends this program, which then ends ffmpeg.
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise UserError(
                    f"ffmpeg ({command[0]}) cannot be started: {error.strerror}; set AVLOC_FFMPEG "
                    "to one that can"
                ) from None
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            yield _Ffmpeg(process, messages)
        finally:
            if process is not None:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    if pipe:
                        with suppress(BrokenPipeError):
                            pipe.close()
