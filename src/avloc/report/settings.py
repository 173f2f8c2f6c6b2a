"""What a researcher sets of tables and figures: the block ``report`` of params.yaml."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, PositiveInt, ValidationError

from avloc.config.blocks import Block, Count, Share
from avloc.config.params import sentence
from avloc.errors import UserError


class IntervalSettings(Block):
    """Percentile intervals of a bootstrap over videos and seeds (`avloc.evaluation.bootstrap`)."""

    draws: PositiveInt
    level: float = Field(gt=0, lt=1)
    seed: Count


class CollapseSettings(Block):
    """Limits of the last logged monitors, beyond which a row has collapsed.

    Parameters
    ----------
    node_cosine_max
        Cosine of the nodes of one mixture, in [-1, 1].
    node_variance_min
        Variance of a node over mixtures, in [0, 1].
    """

    node_cosine_max: float = Field(ge=-1, le=1)
    node_variance_min: Share


class FigureSettings(Block):
    """The resolution of all figures, and which scenes the map figures show.

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
    quantiles: tuple[Share, ...]
    failures: Count


class PageSettings(Block):
    """The report page.

    Parameters
    ----------
    scenes
        How many scenes of each test set can be looked at and listened to, at least 2.
    """

    scenes: int = Field(ge=2)


class Settings(Block):
    """The whole block."""

    intervals: IntervalSettings
    collapse: CollapseSettings
    figures: FigureSettings
    page: PageSettings


def read_settings(block: Mapping[str, Any]) -> Settings:
    """Check the block ``report`` of params.yaml.

    Raises
    ------
    UserError
        Naming the first wrong key.
    """
    try:
        return Settings.model_validate(block)
    except ValidationError as error:
        raise UserError(sentence("params.yaml: report", error)) from None
