"""Reads the sound of a file as a whole, mixed to one channel."""

import tempfile
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.media import faults
from avloc.media.containers import RESTRICTED, is_cut_off
from avloc.media.damage import fault_of, signs
from avloc.media.faults import Unusable
from avloc.media.process import BITEXACT, Finished, file_url, run_ffmpeg
from avloc.media.sound import CANCELLED, loudness

#: Seconds that ffmpeg may take to open a file and for each byte of it. The slowest decoders on a
#: slow machine take a hundredth of that; more means that it hangs.
OPENING_LIMIT_S, LIMIT_PER_BYTE_S = 300.0, 1e-4


def read_sound(path: Path, sample_rate_hz: int) -> NDArray[np.float32]:
    """Read the track that players take, or the first channel if all cancel each other out.

    Parameters
    ----------
    path
        A video or a sound file.
    sample_rate_hz
        Samples per second to read.

    Raises
    ------
    Unusable
        If there is no sound, or some of it does not decode.
    """
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        return _read(path, sample_rate_hz, Path(folder))


def _read(path: Path, sample_rate_hz: int, folder: Path) -> NDArray[np.float32]:
    limit_s = OPENING_LIMIT_S + LIMIT_PER_BYTE_S * path.stat().st_size

    def run(track: str, **options: Any) -> Finished:
        source = ffmpeg.input(file_url(path), **RESTRICTED, threads=1)
        output = source[track].output(
            "pipe:1", format="f32le", ar=sample_rate_hz, ac=1, **options, **BITEXACT
        )
        return run_ffmpeg(output, limit_s, folder, path)

    first = run("a:0")
    if first.crashed:
        raise Unusable(faults.CRASHES_ON_IT, first.log.tail())
    if not first.log.demuxer:
        raise faults.not_opened(path, first.log)
    tracks = [stream for stream in first.log.streams if stream.kind == "Audio"]
    if not tracks:
        raise Unusable("no sound in it")
    track = min(tracks, key=lambda track: not track.is_default)
    name = str(track.index)
    finished = first if track is tracks[0] else run(name)
    _check_damage(path, name, finished, limit_s, folder)
    mix = np.frombuffer(finished.received, "<f4").astype(np.float32)
    if not len(mix):
        raise Unusable("no sound in it", finished.log.tail())
    if track.has_one_channel or loudness(mix) >= CANCELLED:
        return mix
    channels = list[NDArray[np.float32]]()
    while not (of_channel := run(name, af=f"pan=mono|c0=c{len(channels)}")).status:
        channels.append(np.frombuffer(of_channel.received, "<f4").astype(np.float32))
    if not channels or loudness(mix) >= CANCELLED * max(map(loudness, channels)):
        return mix
    return next(channel for channel in channels if loudness(channel) * CANCELLED > loudness(mix))


def _check_damage(path: Path, track: str, finished: Finished, limit_s: float, folder: Path) -> None:
    log = finished.log
    if finished.crashed:
        raise Unusable(faults.CRASHES_ON_IT, log.tail())
    if log.warns(*faults.ENDED_EARLY) or is_cut_off(path, log.demuxer):
        raise Unusable(faults.TRUNCATED, log.tail())
    if finished.status or signs(log, True):
        fault, said = fault_of(path, track, limit_s, folder)
        if fault or finished.status:
            raise Unusable(fault or faults.CANNOT_DECODE, said or log.tail())
