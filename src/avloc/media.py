"""Video files in and out: the only module that runs ffmpeg.

Commands are lists, never shell strings, and files are named as ``file:/absolute/path``, so that no
file name can be taken for an option or for an address.
"""

import os
import tempfile
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


def _url(path: Path) -> str:
    return f"file:{path.absolute()}"


def _run(output: Any, sent: bytes = b"") -> tuple[int, bytes, str]:
    """Run an ffmpeg-python graph; return its exit status, standard output and error log."""
    command = output.global_args(
        "-hide_banner", "-nostdin", "-loglevel", "error"
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
    return process.returncode, received, log.decode(errors="replace")
