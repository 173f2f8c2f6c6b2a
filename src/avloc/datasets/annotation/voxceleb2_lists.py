"""Read the lists of VoxCeleb2 in the paper's release, and find their clips in a user's folder.

The folder may have one of these layouts:

- ``<speaker>/<YouTube id>_<start>_<end>.mp4``, or a folder of that name with one video in it: the
  authors' layout, with a video in place of their frames and sound;
- ``mp4/<speaker>/<YouTube id>/<number>.mp4`` with ``txt`` beside ``mp4``: VoxCeleb2's own layout.
  The first frame in the text file, at 25 frames a second, tells which number belongs to a clip.
  These videos are cropped to the face, which changes the task.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from avloc.errors import UserError

#: How a line of the lists ends, after any folder.
LINE = re.compile(r"(?:^|/)(id\d{5})/([\w-]{11})_(\d+\.\d{3})_(\d+\.\d{3})/?", re.ASCII)

VIDEOS = (".mp4", ".mkv", ".webm", ".avi", ".mov")

#: Frame rate of VoxCeleb2's text files, whatever the rate of the video.
TEXT_FPS = 25.0
FRAME_LINE = re.compile(r"^(\d{6})\s", re.MULTILINE | re.ASCII)


@dataclass(frozen=True)
class ListEntry:
    """A clip of a list: its speaker, its YouTube id, and the section of that video."""

    speaker: str
    video: str
    start_s: float
    end_s: float

    @property
    def id(self) -> str:
        """Id of the clip, unique and safe as a file name."""
        return f"{self.speaker}_{self.video}_{round(1000 * self.start_s)}"


def read_list(path: Path) -> list[ListEntry]:
    """Return the clips of a list, each once; a line is the path of a clip's folder.

    Raises
    ------
    UserError
        If the file cannot be read or is empty, or a line has another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); correct its path") from None
    entries = []
    for number, line in enumerate(lines, start=1):
        found = LINE.search(line.strip())
        if found and found.end() == len(line.strip()) and float(found[3]) < float(found[4]):
            entries.append(ListEntry(found[1], found[2], float(found[3]), float(found[4])))
        elif line.strip():
            raise UserError(
                f"{path} line {number}: {line.strip()!r:.80} is not "
                "<speaker>/<YouTube id>_<start>_<end>; correct it"
            )
    if not entries:
        raise UserError(f"{path} lists no clip; give a list with one clip a line")
    return list(dict.fromkeys(entries))


def training_clips(path: Path, held_out: Iterable[ListEntry]) -> list[ListEntry]:
    """Return the user's training clips whose speakers and videos are not in val or test.

    Parameters
    ----------
    path
        The user's list.
    held_out
        The clips of val and test.

    Raises
    ------
    UserError
        If the list is wrong, or no clip is left.
    """
    entries = read_list(path.expanduser())
    others = list(held_out)
    speakers, videos = {entry.speaker for entry in others}, {entry.video for entry in others}
    kept = [e for e in entries if e.speaker not in speakers and e.video not in videos]
    print(
        f"voxceleb2: {len(entries) - len(kept)} of {len(entries)} training clips are of speakers "
        "or videos of val or test and left out",
        flush=True,
    )
    if not kept:
        raise UserError(f"{path}: no training clip is left; list clips of other speakers")
    return kept


def find_clip(entry: ListEntry, folder: Path) -> Path | None:
    """Return the video of a clip in one of the two layouts, or None if there is not exactly one.

    Parameters
    ----------
    entry
        The clip.
    folder
        The user's folder.
    """
    name = f"{entry.video}_{entry.start_s:.3f}_{entry.end_s:.3f}"
    for root in (folder, folder / "VoxCeleb2"):
        place = root / entry.speaker
        inside = sorted((place / name).iterdir()) if (place / name).is_dir() else []
        files = [place / (name + ending) for ending in VIDEOS] + inside
        videos = [path for path in files if path.suffix.lower() in VIDEOS and path.is_file()]
        if len(videos) == 1:
            return videos[0]
    for root in (folder, folder / "dev", folder / "test"):
        for text in sorted((root / "txt" / entry.speaker / entry.video).glob("*.txt")):
            first = FRAME_LINE.search(text.read_text(encoding="utf-8", errors="replace"))
            video = root / "mp4" / entry.speaker / entry.video / f"{text.stem}.mp4"
            # Whether frames count from 0 or 1 does not matter: utterances are seconds apart.
            near = first and abs(int(first[1]) / TEXT_FPS - entry.start_s) < 1.5 / TEXT_FPS
            if near and video.is_file():
                return video
    return None
