"""The types of the mappings in params.yaml.

Nothing is computed here: `avloc.change_tracking` leaves this module out.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

#: Modules of `avloc.executors`.
ExecutorName = Literal["processes", "ray"]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
#: Name of a row, a control, a profile or a data set; it becomes part of file names.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
#: k, the number of sounds in a mixture.
Nodes = Annotated[int, Field(ge=2)]


def _differ(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(seeds)) < len(seeds):
        raise ValueError("a seed stands here twice")
    return seeds


#: Seeds of training, all different.
Seeds = Annotated[tuple[Count, ...], Field(min_length=1), AfterValidator(_differ)]
#: Name of a test set: a recipe, with a hyphen and a tag if only clips of that tag are used.
SetName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(-\w+)?$")]


class Block(BaseModel):
    """A mapping in params.yaml; its keys are exactly the fields of the class."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Audio(Block):
    """The window and its log-mel spectrogram (section 4.1).

    Parameters
    ----------
    sample_rate_hz
        Samples per second.
    window_s
        Length of the window, in seconds.
    n_fft, hop
        Length of a Fourier transform and distance between two of them, in samples.
    mels
        Number of mel bands.
    """

    sample_rate_hz: PositiveInt
    window_s: PositiveFloat
    n_fft: PositiveInt
    hop: PositiveInt
    mels: PositiveInt


class Fetch(Block):
    """How videos and lists are downloaded; a change downloads nothing again.

    Parameters
    ----------
    parallel
        Videos that are downloaded at the same time.
    pause_s
        Seconds that each worker waits between two videos.
    tries
        Tries for a video or a list before it has failed until the next run.
    backoff_s
        Seconds before the second try; each later wait is twice as long.
    timeout_s
        Seconds without data after which a connection is closed.
    give_up_after
        Videos in a row that fail because of the network before the run stops, since so many mean
        that the network or the server is down.
    list_max_mb
        Largest list, in 10^6 bytes; a larger answer is an error.
    video_url
        Address of a video, with ``{id}`` for its id.
    format
        Format that yt-dlp selects.
    cookies
        Path of a cookies.txt; empty for none.
    proxy
        Address of a proxy; empty for that of the environment (``https_proxy``), if there is one.
    mirrors
        Beginning of an address -> address or folder to use instead.
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
    """The two towers (`avloc.nets.two_tower.TwoTower`).

    Parameters
    ----------
    width
        Channels of the first stage of a ResNet-18, that of the sound included.
    embedding
        C, the dimension of the shared space.
    image_trunk
        Network of the image trunk (`avloc.nets.image_trunk`).
    image_weights
        Initial weights of the image trunk: ``imagenet``, ``random`` or the path of a file.
    frozen_blocks
        The stem and this many first blocks of the image trunk keep their initial weights; 0 freezes
        nothing.
    """

    width: PositiveInt
    embedding: PositiveInt
    image_trunk: Literal["resnet18", "efficientnet-lite0"]
    image_weights: Annotated[str, Field(min_length=1)]
    frozen_blocks: Count


class WarmStart(Block):
    """The first steps of every row, on the correspondence of image and sound (Eq. 3 and 7).

    Parameters
    ----------
    steps
        Optimiser steps; 0 for no warm start, as in the paper.
    learning_rate
        Highest learning rate of Adam.
    temperature
        tau.
    """

    steps: Count
    learning_rate: PositiveFloat
    temperature: PositiveFloat


class Train(Block):
    """The training of a row (section 4.1).

    Parameters
    ----------
    steps
        Optimiser steps after the warm start.
    warm_start
        The first steps.
    batch_size
        Clips in a batch, a multiple of the nodes.
    learning_rate
        Highest learning rate of Adam.
    schedule
        ``constant``, or ``one-cycle``: a linear rise, then a fall along a cosine.
    weight_decay
        Weight of the L2 penalty.
    crop_scale_min
        Area of the smallest random crop, as a share of the frame's.
    views
        Views of each clip (a frame, cropped and perhaps mirrored), drawn once; frozen blocks see
        each of them once and not at every step. 0 draws fresh views for every batch.
    precision
        ``auto`` is bfloat16 if the device has it in hardware, else float32.
    threads
        Threads of one training on a CPU. More threads add numbers in another order, so the last
        digits of the weights depend on it.
    log_every
        Steps between two points of the training curve.
    """

    steps: Count
    warm_start: WarmStart
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    schedule: Literal["constant", "one-cycle"]
    weight_decay: Annotated[float, Field(ge=0)]
    crop_scale_min: Annotated[float, Field(gt=0, le=1)]
    views: Count
    precision: Literal["auto", "float32", "bfloat16"]
    threads: PositiveInt
    log_every: PositiveInt


class Dataset(Block):
    """A data set: its videos, their extraction, its test sets and its differences in training.

    Parameters
    ----------
    kind
        Module of `avloc.datasets` that downloads or generates it.
    source
        Keys of that module.
    fps, image_px
        Frames per second, and their side in pixels.
    min_duration_s, max_duration_s
        A shorter video is unusable, and a longer one is cut, in seconds.
    videos_per_shard
        Clips of the manifest that belong to a shard.
    scenes
        Test set -> split -> number of scenes.
    leave_out
        Rows that its pipeline does not train.
    profile
        Block of ``profiles`` that all its rows take over.
    overrides
        Further differences of all its rows.
    rows
        Differences of single rows.
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
    """The evaluation (section 4.4).

    Parameters
    ----------
    threshold
        Share of a map's range above which a pixel belongs to the source.
    threshold_methods
        Methods that use `threshold`; the others choose one on val scenes or, where there are none,
        by cross-fitting (`avloc.evaluation.thresholds`).
    batch_size
        Scenes at a time.
    """

    threshold: Share
    threshold_methods: tuple[str, ...]
    batch_size: PositiveInt


#: Points that a metric may be worse.
Tolerance = Annotated[float, Field(ge=0, le=100)]


class Gate(Block):
    """How much worse a metric may be than that of another commit (`avloc.gate`).

    Parameters
    ----------
    lower_is_better
        Metrics of which a rise is worse; of all others it is a fall.
    fixed_maps
        Tolerance of every metric of the rows under `controls`, which nothing is trained for.
    unmeasured
        Tolerance of a metric that `tolerances` does not name.
    mean_share
        Share of a tolerance by which the mean over the trained rows may be worse.
    tolerances
        Data set -> test set -> metric -> tolerance.
    """

    lower_is_better: tuple[str, ...]
    fixed_maps: Tolerance
    unmeasured: Tolerance
    mean_share: Share
    tolerances: dict[Name, dict[SetName, dict[str, Tolerance]]]
