"""The videos of a data set, some at a time, in a way that can be stopped at any moment.

Raw videos live in ``<folder>/videos/<id>.mp4``, what became of each in ``<folder>/ledger.jsonl``
(`avloc.datasets.download.ledger`).
"""

import queue
import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from avloc.config.blocks import Fetch
from avloc.data.clips import SAFE_ID
from avloc.datasets.download import youtube
from avloc.datasets.download.ledger import Entry, Ledger, open_ledger
from avloc.datasets.download.pinned_files import LONGEST_WAIT_S
from avloc.datasets.download.responses import Failed, Gone
from avloc.errors import UserError
from avloc.files import sha256
from avloc.progress import Progress

LEDGER, VIDEOS = "ledger.jsonl", "videos"


@dataclass(frozen=True)
class Wanted:
    """A video, or a section of one.

    Parameters
    ----------
    id
        Of the clip (`avloc.data.clips.Clip`), which names the file.
    video
        YouTube's id.
    start_s, end_s
        The section; None for the start or the end of the video.
    """

    id: str
    video: str
    start_s: float | None
    end_s: float | None

    @property
    def asked(self) -> str:
        """What is asked for, as text: another section of the same clip is asked for anew."""
        return f"{self.video} {self.start_s}-{self.end_s}"


def fetch_videos(wanted: Sequence[Wanted], folder: Path, fetch: Fetch) -> dict[str, Entry]:
    """Fetch the videos that are not there and may still be had.

    Asked for are those without an entry in the ledger, those that failed, and those whose file has
    vanished; never those that are gone. Of a video that is gone, all clips are. A file without an
    entry, left by a run that was killed just before it wrote one, is checked and kept.

    Parameters
    ----------
    wanted
        Clips; ids must differ.
    folder
        Where videos and ledger are.
    fetch
        How to ask.

    Returns
    -------
    dict
        What became of each clip, by its id, in the order of `wanted`.

    Raises
    ------
    UserError
        If an id is wrong or occurs twice; if `fetch.give_up_after` clips in a row failed, which is
        an outage, and those not yet asked for are left as they were.
    """
    _check(wanted, fetch)
    with open_ledger(folder / LEDGER) as ledger:
        for left in (folder / VIDEOS).glob(youtube.UNFINISHED + "*"):
            shutil.rmtree(left, ignore_errors=True)
        todo = [clip for clip in wanted if not _settled(clip, ledger, folder)]
        if todo:
            _Run(ledger, folder, fetch, todo).fetch(len(wanted))
        entries = {clip.id: ledger.get(clip.id, clip.asked) for clip in wanted}
    return {id: entry for id, entry in entries.items() if entry is not None}


def _check(wanted: Sequence[Wanted], fetch: Fetch) -> None:
    """Refuse wrong ids before anything is asked for."""
    for clip in wanted:
        youtube.address(clip.video, fetch)
        youtube.check_section(clip.video, (clip.start_s, clip.end_s))
        if not SAFE_ID.fullmatch(clip.id):
            raise UserError(f"clip id {clip.id!r} is not 1 to 100 of letters, digits, '_' and '-'")
    if len({clip.id for clip in wanted}) < len(wanted):
        twice = next(id for id, times in Counter(c.id for c in wanted).items() if times > 1)
        raise UserError(f"clip id {twice!r} is wanted twice; mend the list")


def _file(id: str) -> str:
    return f"{VIDEOS}/{id}.mp4"


def _settled(clip: Wanted, ledger: Ledger, folder: Path) -> bool:
    """Return whether a clip is not to be asked for; enter a file that has no entry yet."""
    entry, path = ledger.get(clip.id, clip.asked), folder / _file(clip.id)
    if entry is None and ledger.knows(clip.id):
        return False  # a file that is there holds what was asked for before
    if entry is None or entry.status == "failed":
        if not path.is_file():
            return False
        try:
            youtube.check(path)
        except (Gone, Failed):
            return False
        tries = entry.tries if entry else 0
        ledger.record(clip.id, clip.asked, Entry("ok", "", tries, _file(clip.id), sha256(path)))
        return True
    return entry.status == "gone" or path.is_file()


class _Run:
    """One run over the clips to be asked for."""

    def __init__(self, ledger: Ledger, folder: Path, fetch: Fetch, todo: Sequence[Wanted]) -> None:
        self._ledger, self._folder, self._settings = ledger, folder, fetch
        self._new = {clip.id for clip in todo if ledger.get(clip.id, clip.asked) is None}
        self._stop = threading.Event()
        self._outcomes = queue.SimpleQueue[tuple[Wanted, Entry] | BaseException | None]()
        self._waiting = queue.SimpleQueue[list[Wanted]]()
        # What was never asked for comes first: what failed before may well fail again.
        videos = defaultdict[str, list[Wanted]](list)
        for clip in sorted(todo, key=lambda clip: clip.id not in self._new):
            videos[clip.video].append(clip)
        for clips in videos.values():
            self._waiting.put(clips)
        self._todo = len(todo)

    def fetch(self, total: int) -> None:
        """Ask for all; stop early in an outage."""
        progress = Progress(total, "download", done=total - self._todo)
        workers = self._settings.parallel
        pool = ThreadPoolExecutor(workers)
        counts, in_a_row = Counter[str](), 0
        try:
            for _ in range(workers):
                pool.submit(self._work)
            while workers:
                outcome = self._outcomes.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                if outcome is None:
                    workers -= 1
                    continue
                clip, entry = outcome
                self._new.discard(clip.id)
                counts[entry.status] += 1
                in_a_row = in_a_row + 1 if entry.status == "failed" else 0
                progress.step(", ".join(f"{counts[name]} {name}" for name in sorted(counts)))
                nothing = counts["failed"] == counts.total() and total == self._todo
                if in_a_row == self._settings.give_up_after or (nothing and not self._left(counts)):
                    self._give_up(in_a_row, entry.reason, nothing)
                    break
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)
            progress.close()

    def _left(self, counts: Counter[str]) -> int:
        return self._todo - counts.total()

    def _give_up(self, in_a_row: int, reason: str, nothing: bool) -> None:
        """End a run in an outage: with an error, unless only clips that failed before are left."""
        text = f"{in_a_row} videos in a row could not be fetched, the last for {reason!r}"
        if self._new or nothing:
            raise UserError(
                f"{text}; this looks like an outage of the network or of the server, or like a "
                "refusal: mend it (fetch.cookies, fetch.proxy, a later hour) and run again, which "
                "continues here"
            )
        print(
            f"download: {text}; like all that are left they failed before and wait for the next "
            "run",
            flush=True,
        )

    def _work(self) -> None:
        """Ask for one video after the other, until none waits."""
        try:
            while not self._stop.is_set():
                self._clips_of_one(self._waiting.get_nowait())
        except queue.Empty:
            pass
        except BaseException as error:  # raised again by the main thread
            self._outcomes.put(error)
        finally:
            self._outcomes.put(None)

    def _clips_of_one(self, clips: Sequence[Wanted]) -> None:
        """Ask for the clips of one video, with a pause after each."""
        gone: Entry | None = None
        for clip in clips:
            entry = replace(gone, tries=0) if gone else self._ask(clip)
            if entry is None:  # the run is stopped
                return
            self._ledger.record(clip.id, clip.asked, entry)
            self._outcomes.put((clip, entry))
            if gone is None:
                self._stop.wait(self._settings.pause_s)
            gone = entry if entry.status == "gone" else None

    def _ask(self, clip: Wanted) -> Entry | None:
        """Ask for one clip, some times if need be; return None if the run is stopped meanwhile."""
        settings, path = self._settings, self._folder / _file(clip.id)
        known = self._ledger.get(clip.id, clip.asked)
        before = known.tries if known else 0
        for number in range(1, settings.tries + 1):
            if self._stop.is_set():
                return None
            tries = before + number
            try:
                section = clip.start_s, clip.end_s
                youtube.fetch_video(clip.video, section, path, settings, self._stop)
            except Gone as gone:
                return Entry("gone", str(gone), tries, "", "")
            except Failed as failed:
                if self._stop.is_set():
                    return None
                wait_s = max(failed.wait_s, settings.backoff_s * 2 ** (number - 1))
                if number == settings.tries or failed.wait_s > LONGEST_WAIT_S:
                    return Entry("failed", str(failed), tries, "", "")
            else:
                return Entry("ok", "", tries, _file(clip.id), sha256(path))
            if self._stop.wait(wait_s):
                return None
        raise AssertionError("a last try returns")
