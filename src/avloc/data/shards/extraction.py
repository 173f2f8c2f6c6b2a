"""Extracts the videos of a manifest into shards.

Reading a video is a task of an executor (`avloc.executors`), and this process writes what the tasks
return. The manifest alone decides which shard a clip belongs to and where in it, so neither the
executor nor the number of its workers changes a byte.

Finished shards wait in a scratch folder whose name is a hash of all that decides their content. An
interrupted extraction that is started again reads only the videos of the unfinished shards.
"""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from avloc.change_tracking import key
from avloc.data.clips import Clip, Split
from avloc.data.shards.format import (
    ClipFormat,
    ExtractionOutcome,
    IndexEntry,
    files_of,
    write_tables,
)
from avloc.data.shards.source_video import ExtractionSettings, Reading, read_video, say
from avloc.data.shards.writer import remove_shards, write_shard
from avloc.errors import UserError
from avloc.executors import Executor, Start, processes
from avloc.files import locked, read_json, write_json
from avloc.progress import Progress


@dataclass(frozen=True)
class ShardAssignment:
    """The clips of the manifest that belong to one shard.

    Parameters
    ----------
    name
        Of the shard, ``<split>-00000``.
    clips
        Ordered by id.
    """

    name: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True)
class WrittenShard:
    """The result of one shard.

    Parameters
    ----------
    entries
        Of the usable clips.
    outcomes
        Of all clips that belong to it.
    """

    entries: list[IndexEntry]
    outcomes: list[ExtractionOutcome]


def extract(
    clips: Sequence[Clip],
    raw: Path,
    out: Path,
    scratch: Path,
    settings: ExtractionSettings,
    workers: int,
    start_executor: Start = processes.start,
) -> list[ExtractionOutcome]:
    """Read all videos and write them as shards.

    A video that is unusable, or in which nothing is heard, is reported on one line and in the
    ledger, and the others go on.

    Parameters
    ----------
    clips
        The manifest.
    raw
        Folder to which the paths of the clips are relative.
    out
        Folder of shards; shards in it are replaced.
    scratch
        Folder for the shards of an unfinished extraction.
    settings
        What is extracted from each video.
    workers
        Videos that are read at a time; 0 for one per core.
    start_executor
        Starts what reads them.

    Returns
    -------
    list of ExtractionOutcome
        The ledger: one outcome per clip, ordered by id.

    Raises
    ------
    UserError
        If an id occurs twice, a file is no longer the one of the manifest, the machine fails, or no
        clip can be used.
    """
    if len({clip.id for clip in clips}) < len(clips):
        raise UserError("two clips of the manifest have the same id; run the download stage again")
    if not any((raw / clip.path).is_file() for clip in clips):
        raise UserError(
            f"none of the {len(clips)} videos of the manifest is in {raw}; set AVLOC_RAW to the "
            "folder that holds them, or get them again (`dvc repro --force`)"
        )
    assignments = assign_shards(clips, settings.videos_per_shard)
    work = scratch / _scratch_name(assignments, settings)
    with locked(work.with_suffix(".lock"), "extract waits for another extraction of these videos"):
        written = _write_missing(assignments, raw, work, settings, lambda: start_executor(workers))
        entries = sorted((item for shard in written for item in shard.entries), key=lambda e: e.id)
        ledger = sorted((item for shard in written for item in shard.outcomes), key=lambda o: o.id)
        if not entries:
            _remove(work)
            raise UserError(_why_none(ledger, {clip.id: clip.path for clip in clips}))
        for split in sorted({clip.split for clip in clips} - {entry.split for entry in entries}):
            print(f"extract: no usable clip is left in the split {split}", flush=True)
        _publish(work, out, entries, ledger, settings.clip_format)
        _remove(work)
    return ledger


def assign_shards(clips: Sequence[Clip], videos_per_shard: int) -> list[ShardAssignment]:
    """Divide the clips of each split, ordered by id, among shards.

    Parameters
    ----------
    clips
        The manifest, in any order.
    videos_per_shard
        At most so many clips per shard.
    """
    assignments = []
    for split in get_args(Split):
        members = sorted((c for c in clips if c.split == split), key=lambda clip: clip.id)
        for number, first in enumerate(range(0, len(members), videos_per_shard)):
            group = tuple(members[first : first + videos_per_shard])
            assignments.append(ShardAssignment(f"{split}-{number:05d}", group))
    return assignments


def _why_none(ledger: Sequence[ExtractionOutcome], paths: Mapping[str, str]) -> str:
    """Return the sentence for a data set of which no clip can be used."""
    unusable = [outcome for outcome in ledger if outcome.status == "unusable"]
    if not unusable:
        return (
            f"all {len(ledger)} videos are silent: no sound is heard in the first, "
            f"{paths[ledger[0].id]}, nor in any other; use videos with sound"
        )
    silent = len(ledger) - len(unusable)
    also = f" ({silent} of them are silent)" if silent else ""
    return (
        f"none of the {len(ledger)} videos can be used{also}; check the first, "
        f"{paths[unusable[0].id]}, which is unusable because: {unusable[0].reason}"
    )


def _scratch_name(assignments: Sequence[ShardAssignment], settings: ExtractionSettings) -> str:
    return key([asdict(settings), [asdict(shard) for shard in assignments]], [Path(__file__)])


def _write_missing(
    assignments: Sequence[ShardAssignment],
    raw: Path,
    work: Path,
    settings: ExtractionSettings,
    start: Callable[[], Executor],
) -> list[WrittenShard]:
    """Write the shards that are not yet in the scratch folder, and return all."""
    written = {shard.name: _load_written(work, shard.name) for shard in assignments}
    missing = [shard for shard in assignments if written[shard.name] is None]
    wanted = [clip for shard in missing for clip in shard.clips]
    total = sum(len(shard.clips) for shard in assignments)
    progress = Progress(total, "extract", done=total - len(wanted))
    try:
        with start() as executor:
            videos = _read_in_order(executor, wanted, raw, settings)
            for shard in missing:
                written[shard.name] = _write(
                    shard, videos, work, settings.clip_format.size_px, progress
                )
    finally:
        progress.close()
    return [shard for shard in written.values() if shard is not None]


def _read_in_order(
    executor: Executor,
    clips: Sequence[Clip],
    raw: Path,
    settings: ExtractionSettings,
) -> Iterator[Reading]:
    """Yield what came of reading each video, in order, with at most two per worker in memory."""
    pending = deque[Future[Reading]]()
    for clip in clips:
        # Absolute, since a worker on another machine may stand in another folder.
        pending.append(executor.submit(read_video, clip, (raw / clip.path).absolute(), settings))
        if len(pending) >= 2 * executor.workers:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _write(
    shard: ShardAssignment,
    readings: Iterator[Reading],
    work: Path,
    size_px: int,
    progress: Progress,
) -> WrittenShard:
    """Write the next shard to the scratch folder, taking its clips from `readings`."""
    outcomes = []
    with write_shard(work, shard.name, size_px) as writer:
        # Not strict: the rest of the readings belongs to the next shards.
        for clip, reading in zip(shard.clips, readings, strict=False):
            say(reading)
            if reading.content is not None:
                writer.add(clip, reading.content.frames, reading.content.waveform)
            outcomes.append(reading.outcome)
            progress.step()
    written = WrittenShard(writer.entries, outcomes)
    write_json(_record(work, shard.name), asdict(written))
    return written


def _record(work: Path, name: str) -> Path:
    """Return the file that exists if a shard in the scratch folder is finished."""
    return work / f"{name}.json"


def _load_written(work: Path, name: str) -> WrittenShard | None:
    """Return a shard that an interrupted extraction has finished, or None."""
    if not _record(work, name).exists():
        return None
    content = read_json(_record(work, name))
    entries = [
        IndexEntry(**{**item, "classes": tuple(item["classes"])}) for item in content["entries"]
    ]
    return WrittenShard(entries, [ExtractionOutcome(**item) for item in content["outcomes"]])


def _publish(
    work: Path,
    out: Path,
    entries: Sequence[IndexEntry],
    ledger: Sequence[ExtractionOutcome],
    clip_format: ClipFormat,
) -> None:
    """Move the shards to the output folder and write its tables."""
    out.mkdir(parents=True, exist_ok=True)
    remove_shards(out)
    for shard in sorted({entry.shard for entry in entries}):
        for source, target in zip(files_of(work, shard), files_of(out, shard), strict=True):
            try:
                os.link(source, target)
            except OSError:  # another disk, or one without hard links
                shutil.copyfile(source, target)
    write_tables(out, entries, ledger, clip_format)


def _remove(work: Path) -> None:
    """Remove a scratch folder; a run after one that is killed here finds no shard finished."""
    for record in work.glob("*.json"):
        record.unlink()
    shutil.rmtree(work)
