"""The format of shards: their files, and the tables beside them.

A folder of shards holds

- ``<split>-00000.frames.npy``, (F, S, S, 3) uint8 RGB, and ``<split>-00000.audio.npy``, (N,) int16
  mono: the frames and samples of several clips, one after another;
- ``index.csv``, one line per usable clip, ordered by id: where its frames and samples are;
- ``ledger.csv``, one line per clip of the manifest: whether it is usable, and why not;
- ``shards.json``: frame rate, frame size and sample rate. It is written last; a folder without it
  is unfinished.

Their bytes do not depend on the time, the machine or the order in which videos were read.
`avloc.data.shards.writer` writes the arrays and `avloc.data.shards.reader` reads them.
"""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from avloc.data.clips import Split
from avloc.errors import UserError
from avloc.files import atomic, write_json

INDEX, LEDGER, SETTINGS = "index.csv", "ledger.csv", "shards.json"

#: The int16 value that stands for 1.0 in a waveform.
FULL_SCALE = 32768


@dataclass(frozen=True)
class IndexEntry:
    """Where the frames and samples of a clip are: a line of ``index.csv``.

    Parameters
    ----------
    id, split, classes
        As in `avloc.data.clips.Clip`.
    shard
        Name of its shard, ``<split>-00000``.
    first_frame, frames
        Place of its first frame in the shard, and their number.
    first_sample, samples
        Place of its first sample in the shard, and their number.
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
    """Whether a clip of the manifest is usable: a line of ``ledger.csv``.

    Parameters
    ----------
    id
        As in `avloc.data.clips.Clip`; the manifest has the path. A path here would make everything
        stale when a folder is renamed.
    status
        Whether its frames and samples are in a shard: ``ok`` if they are, ``silent`` if nothing is
        heard in it, ``unusable`` if it cannot be read.
    reason
        Why it is not in a shard; of a clip that is, what to know of how it was read, or nothing.
    """

    id: str
    status: Literal["ok", "silent", "unusable"]
    reason: str


@dataclass(frozen=True)
class ClipFormat:
    """What all clips of a folder of shards have in common: the content of ``shards.json``.

    Parameters
    ----------
    fps
        Frames per second.
    size_px
        Side S of the square frames, in pixels.
    sample_rate_hz
        Samples per second.
    """

    fps: float
    size_px: int
    sample_rate_hz: int


def files_of(folder: Path, shard: str) -> tuple[Path, Path]:
    """Return the paths of a shard's frames and samples.

    Parameters
    ----------
    folder
        Folder of shards.
    shard
        Name of the shard, ``<split>-00000``.
    """
    return folder / f"{shard}.frames.npy", folder / f"{shard}.audio.npy"


def write_tables(
    folder: Path,
    entries: Sequence[IndexEntry],
    ledger: Sequence[ExtractionOutcome],
    clip_format: ClipFormat,
) -> None:
    """Write ``index.csv``, ``ledger.csv`` and, last, ``shards.json``, which completes a folder.

    Parameters
    ----------
    folder
        Folder of shards.
    entries
        Of the usable clips, ordered by id.
    ledger
        Of all clips of the manifest, ordered by id.
    clip_format
        Of all clips.
    """
    _write_lines(folder / INDEX, IndexEntry, entries)
    _write_lines(folder / LEDGER, ExtractionOutcome, ledger)
    write_json(folder / SETTINGS, asdict(clip_format))


def _write_lines(
    path: Path, kind: type[IndexEntry] | type[ExtractionOutcome], lines: Sequence[Any]
) -> None:
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        for line in lines:
            cells = asdict(line).values()
            writer.writerow([";".join(c) if isinstance(c, tuple) else c for c in cells])


def read_ledger(folder: Path) -> list[ExtractionOutcome]:
    """Return the outcome of every clip of the manifest, from a folder of shards.

    Raises
    ------
    UserError
        If the ledger is missing.
    """
    return [ExtractionOutcome(**line) for line in _read_lines(folder / LEDGER)]


def read_index(folder: Path) -> list[IndexEntry]:
    """Return where the frames and samples of all usable clips of a folder of shards are.

    Raises
    ------
    UserError
        If the index is missing.
    """
    return [
        IndexEntry(
            line["id"], line["split"], tuple(name for name in line["classes"].split(";") if name),
            line["shard"], int(line["first_frame"]), int(line["frames"]),
            int(line["first_sample"]), int(line["samples"]),
        )
        for line in _read_lines(folder / INDEX)
    ]  # fmt: skip


def _read_lines(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run the extract stage (`dvc repro`)") from None
