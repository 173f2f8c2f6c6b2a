"""From a manifest of videos to shards.

Every video is read by an ffmpeg process of its own, as many at a time as there are workers; a
thread waits for each. Which shard a clip goes to follows from its place in the manifest, and shards
are filled in that order, so that the number of workers changes no byte.

Finished shards wait in a scratch folder, named after a hash of all that decides their content. An
interrupted run started again reads only the videos of the shards that it had not finished.
"""

import os
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from avloc import media
from avloc.change_tracking import key
from avloc.data.clips import Clip, Split
from avloc.data.shards.format import (
    Entry,
    ExtractionOutcome,
    Rates,
    files_of,
    remove_shards,
    write_shard,
    write_tables,
)
from avloc.errors import UserError
from avloc.files import read_json, write_json
from avloc.media import Media, Unusable
from avloc.progress import Progress


@dataclass(frozen=True)
class Extraction:
    """What is kept of each video.

    Parameters
    ----------
    rates
        Frames a second, size of a frame and samples a second.
    min_duration_s
        A video with less in it is unusable.
    max_duration_s
        What comes later in a video is left out.
    videos_per_shard
        So many of the manifest, usable or not.
    """

    rates: Rates
    min_duration_s: float
    max_duration_s: float
    videos_per_shard: int


@dataclass(frozen=True)
class PlannedShard:
    """A shard's name, ``<split>-00000``, and the clips of the manifest that belong to it."""

    name: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True)
class FinishedShard:
    """The clips in a shard, and what became of all that belong to it."""

    entries: list[Entry]
    findings: list[ExtractionOutcome]


def extract(
    clips: Sequence[Clip], raw: Path, out: Path, scratch: Path, settings: Extraction, workers: int
) -> list[ExtractionOutcome]:
    """Read all videos and write them as shards.

    A video that cannot be used is reported in one line and in the ledger, and stops nothing.

    Parameters
    ----------
    clips
        The manifest.
    raw
        Folder to which the paths of the clips are relative.
    out
        Folder of shards; those in it are replaced.
    scratch
        Folder for the shards of unfinished runs.
    settings
        What is kept of each video.
    workers
        ffmpeg processes at a time, at least 1.

    Returns
    -------
    list of ExtractionOutcome
        What became of each clip, ordered by id.

    Raises
    ------
    UserError
        If an id occurs twice, or if no clip can be used.
    """
    if len({clip.id for clip in clips}) < len(clips):
        raise UserError("two clips of the manifest have the same id; run the download stage again")
    if not any((raw / clip.path).is_file() for clip in clips):
        raise UserError(
            f"none of the {len(clips)} videos of the manifest is in {raw}; set AVLOC_RAW to the "
            "folder that holds them, or get them again (`dvc repro --force`)"
        )
    planned = plan_shards(clips, settings.videos_per_shard)
    work = scratch / _work_name(planned, settings)
    finished = _finish(planned, raw, work, settings, workers)
    entries = sorted((e for shard in finished for e in shard.entries), key=lambda entry: entry.id)
    ledger = sorted((f for shard in finished for f in shard.findings), key=lambda found: found.id)
    if not entries:
        shutil.rmtree(work)
        raise UserError(
            f"none of the {len(ledger)} videos can be used; the first, {ledger[0].path}, "
            f"is not for this reason: {ledger[0].reason}"
        )
    for split in sorted({clip.split for clip in clips} - {entry.split for entry in entries}):
        print(f"extract: no usable clip is left in the split {split}", flush=True)
    _publish(work, out, entries, ledger, settings.rates)
    return ledger


def plan_shards(clips: Sequence[Clip], videos_per_shard: int) -> list[PlannedShard]:
    """Deal the clips of each split, in the order of their ids, to shards."""
    planned = []
    for split in get_args(Split):
        members = sorted((c for c in clips if c.split == split), key=lambda clip: clip.id)
        for number, first in enumerate(range(0, len(members), videos_per_shard)):
            group = tuple(members[first : first + videos_per_shard])
            planned.append(PlannedShard(f"{split}-{number:05d}", group))
    return planned


def _work_name(planned: Sequence[PlannedShard], settings: Extraction) -> str:
    return key([asdict(settings), [asdict(shard) for shard in planned]], [Path(__file__)])


def _finish(
    planned: Sequence[PlannedShard], raw: Path, work: Path, settings: Extraction, workers: int
) -> list[FinishedShard]:
    """Return all shards, writing those that are not in the scratch folder yet."""
    finished = {shard.name: _resume(work, shard.name) for shard in planned}
    missing = [shard for shard in planned if finished[shard.name] is None]
    wanted = [clip for shard in missing for clip in shard.clips]
    total = sum(len(shard.clips) for shard in planned)
    progress = Progress(total, "extract", done=total - len(wanted))
    pool = ThreadPoolExecutor(workers)
    try:
        outcomes = _read_in_order(pool, 2 * workers, wanted, raw, settings)
        for shard in missing:
            finished[shard.name] = _write(shard, outcomes, work, settings.rates.size_px, progress)
    finally:
        pool.shutdown(cancel_futures=True)
        progress.close()
    return [shard for shard in finished.values() if shard is not None]


def _read_in_order(
    pool: ThreadPoolExecutor, ahead: int, clips: Sequence[Clip], raw: Path, settings: Extraction
) -> Iterator[Media | Unusable]:
    """Yield what was read of each clip, in order, at most `ahead` being held in memory."""
    pending = deque[Future[Media | Unusable]]()
    for clip in clips:
        pending.append(pool.submit(_read, raw / clip.path, settings))
        if len(pending) >= ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _read(path: Path, settings: Extraction) -> Media | Unusable:
    rates = settings.rates
    try:
        found = media.decode(
            path, rates.fps, rates.size_px, rates.sample_rate_hz, settings.max_duration_s
        )
    except Unusable as unusable:
        return unusable
    duration_s = len(found.frames) / rates.fps
    if duration_s < settings.min_duration_s:
        return Unusable(f"shorter than {settings.min_duration_s} s ({duration_s:.2f} s)")
    return found


def _write(
    shard: PlannedShard,
    outcomes: Iterator[Media | Unusable],
    work: Path,
    size_px: int,
    progress: Progress,
) -> FinishedShard:
    findings = []
    with write_shard(work, shard.name, size_px) as writer:
        for clip, outcome in zip(
            shard.clips, outcomes, strict=False
        ):  # the rest is for other shards
            if isinstance(outcome, Unusable):
                findings.append(ExtractionOutcome(clip.id, clip.path, "unusable", str(outcome)))
                print(f"extract: {clip.id} ({clip.path!r}) cannot be used: {outcome}", flush=True)
            else:
                writer.add(clip, outcome.frames, outcome.waveform)
                findings.append(ExtractionOutcome(clip.id, clip.path, "ok", ""))
            progress.step()
    finished = FinishedShard(writer.entries, findings)
    write_json(_record(work, shard.name), asdict(finished))
    return finished


def _record(work: Path, name: str) -> Path:
    """Return the file whose presence says that a shard in the scratch folder is finished."""
    return work / f"{name}.json"


def _resume(work: Path, name: str) -> FinishedShard | None:
    if not _record(work, name).exists():
        return None
    content = read_json(_record(work, name))
    entries = [Entry(**{**row, "classes": tuple(row["classes"])}) for row in content["entries"]]
    return FinishedShard(entries, [ExtractionOutcome(**row) for row in content["findings"]])


def _publish(
    work: Path,
    out: Path,
    entries: Sequence[Entry],
    ledger: Sequence[ExtractionOutcome],
    rates: Rates,
) -> None:
    """Put the shards into the output folder, and drop the scratch folder."""
    out.mkdir(parents=True, exist_ok=True)
    remove_shards(out)
    for shard in sorted({entry.shard for entry in entries}):
        for source, target in zip(files_of(work, shard), files_of(out, shard), strict=True):
            try:
                os.link(source, target)
            except OSError:  # another disk, or one without hard links
                shutil.copyfile(source, target)
    write_tables(out, entries, ledger, rates)
    shutil.rmtree(work)
