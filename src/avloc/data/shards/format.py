"""Shards: the frames and waveforms of many clips in a few large files, written and read here only.

A folder of shards holds

- ``<split>-00000.frames.npy`` (F, S, S, 3) uint8 RGB and ``<split>-00000.audio.npy`` (N,) int16
  mono, the frames and samples of several clips one after another;
- ``index.csv``, one row a usable clip, in the order of the manifest: where its parts are;
- ``ledger.csv``, one row a clip of the manifest: whether it could be used, and why not;
- ``shards.json``: frame and sample rate and size. It is written last: a folder without it is
  unfinished.

Nothing in them depends on the time, the machine or the order in which clips were read.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from avloc.data.clips import Clip, Moment, Split
from avloc.data.shards.growing_array import GrowingArray
from avloc.errors import UserError
from avloc.files import atomic, read_json, write_json

INDEX, LEDGER, SETTINGS = "index.csv", "ledger.csv", "shards.json"

#: int16 value of a waveform's 1.0.
FULL_SCALE = 32768

#: Part of a frame's duration by which a time computed as n / fps may miss frame n.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Entry:
    """Where one clip's frames and samples are; a row of ``index.csv``.

    Parameters
    ----------
    id, split, classes
        Of the clip.
    shard
        Name of its shard, ``<split>-00000``.
    first_frame, frames
        Its rows of the shard's frames.
    first_sample, samples
        Its part of the shard's waveform.
    """

    id: str
    split: Split
    classes: tuple[str, ...]
    shard: str
    first_frame: int
    frames: int
    first_sample: int
    samples: int


@dataclass(frozen=True)
class ExtractionOutcome:
    """What became of one clip of the manifest; a row of ``ledger.csv``."""

    id: str
    path: str
    status: Literal["ok", "unusable"]
    reason: str


@dataclass(frozen=True)
class Rates:
    """Of every clip in a folder of shards: frames a second, side in pixels, samples a second."""

    fps: float
    size_px: int
    sample_rate_hz: int


def files_of(folder: Path, shard: str) -> tuple[Path, Path]:
    """Return the paths of a shard's frames and samples."""
    return folder / f"{shard}.frames.npy", folder / f"{shard}.audio.npy"


class ShardWriter:
    """Appends clips to one shard as they come; memory holds one clip and not the shard."""

    def __init__(self, shard: str, frames: GrowingArray, audio: GrowingArray) -> None:
        self.shard, self.entries = shard, list[Entry]()
        self._frames, self._audio = frames, audio

    def add(self, clip: Clip, frames: NDArray[np.uint8], waveform: NDArray[np.int16]) -> None:
        """Append the (T, S, S, 3) frames and the (N,) waveform of a clip."""
        first_frame, first_sample = self._frames.append(frames), self._audio.append(waveform)
        self.entries.append(
            Entry(
                clip.id, clip.split, clip.classes, self.shard,
                first_frame, len(frames), first_sample, len(waveform),
            )
        )  # fmt: skip


@contextmanager
def write_shard(folder: Path, shard: str, size_px: int) -> Iterator[ShardWriter]:
    """Yield a writer of one shard, whose two files appear whole when the block succeeds."""
    frames_path, audio_path = files_of(folder, shard)
    with (
        atomic(frames_path) as temporary_frames,
        atomic(audio_path) as temporary_audio,
        temporary_frames.open("wb") as frames_file,
        temporary_audio.open("wb") as audio_file,
    ):
        frames = GrowingArray(frames_file, "u1", (size_px, size_px, 3))
        audio = GrowingArray(audio_file, "<i2", ())
        yield ShardWriter(shard, frames, audio)
        frames.write_header()
        audio.write_header()


def remove_shards(folder: Path) -> None:
    """Remove all shards and tables of a folder, the file that calls it finished first."""
    for path in (folder / SETTINGS, folder / INDEX, folder / LEDGER, *sorted(folder.glob("*.npy"))):
        path.unlink(missing_ok=True)


def write_tables(
    folder: Path, entries: Sequence[Entry], ledger: Sequence[ExtractionOutcome], rates: Rates
) -> None:
    """Write ``index.csv``, ``ledger.csv`` and, last, ``shards.json``, which completes a folder."""
    _write_rows(folder / INDEX, Entry, entries)
    _write_rows(folder / LEDGER, ExtractionOutcome, ledger)
    write_json(folder / SETTINGS, asdict(rates))


def _write_rows(
    path: Path, kind: type[Entry] | type[ExtractionOutcome], rows: Sequence[Any]
) -> None:
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        for row in rows:
            cells = asdict(row).values()
            writer.writerow([";".join(c) if isinstance(c, tuple) else c for c in cells])


def read_ledger(folder: Path) -> list[ExtractionOutcome]:
    """Return what became of every clip of the manifest."""
    return [ExtractionOutcome(**row) for row in _read_rows(folder / LEDGER)]


def _read_rows(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run the extract stage (`dvc repro`)") from None


class Shards:
    """Clips of a folder of shards, read through memory maps.

    A clip is meant by its number, the position in `entries`, or by its id. An object of this class
    can be sent to another process; it then opens the files anew.

    Parameters
    ----------
    folder
        Written by the extract stage.

    Raises
    ------
    UserError
        If the folder is missing or unfinished.
    """

    def __init__(self, folder: Path) -> None:
        rates = Rates(**read_json(folder / SETTINGS))
        self.fps, self.size_px, self.sample_rate_hz = rates.fps, rates.size_px, rates.sample_rate_hz
        self.entries = [
            Entry(
                row["id"], row["split"], tuple(name for name in row["classes"].split(";") if name),
                row["shard"], int(row["first_frame"]), int(row["frames"]),
                int(row["first_sample"]), int(row["samples"]),
            )
            for row in _read_rows(folder / INDEX)
        ]  # fmt: skip
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
        """Leave the memory maps behind, which pickle would copy whole."""
        return {**self.__dict__, "_maps": {}}

    def number(self, video: str) -> int:
        """Return the number of the clip with this id."""
        if video not in self._numbers:
            raise UserError(
                f"clip {video!r} is not in {self._folder / INDEX}; {LEDGER} beside it says why"
            )
        return self._numbers[video]

    def duration_s(self, video: str) -> float:
        """Return how long a clip is, in seconds."""
        return self.entries[self.number(video)].frames / self.fps

    def frame(self, moment: Moment) -> NDArray[np.uint8]:
        """Return the (S, S, 3) frame nearest in time to a moment."""
        number = self._number_at(moment)
        nearest = math.floor(moment.time_s * self.fps + 0.5 + ROUNDING)
        frame = np.array([min(nearest, self.entries[number].frames - 1)])
        return np.asarray(self.gather_frames(np.array([number]), frame)[0])

    def window(self, moment: Moment, duration_s: float) -> NDArray[np.float32]:
        """Return the sound around a moment, (round(duration_s * rate),) in [-1, 1].

        It is centred on the moment, but shifted to lie inside the clip; a clip that is shorter is
        followed by silence.
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
        """Return frames (B, S, S, 3), given clips (B,) and frame numbers within them (B,).

        A clip that has no such frame is an `IndexError`.
        """
        shards, firsts, counts = self._table[clip_numbers, :3].T
        if np.any((frame_numbers < 0) | (frame_numbers >= counts)):
            raise IndexError("a frame number lies outside its clip")
        gathered = np.empty((len(clip_numbers), self.size_px, self.size_px, 3), np.uint8)
        for shard in np.unique(shards):
            here = shards == shard
            gathered[here] = self._map(shard)[0][(firsts + frame_numbers)[here]]
        return gathered

    def gather_windows(
        self, clip_numbers: NDArray[np.int64], first_samples: NDArray[np.int64], length: int
    ) -> NDArray[np.int16]:
        """Return sounds (B, length), given clips (B,) and the first samples within them (B,).

        What lies beyond the end of a clip is silence; a window that begins there is an
        `IndexError`.
        """
        shards, _, _, firsts, counts = self._table[clip_numbers].T
        if np.any((first_samples < 0) | (first_samples >= counts)):
            raise IndexError("a first sample lies outside its clip")
        within = first_samples[:, None] + np.arange(length)  # (B, length)
        heard = within < counts[:, None]
        samples = firsts[:, None] + np.where(heard, within, 0)
        gathered = np.empty(within.shape, np.int16)
        for shard in np.unique(shards):
            here = shards == shard
            gathered[here] = self._map(shard)[1][samples[here]]
        return np.where(heard, gathered, 0).astype(np.int16)

    def _map(self, shard: int) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
        if shard not in self._maps:
            frames, audio = files_of(self._folder, self._names[shard])
            try:
                self._maps[shard] = np.load(frames, mmap_mode="r"), np.load(audio, mmap_mode="r")
            except (FileNotFoundError, ValueError, EOFError):
                raise UserError(f"{frames} or its sound is missing or cut; extract again") from None
        return self._maps[shard]


def open_shards(folder: Path) -> Shards:
    """Return the clips of a finished folder of shards."""
    return Shards(folder)
