"""Reads what ffmpeg writes on standard error.

ffmpeg is asked to name the level of every message, so that an error is known by its level and not
by its words, which differ from one version to the next. It writes warnings and errors on standard
error and everything into a report. Errors are not looked for in the report: there, its threads cut
into one another's lines.
"""

import re
from dataclasses import dataclass
from functools import cached_property

#: Levels of messages that say something went wrong.
SERIOUS = ("panic", "fatal", "error")

#: A message: who speaks, its level, its text.
LINE = re.compile(
    r"(?:\[(?P<context>[^\]]*?) @ \w+\] ?)*"
    r"(?:\[(?P<level>panic|fatal|error|warning|info)\] )?(?P<text>.*)"
)

#: Where a text of the file (a title, say) goes on in a new line. It may hold anything.
CONTINUED = re.compile(r"\s+: ")

#: What ffmpeg prints once it has opened a file; the name is that of the demuxer.
OPENED = re.compile(r"Input #0, (?P<demuxer>.+), from '")

DURATION = re.compile(r"  Duration: (\d+):(\d+):([\d.]+),")

STREAM = re.compile(
    r"  Stream #0:(?P<index>\d+)(?:\[\w+\])?(?:\(.*?\))?: (?P<kind>Video|Audio): (?P<rest>.*)"
)


@dataclass(frozen=True)
class Message:
    """One line of ffmpeg; the level is empty if it comes from elsewhere, a library say."""

    context: str
    level: str
    text: str


@dataclass(frozen=True)
class Stream:
    """A stream of pictures or of sound, as ffmpeg lists it.

    Parameters
    ----------
    index
        Its number among all streams of the file.
    kind
        ``Video`` or ``Audio``.
    is_default
        Whether the file says that players should take it.
    has_one_channel
        Whether it is mono.
    """

    index: int
    kind: str
    is_default: bool
    has_one_channel: bool


@dataclass(frozen=True)
class Log:
    """The messages of one run of ffmpeg, without the name of the file that it read.

    Parameters
    ----------
    text
        Warnings and errors.
    report
        These and all other messages; empty if ffmpeg wrote none.
    """

    text: str
    report: str = ""

    @cached_property
    def messages(self) -> list[Message]:
        """Warnings and errors, in order."""
        return _parsed(self.text)

    @cached_property
    def serious(self) -> list[Message]:
        """Errors, and what comes from elsewhere than ffmpeg."""
        return [line for line in self.messages if line.level in (*SERIOUS, "")]

    @cached_property
    def _heading(self) -> list[Message]:
        """The part of the report that describes the file."""
        return _parsed(re.split(r"\n\[info\] (?:Stream mapping:|Output #)", self.report)[0])

    @cached_property
    def demuxer(self) -> str:
        """Name of the demuxer that opened the file; empty if none did."""
        opened = (OPENED.match(line.text) for line in self._heading)
        return next((match["demuxer"] for match in opened if match), "")

    @cached_property
    def while_opening(self) -> list[Message]:
        """Warnings and errors that came before the file was open."""
        count = 0
        for line in self._heading:
            if OPENED.match(line.text):
                break
            count += line.level in (*SERIOUS, "warning")
        return self.messages[:count]

    @cached_property
    def streams(self) -> list[Stream]:
        """The streams of the file: pictures (cover art is none) and sound."""
        found = (STREAM.fullmatch(line.text) for line in self._heading)
        return [
            Stream(
                int(match["index"]),
                match["kind"],
                "(default)" in match["rest"],
                ", mono," in match["rest"],
            )
            for match in found
            if match and "(attached pic)" not in match["rest"]
        ]

    def says(self, words: str) -> bool:
        """Return whether a serious message holds these words."""
        return any(words in line.text for line in self.serious)

    def warns(self, *words: str) -> bool:
        """Return whether an error or a warning holds one of these words."""
        return any(each in line.text for line in self.messages for each in words)

    @cached_property
    def duration_s(self) -> float:
        """The duration that the file announces; 0 if it announces none."""
        found = (DURATION.match(line.text) for line in self._heading)
        match = next((match for match in found if match), None)
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else 0.0

    def tail(self) -> str:
        """Return the last lines, for the screen: they hold addresses, which change."""
        return "\n".join(line.text for line in self.serious[-3:])


def _parsed(text: str) -> list[Message]:
    found = []
    for line in text.split("\n"):
        match = LINE.fullmatch(line.rstrip("\r"))
        if match and match["text"] and not CONTINUED.match(line):
            found.append(Message(match["context"] or "", match["level"] or "", match["text"]))
    return found
