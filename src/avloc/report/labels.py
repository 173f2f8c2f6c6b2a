"""Names and layout of tables and figures, as ``labels.yaml`` beside this module has them."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from avloc.config.blocks import Block, Share
from avloc.config.params import sentence
from avloc.errors import UserError
from avloc.report.paper import PaperColumns

FOLDER = Path(__file__).parent

SectionName = Literal[
    "semi-supervised", "self-supervised", "ablation", "proposed", "extension", "control"
]
#: The section whose rows are trained with class labels: they know which map is whose.
LABELLED: SectionName = "semi-supervised"
#: The section of the paper's own row.
PROPOSED: SectionName = "proposed"
#: The section whose trained rows are not in the paper, and of rows that labels.yaml does not name.
EXTENSION: SectionName = "extension"
#: The section whose rows are not trained and never the best of a column.
CONTROL: SectionName = "control"


class RowLabel(Block):
    """A row's name in print, its section, the settings that the name stands for, and a note."""

    label: str
    section: SectionName
    trained_as: dict[str, str | int] = Field(default_factory=dict)
    note: str = ""


class ColumnLabel(Block):
    """A column's title and what it shows; labels.yaml explains the keys."""

    title: str
    value: str | None = None
    minus: str | None = None
    repeats: str | None = None
    needs: str | None = None
    ranked: bool = True
    by_maps: bool = False
    threshold: bool = False
    decimals: int = 1


class GroupLayout(Block):
    """Columns of one test set, or of one beside the paper's numbers."""

    set: str
    columns: tuple[str, ...] = ()
    paper: tuple[str, ...] = ()


class TableLayout(Block):
    """A table of scores: its sections (all if none is named), blocks of groups, and notes."""

    title: str
    sections: tuple[SectionName, ...] = ()
    blocks: tuple[tuple[GroupLayout, ...], ...]
    notes: tuple[str, ...] = ()
    bold: bool = True


class IntervalTableLayout(Block):
    """A table of one row, the reference, minus every other."""

    title: str
    reference: str


class ClassTableLayout(Block):
    """A table of one score on one test set, with a column for each class."""

    title: str
    by_class: str
    set: str
    notes: tuple[str, ...] = ()


class FigureLayout(Block):
    """A figure of localisation maps: its test sets and the rows it compares."""

    title: str
    sets: tuple[str, ...]
    rows: tuple[str, ...]


class SweepLayout(Block):
    """The figure of overlap against threshold: its test sets, and the rows that are told apart."""

    sets: tuple[str, ...]
    rows: tuple[str, ...]


class ExampleLayout(Block):
    """The figures of single scenes: test set, row, place in the ranking by CAP, and titles."""

    set: str
    row: str
    quantile: Share
    titles: dict[Literal["figure1", "figure2"], str]


class Labels(Block):
    """All of labels.yaml, and paper.yaml under `paper`."""

    sections: dict[SectionName, str]
    rows: dict[str, RowLabel]
    columns: dict[str, ColumnLabel]
    notes: dict[str, str]
    tables: dict[str, TableLayout | IntervalTableLayout | ClassTableLayout]
    datasets: dict[str, str] = Field(default_factory=dict)
    compared: dict[str, tuple[str, ...]]
    sweep: SweepLayout
    losses: dict[str, str]
    gains: tuple[str, ...]
    monitors: dict[str, str]
    figures: dict[str, FigureLayout]
    examples: ExampleLayout
    paper: dict[str, PaperColumns] = Field(default_factory=dict)

    @property
    def score_tables(self) -> dict[str, TableLayout]:
        """The tables of scores, by file name."""
        return {name: t for name, t in self.tables.items() if isinstance(t, TableLayout)}

    @property
    def interval_tables(self) -> dict[str, IntervalTableLayout]:
        """The tables of differences, by file name."""
        return {name: t for name, t in self.tables.items() if isinstance(t, IntervalTableLayout)}

    @property
    def class_tables(self) -> dict[str, ClassTableLayout]:
        """The tables of classes, by file name."""
        return {name: t for name, t in self.tables.items() if isinstance(t, ClassTableLayout)}

    def column(self, name: str) -> ColumnLabel:
        """Return how a column is shown: as labels.yaml says, or under the metric's own name.

        A metric's own name is printed as in the paper: ``ciou@0.3`` as CIoU@0.3.
        """
        own = ColumnLabel(title=name.upper().replace("IOU", "IoU"))
        return self.columns.get(name, own)

    def loss_of(self, row: str) -> str:
        """Return what a row lowers, in print; rows with the same loss have the same name."""
        trained_as = self.rows[row].trained_as
        kind = " ".join(str(trained_as[key]) for key in ("method", "loss") if key in trained_as)
        return self.losses.get(kind, kind or self.rows[row].label)

    def for_rows(
        self, trained: Mapping[str, Mapping[str, Any]], controls: Collection[str]
    ) -> "Labels":
        """Return the labels of the rows that are run.

        Parameters
        ----------
        trained
            Row -> what it was trained with: ``method``, ``nodes``, ``steps`` and the settings of
            its method. A row whose label stands for other settings says so in its label.
        controls
            Rows that are fixed maps.
        """
        rows = dict(self.rows)
        for row in [*trained, *controls]:
            section = CONTROL if row in controls else EXTENSION
            rows.setdefault(row, RowLabel(label=row, section=section))
        for row, settings in trained.items():
            rows[row] = _as_trained(rows[row], settings)
        return self.model_copy(update={"rows": rows})

    @model_validator(mode="after")
    def _names_refer_to_something(self) -> Self:
        named = {row for paper in self.paper.values() for row in paper.scores}
        named |= {row for figure in self.figures.values() for row in figure.rows}
        named |= {self.examples.row, *self.sweep.rows}
        named |= {table.reference for table in self.interval_tables.values()}
        if unknown := named - self.rows.keys():
            raise ValueError(f"row {min(unknown)!r} is not named under rows")
        if untitled := {row.section for row in self.rows.values()} - self.sections.keys():
            raise ValueError(f"section {min(untitled)!r} has no title under sections")
        for name, own in (self.score_tables | self.class_tables).items():
            if missing := set(own.notes) - self.notes.keys():
                raise ValueError(f"tables.{name} names {min(missing)!r}, which notes lacks")
        for name, table in self.score_tables.items():
            for group in (group for block in table.blocks for group in block):
                if missing := set(group.paper) - self.paper.keys():
                    raise ValueError(f"tables.{name} names {min(missing)!r}, which paper lacks")
                if len({self.paper[key].metrics for key in group.paper}) > 1:
                    raise ValueError(
                        f"tables.{name} puts numbers of different metrics beside {group.set!r}"
                    )
        return self


def read_labels() -> Labels:
    """Read labels.yaml and paper.yaml.

    Raises
    ------
    UserError
        Naming the first wrong key.
    """
    labels, paper = (
        yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("labels", "paper")
    )
    return checked(labels | {"paper": paper})


def checked(content: Mapping[str, Any]) -> Labels:
    """Return the labels that YAML files hold.

    Raises
    ------
    UserError
        Naming the first wrong key.
    """
    try:
        return Labels.model_validate(content)
    except ValidationError as error:
        fault = error.errors()[0]
        if fault["type"] != "value_error":
            raise UserError(sentence("labels.yaml", error)) from None
        key = ".".join(map(str, fault["loc"])) or "(top level)"
        raise UserError(f"labels.yaml: {key}: {fault['ctx']['error']}; correct it") from None


def read_trained(path: Path, row: str) -> dict[str, Any]:
    """Return what a row is trained with, from the file that the resolve stage wrote for it.

    Parameters
    ----------
    path
        The file (`avloc.paths.row`).
    row
        Name of the row, for the message.

    Returns
    -------
    dict
        ``seeds``, ``method``, ``nodes``, ``net``, ``steps`` (of the warm start and its own) and the
        settings of its method.

    Raises
    ------
    UserError
        If the file is missing or is not that of a row.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        train, own = (
            found["train"],
            {key: found[key] for key in ("seeds", "method", "nodes", "net")},
        )
        return {**found["settings"], **own, "steps": train["steps"] + train["warm_start"]["steps"]}
    except FileNotFoundError:
        fault = "is missing"
    except (yaml.YAMLError, KeyError, TypeError) as error:
        fault = f"is not the file of a row ({' '.join(str(error).split())})"
    raise UserError(f"{path} {fault}: run the resolve stage (`dvc repro`), which writes {row!r}")


def _as_trained(row: RowLabel, settings: Mapping[str, Any]) -> RowLabel:
    """Return a row's label, with the settings that are not those that it stands for."""
    # Of a row that labels.yaml does not name, what it lowers is still known.
    known = row.trained_as or dict.fromkeys(("method", "loss"), "")
    found = {key: _in_print(settings[key]) for key in known if key in settings}
    if not row.trained_as:
        return row.model_copy(update={"trained_as": found})
    changed = {key: value for key, value in found.items() if value != str(row.trained_as[key])}
    if not changed:
        return row
    label = f"{row.label} ({', '.join(f'{key}: {value}' for key, value in changed.items())})"
    usual = ", ".join(f"{key}: {row.trained_as[key]}" for key in changed)
    note = f"{label}: the name {row.label!r} stands for {usual}, but the row was trained otherwise."
    trained_as = row.trained_as | changed
    return row.model_copy(update={"label": label, "note": note, "trained_as": trained_as})


def _in_print(value: object) -> str:
    """Return a setting as labels.yaml has it; several losses by name in order, joined by +."""
    return " + ".join(sorted(value)) if isinstance(value, Mapping) else str(value)
