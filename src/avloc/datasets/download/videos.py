"""Download the videos of a data set in parallel; a run can be stopped and continued at any time.

Videos lie in ``<folder>/videos/<id>.mp4``, and ``<folder>/ledger.jsonl`` records what happened to
each (`avloc.datasets.download.ledger`).
"""

import queue
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from avloc.config.blocks import Fetch
from avloc.data.clips import SAFE_ID
from avloc.datasets.download import youtube
from avloc.datasets.download.ledger import Ledger, Outcome, open_ledger
from avloc.datasets.download.transfer import LONGEST_WAIT_S
from avloc.datasets.download.youtube_errors import (
    CRASHED,
    TEMPORARY_PREFIX,
    DownloadFailed,
    VideoGone,
)
from avloc.errors import UserError
from avloc.executors import Executor, Start, StopSignal, processes
from avloc.files import sha256
from avloc.progress import Progress

LEDGER, VIDEOS = "ledger.jsonl", "videos"


@dataclass(frozen=True)
class ClipRequest:
    """A clip to download: a video, or a section of one.

    Parameters
    ----------
    id
        Of the clip (`avloc.data.clips.Clip`); it names the file.
    video
        Its YouTube id.
    start_s, end_s
        The section; None for the start or the end of the video.
    """

    id: str
    video: str
    start_s: float | None
    end_s: float | None

    def __str__(self) -> str:
        """Return video and section as the ledger records them."""
        return f"{self.video} {self.start_s}-{self.end_s}"


def download_videos(
    requests: Sequence[ClipRequest],
    folder: Path,
    fetch: Fetch,
    start_executor: Start = processes.start,
) -> dict[str, Outcome]:
    """Download all clips that are not there and may be available.

    These are clips without a record in the ledger, clips that failed, and clips whose file has
    disappeared; never clips that are gone. If a video is gone, so are all its clips. A file without
    a record, left by a run that was killed just before it wrote one, is checked and kept.

    Parameters
    ----------
    requests
        The clips, with different ids.
    folder
        For the videos and the ledger.
    fetch
        Address, format, attempts, waits and number of parallel downloads.
    start_executor
        Starts what downloads them.

    Returns
    -------
    dict
        Id of a clip -> what happened to it, in the order of `requests`.

    Raises
    ------
    UserError
        If an id or a section is wrong or an id occurs twice. If `Fetch.give_up_after` clips in a
        row failed: this is an outage, and clips not yet requested keep their state. A crash of
        ffmpeg is none, since the server did answer. If the machine failed.
    """
    _check(requests, fetch)
    with open_ledger(folder / LEDGER) as ledger:
        for left in (folder / VIDEOS).glob(TEMPORARY_PREFIX + "*"):
            shutil.rmtree(left, ignore_errors=True)
        remaining = [request for request in requests if not _is_settled(request, ledger, folder)]
        if remaining:
            with start_executor(fetch.parallel) as executor:
                _DownloadRun(ledger, folder, fetch, remaining, executor).download(len(requests))
        outcomes = {request.id: ledger.get(request.id, str(request)) for request in requests}
    return {id: outcome for id, outcome in outcomes.items() if outcome is not None}


def _check(requests: Sequence[ClipRequest], fetch: Fetch) -> None:
    """Refuse wrong ids and sections before anything is downloaded."""
    for request in requests:
        youtube.address_of(request.video, fetch)
        youtube.check_section(request.video, (request.start_s, request.end_s))
        if not SAFE_ID.fullmatch(request.id):
            raise UserError(
                f"clip id {request.id!r} is not 1 to 100 of letters, digits, '_' and '-'; rename it"
            )
    times = Counter(request.id for request in requests)
    if len(times) < len(requests):
        twice = next(id for id, count in times.items() if count > 1)
        raise UserError(f"clip id {twice!r} is listed twice; correct the list")


def _file(id: str) -> str:
    return f"{VIDEOS}/{id}.mp4"


def _is_settled(request: ClipRequest, ledger: Ledger, folder: Path) -> bool:
    """Return whether a clip needs no download; record a file that has no record yet."""
    outcome, path = ledger.get(request.id, str(request)), folder / _file(request.id)
    if outcome is None and ledger.has_clip(request.id):
        return False  # a file that is there holds another section
    if outcome is None or outcome.status == "failed":
        if not path.is_file():
            return False
        try:
            youtube.decodable_seconds(path)
        except (VideoGone, DownloadFailed):
            return False
        tries = outcome.tries if outcome else 0
        found = Outcome("ok", "", tries, _file(request.id), sha256(path))
        ledger.record(request.id, str(request), found)
        return True
    return outcome.status == "gone" or path.is_file()


class _DownloadRun:
    """One run over the clips that need a download."""

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        fetch: Fetch,
        requests: Sequence[ClipRequest],
        executor: Executor,
    ) -> None:
        # Absolute, since a worker on another machine may stand in another folder.
        self._ledger, self._folder, self._fetch = ledger, folder.absolute(), fetch
        self._executor = executor
        self._new = {item.id for item in requests if ledger.get(item.id, str(item)) is None}
        self._stop = StopSignal()
        self._results = queue.SimpleQueue[tuple[ClipRequest, Outcome] | BaseException | None]()
        self._waiting = queue.SimpleQueue[list[ClipRequest]]()
        # New requests come first: what failed before may well fail again.
        by_video = defaultdict[str, list[ClipRequest]](list)
        for request in sorted(requests, key=lambda request: request.id not in self._new):
            by_video[request.video].append(request)
        for clips in by_video.values():
            self._waiting.put(clips)
        self._count = len(requests)

    def download(self, total: int) -> None:
        """Download all clips; stop early in an outage."""
        progress = Progress(total, "download", done=total - self._count)
        workers = self._fetch.parallel
        pool = ThreadPoolExecutor(workers)
        counts, failures, failed_in_a_row = Counter[str](), 0, 0
        try:
            for _ in range(workers):
                pool.submit(self._work)
            while workers:
                result = self._results.get()
                if isinstance(result, BaseException):
                    raise result
                if result is None:
                    workers -= 1
                    continue
                request, outcome = result
                self._new.discard(request.id)
                counts[outcome.status] += 1
                failed = outcome.status == "failed" and outcome.missing_reason != CRASHED
                failures += failed
                failed_in_a_row = failed_in_a_row + 1 if failed else 0
                progress.step(", ".join(f"{counts[name]} {name}" for name in sorted(counts)))
                finished = counts.total() == self._count
                all_failed = failures == counts.total() and total == self._count
                if failed_in_a_row == self._fetch.give_up_after or (all_failed and finished):
                    self._give_up(failed_in_a_row, outcome.reason, all_failed)
                    break
        finally:
            self._stop.set()
            self._executor.shutdown(cancel_futures=True)
            pool.shutdown(cancel_futures=True)
            progress.close()

    def _give_up(self, failed_in_a_row: int, reason: str, all_failed: bool) -> None:
        """End a run in an outage: with an error, unless only clips that failed before are left."""
        text = f"{failed_in_a_row} videos in a row could not be downloaded, the last for {reason!r}"
        if self._new or all_failed:
            raise UserError(
                f"{text}; this looks like an outage or a refusal: set fetch.cookies or fetch.proxy "
                "in params.yaml, or wait, and run again; videos that are there are kept"
            )
        print(
            f"download: {text}; all that are left failed before, and the next run tries them again",
            flush=True,
        )

    def _work(self) -> None:
        """Download one video after another, until none is waiting."""
        try:
            while not self._stop.is_set():
                self._download_clips_of_one_video(self._waiting.get_nowait())
        except queue.Empty:
            pass
        except BaseException as error:  # raised again by the main thread
            self._results.put(error)
        finally:
            self._results.put(None)

    def _download_clips_of_one_video(self, requests: Sequence[ClipRequest]) -> None:
        """Download the clips of one video, with a pause after each."""
        gone: Outcome | None = None
        for request in requests:
            outcome = replace(gone, tries=0) if gone else self._download_clip(request)
            if outcome is None:  # the run is stopped
                return
            self._ledger.record(request.id, str(request), outcome)
            self._results.put((request, outcome))
            if gone is None:
                self._stop.wait(self._fetch.pause_s)
            gone = outcome if outcome.status == "gone" else None

    def _download_clip(self, request: ClipRequest) -> Outcome | None:
        """Download one clip in one or more attempts; return None if the run is stopped."""
        fetch, path = self._fetch, self._folder / _file(request.id)
        known = self._ledger.get(request.id, str(request))
        before = known.tries if known else 0
        for number in range(1, fetch.tries + 1):
            if self._stop.is_set():
                return None
            tries = before + number
            try:
                section = request.start_s, request.end_s
                self._executor.submit(
                    youtube.download_video, request.video, section, path, fetch, self._stop
                ).result()
            except VideoGone as gone:
                return Outcome("gone", str(gone), tries, "", "")
            except DownloadFailed as failed:
                if self._stop.is_set():
                    return None
                wait_s = max(failed.wait_s, fetch.backoff_s * 2 ** (number - 1))
                if number == fetch.tries or failed.wait_s > LONGEST_WAIT_S:
                    return Outcome("failed", str(failed), tries, "", "")
            else:
                return Outcome("ok", "", tries, _file(request.id), sha256(path))
            if self._stop.wait(wait_s):
                return None
        raise AssertionError("the last attempt returns")
