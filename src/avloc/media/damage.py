"""Finds out whether the pictures and the sound of a file all decode.

ffmpeg goes on after damage: a decoder conceals what it cannot decode, or leaves it out, and the
exit status is 0. An error that it wrote is looked into here. Pictures before the first key frame
cannot be decoded, which is no damage: a part cut out of a longer video begins so. Hence the wanted
packets are copied, from the first key frame on, and the copy is decoded. What is found does not
depend on how far the threads of ffmpeg had come when enough was read.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from avloc.media.containers import RESTRICTED
from avloc.media.faults import CANNOT_DECODE, CRASHES_ON_IT, DAMAGED, ENDED_EARLY
from avloc.media.log import SERIOUS, Log, Message
from avloc.media.process import file_url, run_ffmpeg

#: Messages that are no errors in spite of their level: about writing, or about extra information.
HARMLESS = ("non monotonically increasing dts", "SEI type", "Error parsing Opus packet header.  ")

#: Words by which a decoder says that it made up a part of a picture.
CONCEALED = ("corrupt decoded frame", "concealing")

#: Packets whose presentation is before that of the first key frame need pictures before it.
AFTER_FIRST_KEY_FRAME = "noise=drop='lt(pts,startpts)'"


@dataclass(frozen=True)
class Findings:
    """What is wrong with the pictures and with the sound; empty if nothing is."""

    pictures: str
    sound: str
    detail: str = ""


def signs(log: Log, ended_early: bool) -> list[Message]:
    """Return the messages of a run that may mean damage.

    While ffmpeg opens a file, it tries decoders, whose errors come again later; only those of the
    demuxer count from the beginning.

    Parameters
    ----------
    log
        The messages.
    ended_early
        Whether the file ended before all that is wanted was read. If not, it does not matter that
        a part is missing behind that.
    """
    harmless = HARMLESS if ended_early else (*HARMLESS, *ENDED_EARLY)
    opening = len(log.while_opening)
    found = [
        line
        for number, line in enumerate(log.messages)
        if line.level in SERIOUS
        and (number >= opening or line.context == log.demuxer)
        and not any(words in line.text for words in harmless)
    ]
    # Not all of these are errors or warnings.
    found += [Message("", "", words) for words in CONCEALED if words in log.report]
    return found


def examine(path: Path, sound: str, wanted_s: float, limit_s: float) -> Findings:
    """Decode copies of a file's pictures and sound.

    Parameters
    ----------
    path
        The file.
    sound
        Stream of its sound, as ffmpeg names it.
    wanted_s
        Time up to which the file is read.
    limit_s
        Seconds that each run of ffmpeg may take.
    """
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        pictures_file, sound_file = Path(folder) / "pictures.nut", Path(folder) / "sound.nut"
        source = ffmpeg.input(file_url(path), **RESTRICTED)
        options = {"format": "nut", "c": "copy", "t": wanted_s, "map_metadata": -1}
        run = run_ffmpeg(
            ffmpeg.merge_outputs(
                source["V:0"].output(
                    file_url(pictures_file), **options, **{"bsf:v": AFTER_FIRST_KEY_FRAME}
                ),
                source[sound].output(file_url(sound_file), **options),
            ),
            limit_s,
            Path(folder),
            path,
        )
        if run.crashed:
            return Findings(CRASHES_ON_IT, CRASHES_ON_IT, run.log.tail())
        if any(line.context == run.log.demuxer for line in signs(run.log, False)):
            return Findings(DAMAGED, DAMAGED, run.log.tail())
        pictures, said_of_pictures = fault_of(pictures_file, "v:0", limit_s, Path(folder))
        heard, said_of_sound = fault_of(sound_file, "a:0", limit_s, Path(folder))
    return Findings(pictures, heard, said_of_pictures or said_of_sound)


def fault_of(file: Path, stream: str, limit_s: float, folder: Path) -> tuple[str, str]:
    """Return why a stream does not decode, and the words of ffmpeg; empty if it does.

    Parameters
    ----------
    file
        The file; it may be missing.
    stream
        As ffmpeg names it.
    limit_s
        Seconds that ffmpeg may take.
    folder
        Where ffmpeg may write.
    """
    if not file.is_file():
        return CANNOT_DECODE, ""
    source = ffmpeg.input(file_url(file), threads=1, **RESTRICTED)
    output = source[stream].output("pipe:1", format="null", max_error_rate=1)
    run = run_ffmpeg(output, limit_s, folder, file)
    if run.crashed:
        return CRASHES_ON_IT, run.log.tail()
    if not run.log.demuxer or run.log.says("ecoder not found") or run.log.says("no decoder found"):
        return CANNOT_DECODE, run.log.tail()
    return (DAMAGED, run.log.tail()) if run.status or signs(run.log, True) else ("", "")
