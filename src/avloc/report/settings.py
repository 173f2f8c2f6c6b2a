"""What the render stage shows and how it is named: the block ``render`` of params.yaml.

The paper's printed numbers are kept as the lines of its tables, for example
``34.0* 39.7 20.2* 21.3*``, so that a reader can hold them against the paper. ``–`` is a number
that the paper does not print, ``*`` is the paper's star, and ``†`` marks a number that the paper
copied from another one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import Field, PositiveInt, ValidationError, model_validator

from avloc.config.blocks import Block
from avloc.config.params import sentence
from avloc.errors import UserError
from avloc.report.scores import Scores

SectionName = Literal[
    "semi-supervised", "self-supervised", "ablation", "proposed", "extension", "control"
]
#: The section whose rows are trained with class labels: they know which map is whose.
LABELLED: SectionName = "semi-supervised"
#: The section of the paper's own row.
PROPOSED: SectionName = "proposed"
#: The section whose trained rows are not in the paper.
EXTENSION: SectionName = "extension"
#: The section whose rows are not trained and never the best of a column.
CONTROL: SectionName = "control"

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


class RowSettings(Block):
    """A row's name in print, its section, and whether it is scored under the best pairing."""

    label: str
    section: SectionName
    best_pairing: bool


class PaperSettings(Block):
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


class GroupSettings(Block):
    """A test set of this project beside one or more of the paper's."""

    set: str
    paper: tuple[str, ...] = Field(min_length=1)


class TableSettings(Block):
    """A table in the manner of the paper: which sections, which groups of columns."""

    title: str
    sections: tuple[SectionName, ...]
    groups: tuple[GroupSettings, ...]


class TitleSettings(Block):
    """Titles of the tables that the paper lacks."""

    listening: str
    triple: str
    tagged: str
    readings: str
    negatives: str


class IntervalTableSettings(Block):
    """A table of one row, the reference, minus every other."""

    title: str
    reference: str


class IntervalSettings(Block):
    """The bootstrap over videos (`avloc.evaluation.bootstrap`), and its tables by file name."""

    draws: PositiveInt
    level: float = Field(gt=0, lt=1)
    seed: int = Field(ge=0)
    tables: dict[str, IntervalTableSettings]


class CollapseSettings(Block):
    """Limits of the last logged collapse monitors, beyond which a row has collapsed.

    Parameters
    ----------
    node_cosine_max
        Cosine of the nodes of one mixture, in [-1, 1].
    node_variance_min
        Variance of a node over mixtures, in [0, 1].
    """

    node_cosine_max: float = Field(ge=-1, le=1)
    node_variance_min: float = Field(ge=0, le=1)


class MapFigureSettings(Block):
    """A figure of localisation maps: its test sets and the rows it compares."""

    title: str
    sets: tuple[str, ...]
    rows: tuple[str, ...]


class FigureSettings(Block):
    """What all figures share, and the map figures by file name.

    Parameters
    ----------
    dots_per_inch
        Resolution of every figure.
    ranked_by
        Row whose scores choose the scenes of the map figures.
    quantiles
        In [0, 1], of that row's score: one scene is shown for each.
    failures
        How many of its lowest-scoring scenes follow.
    """

    dots_per_inch: int = Field(ge=50, le=600)
    ranked_by: str
    quantiles: tuple[float, ...]
    failures: int = Field(ge=0)
    maps: dict[str, MapFigureSettings]

    @model_validator(mode="after")
    def _quantiles_are_fractions(self) -> Self:
        if any(not 0 <= quantile <= 1 for quantile in self.quantiles):
            raise ValueError("quantiles are fractions from 0 to 1")
        return self


class Settings(Block):
    """The whole block; unknown keys and references to nothing are errors."""

    sections: dict[SectionName, str]
    rows: dict[str, RowSettings]
    paper: dict[str, PaperSettings]
    tables: dict[str, TableSettings]
    titles: TitleSettings
    intervals: IntervalSettings
    collapse: CollapseSettings
    figures: FigureSettings

    @model_validator(mode="after")
    def _names_refer_to_something(self) -> Self:
        named = {row for paper in self.paper.values() for row in paper.scores}
        named |= {row for figure in self.figures.maps.values() for row in figure.rows}
        named |= {table.reference for table in self.intervals.tables.values()}
        if unknown := (named | {self.figures.ranked_by}) - self.rows.keys():
            raise ValueError(f"row {min(unknown)!r} is not described under rows")
        used = {section for table in self.tables.values() for section in table.sections}
        used |= {row.section for row in self.rows.values()}
        if untitled := used - self.sections.keys():
            raise ValueError(f"section {min(untitled)!r} has no title under sections")
        for name, table in self.tables.items():
            for group in table.groups:
                if missing := set(group.paper) - self.paper.keys():
                    raise ValueError(f"tables.{name} names {min(missing)!r}, which paper lacks")
                if len({self.paper[key].metrics for key in group.paper}) > 1:
                    raise ValueError(
                        f"tables.{name} puts numbers of different metrics beside {group.set!r}"
                    )
        return self


def read_settings(block: Mapping[str, Any]) -> Settings:
    """Check the block ``render`` of params.yaml.

    Raises
    ------
    UserError
        Naming the first wrong key.
    """
    try:
        return Settings.model_validate(block)
    except ValidationError as error:
        fault = error.errors()[0]
        if fault["type"] != "value_error":
            raise UserError(sentence("params.yaml: render", error)) from None
        key = ".".join(["render", *map(str, fault["loc"])])
        raise UserError(f"params.yaml: {key}: {fault['ctx']['error']}; mend it") from None


def check_rows(settings: Settings, scores: Scores) -> None:
    """Refuse a row that no table could name, or whose stars would be wrong.

    Raises
    ------
    UserError
        Naming the row.
    """
    for row, sets in scores.items():
        if row not in settings.rows:
            raise UserError(
                f"params.yaml: render.rows lacks {row!r}, which is run; add its label, section and"
                " best_pairing there"
            )
        # Only rows with a map per node have this score, and they are scored under the best pairing.
        several = any("assigned" in metrics for metrics in sets.values())
        if several and not settings.rows[row].best_pairing:
            raise UserError(
                f"params.yaml: render.rows.{row}.best_pairing is false, but the row has several"
                " maps; set it to true"
            )


def _printed_score(word: str) -> PrintedScore:
    if word == "–":
        return PrintedScore(None)
    match = _PRINTED.fullmatch(word)
    if match is None:
        raise ValueError(f"{word!r} is neither – nor a number such as 34.0, 34.0* or 34.0†")
    return PrintedScore(match["digits"], match["star"] is not None, match["copied"] is not None)
