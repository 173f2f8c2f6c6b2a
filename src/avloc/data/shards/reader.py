"""Reads the clips of a folder of shards."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.data.clips import Moment
from avloc.data.shards.format import (
    FULL_SCALE,
    INDEX,
    LEDGER,
    SETTINGS,
    ClipFormat,
    files_of,
    read_index,
)
from avloc.errors import UserError
from avloc.files import read_json

#: Rounding error allowed in a time that was computed as n / fps, as a share of a frame's duration.
ROUNDING = 1e-6


class Shards:
    """The clips of a folder of shards, read through memory maps.

    A clip is named by its number, which is its position in `entries`, or by its id. An object of
    this class can be sent to another process, which then opens the files itself.

    Parameters
    ----------
    folder
        Written by the extract stage.

    Attributes
    ----------
    entries
        One per clip, ordered by id.
    fps, size_px, sample_rate_hz
        As in `ClipFormat`.

    Raises
    ------
    UserError
        If the folder is missing or unfinished.
    """

    def __init__(self, folder: Path) -> None:
        clip_format = ClipFormat(**read_json(folder / SETTINGS))
        self.fps, self.size_px = clip_format.fps, clip_format.size_px
        self.sample_rate_hz = clip_format.sample_rate_hz
        self.entries = read_index(folder)
        self._folder = folder
        self._numbers = {entry.id: number for number, entry in enumerate(self.entries)}
        self._names = sorted({entry.shard for entry in self.entries})
        shard_of = {name: number for number, name in enumerate(self._names)}
        # (clips, 5): shard, first frame, frames, first sample, samples
        table = [
            (shard_of[e.shard], e.first_frame, e.frames, e.first_sample, e.samples)
            for e in self.entries
        ]
        self._table = np.array(table, np.int64).reshape(-1, 5)
        self._maps: dict[int, tuple[NDArray[np.uint8], NDArray[np.int16]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the memory maps, which pickle would copy whole."""
        return {**self.__dict__, "_maps": {}}

    def number(self, video: str) -> int:
        """Return the number of the clip with this id.

        Raises
        ------
        UserError
            If there is no such clip.
        """
        if video not in self._numbers:
            raise UserError(
                f"clip {video!r} is not in {self._folder / INDEX}; {LEDGER} beside it says why"
            )
        return self._numbers[video]

    def duration_s(self, video: str) -> float:
        """Return the duration of the clip with this id, in seconds."""
        return self.entries[self.number(video)].frames / self.fps

    def frame(self, moment: Moment) -> NDArray[np.uint8]:
        """Return the (S, S, 3) frame nearest in time to a moment.

        Raises
        ------
        UserError
            If there is no such clip, or it is shorter.
        """
        number = self._number_at(moment)
        nearest = math.floor(moment.time_s * self.fps + 0.5 + ROUNDING)
        frame = np.array([min(nearest, self.entries[number].frames - 1)])
        return np.asarray(self.gather_frames(np.array([number]), frame)[0])

    def window(self, moment: Moment, duration_s: float) -> NDArray[np.float32]:
        """Return the window around a moment, shifted if needed to lie inside the clip.

        A clip that is shorter than the window is followed by silence.

        Parameters
        ----------
        moment
            Centre of the window.
        duration_s
            Length of the window, in seconds.

        Returns
        -------
        ndarray
            (round(duration_s * sample_rate_hz),) in [-1, 1].

        Raises
        ------
        UserError
            If there is no such clip, or the moment lies outside it.
        """
        number = self._number_at(moment)
        length = round(duration_s * self.sample_rate_hz)
        first = round(moment.time_s * self.sample_rate_hz) - length // 2
        first = max(0, min(first, self.entries[number].samples - length))
        window = self.gather_windows(np.array([number]), np.array([first]), length)[0]
        return np.asarray(window / FULL_SCALE, np.float32)

    def _number_at(self, moment: Moment) -> int:
        end = self.duration_s(moment.video)
        if not -ROUNDING <= moment.time_s <= end + 1 / self.fps:
            raise UserError(
                f"clip {moment.video} has no {moment.time_s:.3f} s: {end:.3f} s of it are kept; "
                "raise max_duration_s or leave that time out"
            )
        return self.number(moment.video)

    def gather_frames(
        self, clip_numbers: NDArray[np.int64], frame_numbers: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """Return frames of several clips.

        Parameters
        ----------
        clip_numbers
            (B,).
        frame_numbers
            (B,) within the clips.

        Returns
        -------
        ndarray
            (B, S, S, 3) RGB.

        Raises
        ------
        IndexError
            If a clip has no such frame.
        """
        shards, firsts, counts = self._table[clip_numbers, :3].T
        if np.any((frame_numbers < 0) | (frame_numbers >= counts)):
            raise IndexError("a frame number lies outside its clip")
        gathered = np.empty((len(clip_numbers), self.size_px, self.size_px, 3), np.uint8)
        # One by one: those of a shard together would be copied twice.
        for frame, shard, number in zip(gathered, shards, firsts + frame_numbers, strict=True):
            frame[:] = self._map(shard)[0][number]
        return gathered

    def gather_windows(
        self, clip_numbers: NDArray[np.int64], first_samples: NDArray[np.int64], length: int
    ) -> NDArray[np.int16]:
        """Return windows of several clips, filled with silence beyond the end of a clip.

        Parameters
        ----------
        clip_numbers
            (B,).
        first_samples
            (B,) within the clips.
        length
            Samples of a window.

        Returns
        -------
        ndarray
            (B, length).

        Raises
        ------
        IndexError
            If a window begins outside its clip.
        """
        shards, _, _, firsts, counts = self._table[clip_numbers].T
        if np.any((first_samples < 0) | (first_samples >= counts)):
            raise IndexError("a first sample lies outside its clip")
        gathered = np.zeros((len(clip_numbers), length), np.int16)
        # A slice a clip: reading every sample by its own index takes a hundred times as long.
        starts, lengths = firsts + first_samples, np.minimum(length, counts - first_samples)
        for window, shard, start, copied in zip(gathered, shards, starts, lengths, strict=True):
            window[:copied] = self._map(shard)[1][start : start + copied]
        return gathered

    def _map(self, shard: int) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
        if shard not in self._maps:
            frames, audio = files_of(self._folder, self._names[shard])
            try:
                self._maps[shard] = np.load(frames, mmap_mode="r"), np.load(audio, mmap_mode="r")
            except (FileNotFoundError, ValueError, EOFError):
                raise UserError(
                    f"{frames} or its sound is missing or incomplete; extract again"
                ) from None
        return self._maps[shard]


def open_shards(folder: Path) -> Shards:
    """Return the clips of a finished folder of shards.

    Raises
    ------
    UserError
        If the folder is missing or unfinished.
    """
    return Shards(folder)
