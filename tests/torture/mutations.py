"""Damages small real videos at random and extracts each: a ledger row or a sentence, never more."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from avloc.data.clips import Clip
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.source_video import ExtractionSettings, read_video
from avloc.errors import UserError
from tests.torture import processes
from tests.torture.kills import LostError
from tests.videos import ffmpeg

#: Container -> codecs, as small as they come.
CONTAINERS = {
    "mp4": "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac",
    "webm": "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 100k -c:a libopus -b:a 32k",
    "mpg": "-c:v mpeg2video -c:a mp2",
}
SETTINGS = ExtractionSettings(ClipFormat(4, 32, 16000), 0.5, 4.0, 16)
#: Seconds that a damaged video of a second may take on a busy machine; more is a hang.
LONGEST_S = 120.0
#: Bytes in which a container says what it holds; half of all damage begins here.
HEADER = 600


def originals(folder: Path) -> dict[str, bytes]:
    """Return container -> a video of two seconds."""
    found = {}
    for container, codecs in CONTAINERS.items():
        path = folder / f"original.{container}"
        ffmpeg(
            "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2",
            "-threads", "1", *codecs.split(), path,
        )  # fmt: skip
        found[container] = path.read_bytes()
    return found


def mutate(content: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Return what was done to a file, and its bytes after it.

    Parameters
    ----------
    content
        Of a video.
    chance
        Decides.
    """
    changed = bytearray(content)
    kind = chance.choice(("flip", "cut", "remove", "insert", "swap", "zero", "repeat"))
    size = len(changed)
    place = chance.randrange(HEADER if chance.random() < 0.5 else size)
    length = chance.choice((1, 4, 64, 1024))
    if kind == "flip":
        for _ in range(length):
            at = min(size - 1, place + chance.randrange(4 * length))
            changed[at] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del changed[place:]
    elif kind == "remove":
        del changed[place : place + length]
    elif kind == "insert":
        changed[place:place] = chance.randbytes(length)
    elif kind == "swap":
        other = chance.randrange(size)
        first, second = bytes(changed[place : place + length]), changed[other : other + length]
        changed[place : place + len(second)] = second
        changed[other : other + len(first)] = first
    elif kind == "zero":
        changed[place : place + length] = bytes(len(changed[place : place + length]))
    else:
        changed[place:place] = content[place : place + length] * 2
    return kind, bytes(changed)


def torture(folder: Path, count: int, seed: int, say: Callable[[str], None]) -> str:
    """Extract damaged videos and return a summary.

    Parameters
    ----------
    folder
        Empty; for the videos.
    count
        How many damaged videos.
    seed
        Of the damage.
    say
        Takes a line now and then.

    Raises
    ------
    LostError
        If one ends in anything but a ledger row or a sentence, hangs, or leaves a process behind.
    """
    found = originals(folder)
    outcomes, slowest = Counter[str](), 0.0
    for number in range(count):
        container = tuple(found)[number % len(found)]
        chance = random.Random(f"{seed} {number}")
        kind, content = mutate(found[container], chance)
        path = folder / f"{number}.{container}"
        path.write_bytes(content)
        what = f"mutation {number} ({kind} of {container})"
        begun, before = time.monotonic(), processes.descendants(os.getpid())
        try:
            outcomes[_outcome(path)] += 1
        except Exception as error:
            raise LostError(f"{what}: {error!r}") from error
        took = time.monotonic() - begun
        slowest = max(slowest, took)
        if took > LONGEST_S:
            raise LostError(f"{what} hangs: {took:.0f} s")
        if left := processes.descendants(os.getpid()) - before:
            raise LostError(f"{what} leaves {len(left)} processes")
        path.unlink()
        if (number + 1) % 50 == 0:
            say(f"{number + 1} mutations: {_words(outcomes)}")
    return f"{count} mutations ({_words(outcomes)}); the slowest took {slowest:.1f} s"


def _outcome(path: Path) -> str:
    """Extract a video and return how that ended; check what came of it."""
    clip = Clip(id="damaged", path=path.name, split="train", classes=("a",), sha256="")
    try:
        reading = read_video(clip, path, SETTINGS)
    except UserError as error:
        assert str(error) and "\n" not in str(error), f"no sentence: {error}"
        return "sentence"
    reason = reading.outcome.reason
    assert "\n" not in reason and "Traceback" not in reason, f"no reason: {reason}"
    if reading.content is None:
        assert reason, "left out without a reason"
        return reading.outcome.status
    wanted, content = SETTINGS.clip_format, reading.content
    assert content.frames.shape[1:] == (wanted.size_px, wanted.size_px, 3)
    assert 0 < len(content.frames) <= SETTINGS.max_duration_s * wanted.fps
    assert len(content.waveform) <= SETTINGS.max_duration_s * wanted.sample_rate_hz
    return reading.outcome.status


def _words(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {status}" for status, count in outcomes.most_common())
