"""Writes video files."""

import tempfile
from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.files import atomic
from avloc.media.process import BITEXACT, Overdue, file_url, run_ffmpeg

#: Seconds that ffmpeg may take to start and for each frame: a hundred times what it needs.
STARTING_LIMIT_S, LIMIT_PER_FRAME_S = 300.0, 5.0


def encode(
    path: Path,
    frames: NDArray[np.uint8],
    fps: float,
    waveform: NDArray[np.float32],
    sample_rate_hz: int,
) -> None:
    """Write an MP4 file with H.264 frames and AAC sound; equal arguments give equal bytes.

    Parameters
    ----------
    path
        File to write, atomically.
    frames
        (T, H, W, 3) RGB; H and W must be even for the 4:2:0 sampling of H.264.
    fps
        Frames per second.
    waveform
        (N,) or (N, 2), in [-1, 1]; sample 0 is at the time of the first frame.
    sample_rate_hz
        Samples per second.

    Raises
    ------
    ValueError
        If a shape is wrong.
    RuntimeError
        If ffmpeg fails.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not len(frames):
        raise ValueError(f"frames must be (T, H, W, 3) uint8, not {frames.shape} {frames.dtype}")
    height, width = frames.shape[1:3]
    if height % 2 or width % 2:
        raise ValueError(f"frames must have even sides, not {height} x {width}")
    if waveform.ndim not in (1, 2) or not len(waveform):
        raise ValueError(f"waveform must be (N,) or (N, 2), not {waveform.shape}")

    with tempfile.TemporaryDirectory(prefix="avloc-") as folder, atomic(path) as temporary:
        sound_file = Path(folder) / "sound.f32"
        np.ascontiguousarray(waveform, "<f4").tofile(sound_file)
        pictures = ffmpeg.input(
            "pipe:0", format="rawvideo", pix_fmt="rgb24", video_size=(width, height),
            framerate=fps,
        )  # fmt: skip
        sound = ffmpeg.input(
            file_url(sound_file),
            format="f32le",
            ar=sample_rate_hz,
            ac=1 if waveform.ndim == 1 else 2,
        )
        output = ffmpeg.output(
            pictures, sound, file_url(temporary), format="mp4", pix_fmt="yuv420p",
            vcodec="libx264", crf=18, preset="veryfast", acodec="aac", audio_bitrate="128k",
            **BITEXACT,
        )  # fmt: skip
        limit_s = STARTING_LIMIT_S + LIMIT_PER_FRAME_S * len(frames)
        try:
            run = run_ffmpeg(
                output, limit_s, Path(folder), standard_input=np.ascontiguousarray(frames).tobytes()
            )
        except Overdue as overdue:
            raise RuntimeError(f"{path} could not be encoded: {overdue}") from None
        if run.status:
            raise RuntimeError(f"ffmpeg could not encode {path}: {run.log.tail()}")
