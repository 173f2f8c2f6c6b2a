"""What DVC calls the pipeline of a data set, its stages and its file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Pipelines of other data sets than the embedded one, each in a folder of its own.
FOLDER = Path("pipelines")
#: The data set whose pipeline is dvc.yaml at the root.
EMBEDDED = "synthetic"
#: Stages of a row, in their order.
ROW_STAGES = ("train", "evaluate")


@dataclass(frozen=True)
class Pipeline:
    """The pipeline of a data set, as DVC names its parts.

    Parameters
    ----------
    dataset
        Name of the data set.
    methods
        Row -> name of its method, in the order of params.yaml.
    controls
        Names of its controls.
    """

    dataset: str
    methods: Mapping[str, str]
    controls: Sequence[str]

    @property
    def rows(self) -> list[str]:
        """Names of its rows, in the order of params.yaml."""
        return list(self.methods)

    @property
    def path(self) -> str:
        """Its file."""
        return "dvc.yaml" if self.dataset == EMBEDDED else str(FOLDER / self.dataset / "dvc.yaml")

    def stage(self, name: str) -> str:
        """Return how DVC calls a stage."""
        return name if self.dataset == EMBEDDED else f"{self.path}:{name}"

    def stages_of(self, row: str) -> list[str]:
        """Return how DVC calls the stages of a row, in their order."""
        return [self.stage(f"{kind}@{row}") for kind in ROW_STAGES]

    def before_training(self, stages: Collection[str]) -> set[str]:
        """Return those of the stages that come before training."""
        after = {self.stage(f"control@{control}") for control in self.controls}
        after |= {stage for row in self.rows for stage in self.stages_of(row)}
        return set(stages) - after - {self.stage("render")}
