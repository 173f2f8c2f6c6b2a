"""How VoxCeleb2's clips are named, in the lists of the paper's release and in folders.

A user's folder may have one of these layouts:

- ``<speaker>/<YouTube id>_<start>_<end>.mp4``, or a folder of that name with one video in it: the
  authors' layout, with a video in place of their frames and sound;
- ``mp4/<speaker>/<YouTube id>/<number>.mp4`` with ``txt`` beside ``mp4``: VoxCeleb2's own. Which
  number a clip has is read from the first frame in its text file, at 25 a second. These videos are
  cropped to the face, which changes the task.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from avloc.errors import UserError

#: A line of the lists ends so, whatever folder stands before it.
LINE = re.compile(r"(?:^|/)(id\d{5})/([\w-]{11})_(\d+\.\d{3})_(\d+\.\d{3})/?", re.ASCII)

VIDEOS = (".mp4", ".mkv", ".webm", ".avi", ".mov")

#: Frames a second by which VoxCeleb2's text files count, whatever rate the video has.
TEXT_FPS = 25.0
FRAME_LINE = re.compile(r"^(\d{6})\s", re.MULTILINE | re.ASCII)


@dataclass(frozen=True)
class Row:
    """A clip of the lists: speaker, YouTube id, and the section of that video."""

    speaker: str
    video: str
    start_s: float
    end_s: float

    @property
    def id(self) -> str:
        """Return the name of the clip, which is unique and safe."""
        return f"{self.speaker}_{self.video}_{round(1000 * self.start_s)}"


def read_rows(path: Path) -> list[Row]:
    """Return the clips of a list of the release, a folder's path a line.

    Raises
    ------
    UserError
        If a line is of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); mend its path") from None
    rows = []
    for number, line in enumerate(lines, start=1):
        found = LINE.search(line.strip())
        if found and found.end() == len(line.strip()) and float(found[3]) < float(found[4]):
            rows.append(Row(found[1], found[2], float(found[3]), float(found[4])))
        elif line.strip():
            raise UserError(
                f"{path} line {number}: {line.strip()!r:.80} is not "
                "<speaker>/<YouTube id>_<start>_<end>"
            )
    if not rows:
        raise UserError(f"{path} lists no clip")
    return list(dict.fromkeys(rows))


def find_clip(row: Row, folder: Path) -> Path | None:
    """Return the one video that is a clip in one of the two layouts, or None."""
    name = f"{row.video}_{row.start_s:.3f}_{row.end_s:.3f}"
    for root in (folder, folder / "VoxCeleb2"):
        place = root / row.speaker
        inside = sorted((place / name).iterdir()) if (place / name).is_dir() else []
        files = [place / (name + ending) for ending in VIDEOS] + inside
        videos = [path for path in files if path.suffix.lower() in VIDEOS and path.is_file()]
        if len(videos) == 1:
            return videos[0]
    for root in (folder, folder / "dev", folder / "test"):
        for text in sorted((root / "txt" / row.speaker / row.video).glob("*.txt")):
            first = FRAME_LINE.search(text.read_text(encoding="utf-8", errors="replace"))
            video = root / "mp4" / row.speaker / row.video / f"{text.stem}.mp4"
            # Whether frames count from 0 or 1 matters not: utterances are seconds apart.
            near = first and abs(int(first[1]) / TEXT_FPS - row.start_s) < 1.5 / TEXT_FPS
            if near and video.is_file():
                return video
    return None
