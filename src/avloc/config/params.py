"""params.yaml, read once and checked: unknown, missing and mistyped keys are refused.

A data set's ``source`` and the settings of methods are checked by their own modules
(`avloc.datasets`, `avloc.methods`), so that adding one touches no other file. Nothing is computed
here: `avloc.change_tracking` leaves this module out.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

from avloc.errors import UserError
from avloc.paths import PARAMS

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
#: A recipe, or a recipe, a hyphen and the tag of the clips that are used.
SetName = Annotated[str, Field(pattern=r"^(solo|duet|pair|triple|mosaic)(-\w+)?$")]


class Block(BaseModel):
    """A mapping of params.yaml whose keys are exactly its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Audio(Block):
    """What is heard at a time, and its spectrogram."""

    sample_rate_hz: PositiveInt
    window_s: PositiveFloat
    n_fft: PositiveInt
    hop: PositiveInt
    mels: PositiveInt


class Fetch(Block):
    """How servers are asked for videos and lists; changing it fetches nothing again.

    Parameters
    ----------
    parallel
        Videos asked for at a time.
    pause_s
        Seconds between two videos of one worker.
    tries
        Of a video or list, before it is given up as failed until the next run.
    backoff_s
        Seconds before the second try; each later one waits twice as long.
    timeout_s
        Seconds without a byte after which a connection is given up.
    video_url
        Address of a video, ``{id}`` being its id.
    format
        What yt-dlp is asked for.
    give_up_after
        Videos in a row that fail for reasons of the network before the run stops, since then the
        network or the server is out and not a video.
    list_max_mb
        Largest list, in 10^6 bytes; a longer answer is no list.
    cookies, proxy
        A cookies.txt, and a proxy's address; empty for no cookies, and for the proxy of the
        environment (``https_proxy``) if it has one.
    mirrors
        Start of an address -> what stands there instead: an address or a folder.
    """

    parallel: PositiveInt
    pause_s: Annotated[float, Field(ge=0)]
    tries: PositiveInt
    backoff_s: Annotated[float, Field(ge=0)]
    timeout_s: PositiveFloat
    give_up_after: PositiveInt
    list_max_mb: PositiveInt
    video_url: str
    format: str
    cookies: str
    proxy: str
    mirrors: dict[str, str]


class Net(Block):
    """The two towers."""

    width: PositiveInt
    embedding: PositiveInt
    image_weights: Literal["imagenet", "random"]


class WarmStart(Block):
    """First steps of every row, on the correspondence of image and sound."""

    steps: Count
    learning_rate: PositiveFloat
    temperature: PositiveFloat


class Train(Block):
    """Optimisation; `avloc.training.loop` explains each key."""

    steps: Count
    warm_start: WarmStart
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    schedule: Literal["constant", "one-cycle"]
    weight_decay: Annotated[float, Field(ge=0)]
    crop_scale_min: Annotated[float, Field(gt=0, le=1)]
    precision: Literal["auto", "float32", "bfloat16"]
    log_every: PositiveInt
    checkpoint_every_rows: PositiveInt


class Dataset(Block):
    """A data set: where its videos come from, how they are cut, what differs in training.

    ``profile`` names the block of ``profiles`` that all its rows take over. ``overrides`` are
    further differences of all rows, ``rows`` those of single ones. ``leave_out`` names rows that
    its pipeline does not train.
    """

    kind: str
    source: dict[str, Any]
    fps: PositiveFloat
    image_px: PositiveInt
    min_duration_s: PositiveFloat
    max_duration_s: PositiveFloat
    videos_per_shard: PositiveInt
    scenes: dict[SetName, dict[Literal["val", "test"], Count]]
    leave_out: tuple[str, ...]
    profile: str
    overrides: dict[str, Any]
    rows: dict[str, dict[str, Any]]


class Evaluate(Block):
    """Scores; the keys are those of section 4.4."""

    threshold: Share
    threshold_methods: tuple[str, ...]
    batch_size: PositiveInt


class Rule(Block):
    """How far metrics may fall; the first rule whose pattern matches ``path:metric`` counts."""

    match: str
    tolerance: Annotated[float, Field(ge=0)]


class Params(Block):
    """All of params.yaml.

    Other keys at the top level (``loss``, ``temperature``) are settings of methods, which every row
    starts from; `avloc.config.rows.check_top_level` refuses one that no method reads.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    seed: Count
    seeds: Annotated[tuple[Count, ...], Field(min_length=1)]
    method: str
    nodes: Annotated[int, Field(ge=2)]
    device: str
    workers: Count
    fetch: Fetch
    audio: Audio
    net: Net
    train: Train
    profiles: dict[str, dict[str, Any]]
    rows: dict[str, dict[str, Any]]
    controls: dict[str, Literal["ones", "centre", "sides", "fitted"]]
    datasets: dict[str, Dataset]
    evaluate: Evaluate
    report: dict[str, Any]
    gate: list[Rule]

    def rows_of(self, dataset: str) -> list[str]:
        """Return the rows that a data set's pipeline trains."""
        block = self.dataset(dataset)
        if unknown := sorted(block.rows.keys() - self.rows.keys()):
            raise UserError(
                f"params.yaml: datasets.{dataset}.rows.{unknown[0]} is no row of `rows`, which has "
                f"{', '.join(self.rows)}; mend its name or remove it"
            )
        return [row for row in self.rows if row not in block.leave_out]

    def row(self, dataset: str, name: str) -> dict[str, Any]:
        """Return what a row comes to on a data set, not yet checked.

        The top level, under the data set's profile, under its overrides, under the row's own
        differences, under those that it has on this data set only.

        Raises
        ------
        UserError
            If the row, the data set or its profile does not exist.
        """
        if name not in self.rows:
            raise UserError(f"params.yaml: rows.{name} does not exist; add its block")
        block = self.dataset(dataset)
        if block.profile not in self.profiles:
            raise UserError(
                f"params.yaml: datasets.{dataset}.profile: {block.profile!r} does not exist; "
                f"choose one of {', '.join(self.profiles)} or add it under profiles"
            )
        merged = self.model_dump()
        own = block.rows.get(name, {})
        for changes in (self.profiles[block.profile], block.overrides, self.rows[name], own):
            merged = _merged(merged, changes)
        return merged

    def dataset(self, name: str) -> Dataset:
        """Return a data set's block, or say which there are."""
        if name not in self.datasets:
            raise UserError(
                f"params.yaml: datasets.{name} does not exist; choose one of "
                f"{', '.join(self.datasets)} or add its block"
            )
        return self.datasets[name]


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes` laid over it, mapping by mapping."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def sentence(where: str, error: ValidationError) -> str:
    """Return the first fault of a block as one sentence that names the key."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"]) or "(top level)"
    reasons = {
        "missing": "is missing; add it",
        "extra_forbidden": "is not a known key; remove it or mend its spelling",
    }
    reason = reasons.get(fault["type"], f"= {fault['input']!r}: {fault['msg'].lower()}; mend it")
    return f"{where}: {key} {reason}"


def load(path: Path = PARAMS) -> Params:
    """Read and check params.yaml.

    Raises
    ------
    UserError
        Naming the first key that is unknown, missing or of the wrong type.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run from the project's root") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no mapping; restore it from git")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise UserError(sentence(str(path), error)) from None
