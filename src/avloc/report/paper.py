"""The paper's printed numbers, as ``paper.yaml`` beside this module has them.

They are kept as the lines of its tables, for example ``34.0* 39.7 20.2* 21.3*``, so that a reader
can hold them against the paper.
"""

import re
from dataclasses import dataclass
from typing import Self

from pydantic import model_validator

from avloc.config.blocks import Block

_PRINTED = re.compile(r"(?P<digits>\d+(\.\d+)?)(?P<star>\*)?(?P<copied>†)?")


@dataclass(frozen=True)
class PrintedScore:
    """One number of the paper's tables.

    Parameters
    ----------
    digits
        As printed, in percent; None where the paper prints a dash.
    star
        The paper says that it may profit from the best pairing.
    copied
        The paper took it from the tables of its reference [24].
    """

    digits: str | None
    star: bool = False
    copied: bool = False


class PaperColumns(Block):
    """The paper's numbers for one of its test sets."""

    title: str
    dataset: str
    metrics: str
    scores: dict[str, str]

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Metrics in the order of the paper's columns, as keyed in metrics files."""
        return tuple(self.metrics.split())

    def printed(self, row: str) -> tuple[PrintedScore, ...] | None:
        """Return the numbers of a row, one per metric, or None if the paper lacks the row."""
        if row not in self.scores:
            return None
        return tuple(_printed_score(word) for word in self.scores[row].split())

    @model_validator(mode="after")
    def _every_row_is_complete(self) -> Self:
        for row in self.scores:
            scores = self.printed(row)
            if scores is None or len(scores) != len(self.metric_names):
                raise ValueError(f"scores.{row} has not one number for each of '{self.metrics}'")
        return self


def _printed_score(word: str) -> PrintedScore:
    if word == "–":
        return PrintedScore(None)
    match = _PRINTED.fullmatch(word)
    if match is None:
        raise ValueError(f"{word!r} is neither – nor a number such as 34.0, 34.0* or 34.0†")
    return PrintedScore(match["digits"], match["star"] is not None, match["copied"] is not None)
