"""What the training of a row needs of a data set, checked before any row is trained.

Each row is rehearsed: its own sampler is built, and its own phases run once, without a step, on
noise of the size of the real images and windows. The network is thin and has random weights, since
what can fail does not depend on its width.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import cache
from io import StringIO

import torch

from avloc.audio.logmel import LogMel
from avloc.audio.windows import window_samples
from avloc.config.blocks import Net
from avloc.config.rows import Row
from avloc.data.shards.reader import Shards
from avloc.errors import UserError
from avloc.methods.base import Batch, Method, Phase, TrainingClips
from avloc.nets import image_trunk
from avloc.training.batches import classes_of
from avloc.training.build import build, image_trunk_of
from avloc.training.features import NOT_FROZEN
from avloc.training.inputs import sampler_of, train_clips, window_of

#: Channels of the first stage of the network that rehearses.
WIDTH = 4
#: Pixels between the centres of two cells of a map: the output stride of the trunk.
CELL_PX = 16
#: Most mixtures of a rehearsed batch.
MIXTURES = 4
#: Most clips that a phase is prepared with. A method that needs more is not found out, but then it
#: needs more than most data sets have.
CLIPS = 1000
#: Clips at a time, and side of their images, in that preparation.
PART, SIDE_PX = 100, 32


def check_rows(rows: Iterable[Row], shards: Shards) -> list[str]:
    """Return why rows cannot be trained on a data set: one sentence for each fault, naming rows.

    Parameters
    ----------
    rows
        The resolved settings of all rows.
    shards
        The data set's frames and waveforms.
    """
    faulty = dict[str, list[str]]()
    for row in rows:
        for fault in faults_of(row, shards):
            faulty.setdefault(fault, []).append(row.name)
    return [f"{_rows(names)} cannot be trained: {fault}" for fault, names in faulty.items()]


def faults_of(row: Row, shards: Shards) -> list[str]:
    """Return all that keeps a row from being trained on a data set, each as part of a sentence.

    Parameters
    ----------
    row
        The resolved settings.
    shards
        The data set's frames and waveforms.
    """
    found = [*_faults_of_clips(row, shards)]
    try:
        sampler_of(row, shards, draws=(1, 1), seed=0)
    except UserError as error:
        found.append(str(error))
    if reason := _fault_of_trunk(row.net):
        found.append(f"params.yaml: {reason}")
    if row.train.views and not row.net.frozen_blocks:
        found.append(f"params.yaml: {NOT_FROZEN}")
    # Of wrong sizes, a rehearsal would only say the same in the words of a library.
    return found + ([*_faults_of_sizes(row, shards)] or _rehearse(row, shards))


@cache
def _fault_of_trunk(net: Net) -> str | None:
    """Return why the image trunk of a row cannot be built with its initial weights, if so."""
    try:
        with torch.random.fork_rng(devices=[]):
            image_trunk.build(image_trunk_of(net), net.width)
    except UserError as error:
        return str(error)
    return None


def _faults_of_clips(row: Row, shards: Shards) -> Iterator[str]:
    """Yield what is wrong with the clips as they were extracted, for the windows of a row."""
    rate, window_s = row.audio.sample_rate_hz, row.audio.window_s
    if shards.sample_rate_hz != rate:
        yield (
            f"params.yaml: audio.sample_rate_hz is {rate}, and the clips were extracted at "
            f"{shards.sample_rate_hz}; extract them again (`dvc repro`)"
        )
        return
    window = window_samples(window_s, rate)
    short = [entry for entry in shards.entries if entry.samples < window]
    if short:
        yield (
            f"{len(short)} of the {len(shards.entries)} clips are shorter than a sound of "
            f"{window_s:g} s, the first is {short[0].id} with {short[0].samples / rate:.3f} s; set "
            f"params.yaml: datasets.{row.dataset}.min_duration_s to at least {window_s:g}, which "
            "leaves them out, or lower audio.window_s"
        )


def _faults_of_sizes(row: Row, shards: Shards) -> Iterator[str]:
    """Yield what is wrong with the sizes of images and log-mels, where a cause can be told."""
    audio = row.audio
    window = window_samples(audio.window_s, audio.sample_rate_hz)
    levels, sides = row.settings.get("unet_levels", 0), (1 + window // audio.hop, audio.mels)
    if min(sides) < 2**levels:
        yield (
            f"params.yaml: unet_levels: {levels} needs log-mels of at least {2**levels} x "
            f"{2**levels}, and audio.window_s, hop and mels give {sides[0]} x {sides[1]}; set "
            f"unet_levels to at most {min(sides).bit_length() - 1}, or change those"
        )
    cells = -(-shards.size_px // CELL_PX)
    if cells < 2:
        yield (
            f"params.yaml: datasets.{row.dataset}.image_px: {shards.size_px} gives maps of one "
            f"cell ({CELL_PX} pixels), on which no place can be told; set it to {2 * CELL_PX} or "
            "more"
        )


def _rehearse(row: Row, shards: Shards) -> list[str]:
    """Run all that training runs, once and without a step, and return what fails."""
    classes = classes_of(shards)
    thin = row.net.model_copy(
        update={
            "width": WIDTH,
            "image_trunk": "resnet18",
            "image_weights": "random",
            "frozen_blocks": 0,
        }
    )
    noise = torch.Generator().manual_seed(0)
    try:
        with torch.random.fork_rng(devices=[]), redirect_stdout(StringIO()) as said:
            torch.manual_seed(0)
            audio = row.audio
            log_mel = LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels)
            method = build(row.model_copy(update={"net": thin}), classes)
            if row.train.warm_start.steps:
                batch = _batch(row, shards, noise)
                method.train()
                _finite(method.warm_start(batch, row.train.warm_start.temperature))
            for phase in method.phases:
                _walk(method, phase, row, shards, noise)
            method.eval()
            with torch.no_grad():
                batch = _batch(row, shards, noise)
                _finite(method.localise(batch.frames[0], log_mel(batch.sounds[0])))
    except UserError as error:
        return [str(error)]
    except (RuntimeError, ValueError, IndexError, FloatingPointError) as error:
        reason = " ".join(str(error).split())[:200]
        return [
            f"its method {row.method} fails on images of {shards.size_px} pixels and sounds of "
            f"{row.audio.window_s:g} s ({reason}); change params.yaml: "
            f"datasets.{row.dataset}.image_px, audio, or the row's own keys"
        ]
    # What a method says when it is prepared, such as that there are no classes.
    for line in dict.fromkeys(said.getvalue().splitlines()):
        print(f"check: {row.name}: {line.removeprefix(f'{row.method}: ')}", flush=True)
    return []


def _walk(method: Method, phase: Phase, row: Row, shards: Shards, noise: torch.Generator) -> None:
    """Prepare a phase with as many clips as there are, and compute its loss once."""
    if phase.prepare is not None:
        method.eval()
        with torch.no_grad():
            phase.prepare(lambda: _clips(row, shards))
    if row.train.steps and phase.share:
        method.train()
        with torch.no_grad():
            loss, _ = phase.loss(_batch(row, shards, noise, phase.frames, phase.sounds))
        _finite(loss)


def _batch(
    row: Row, shards: Shards, noise: torch.Generator, frames: int = 1, sounds: int = 1
) -> Batch:
    """Return a batch of noise, of the real sizes but for the number of mixtures."""
    size = max(1, min(row.train.batch_size // row.nodes, MIXTURES)) * row.nodes
    window = window_of(row)
    images = torch.randn(frames, size, 3, shards.size_px, shards.size_px, generator=noise)
    return Batch(images, 0.1 * torch.randn(sounds, size, window, generator=noise))


def _clips(row: Row, shards: Shards) -> Iterator[TrainingClips]:
    """Yield clips with the real labels, black and silent: what is counted is how many there are."""
    names = classes_of(shards)
    window = window_of(row)
    entries = [shards.entries[number] for number in train_clips(shards)[:CLIPS]]
    labels = [names.index(e.classes[0]) if len(e.classes) == 1 else -1 for e in entries]
    for first in range(0, len(labels), PART):
        own = torch.tensor(labels[first : first + PART])
        yield TrainingClips(
            torch.zeros(len(own), 3, SIDE_PX, SIDE_PX), torch.zeros(len(own), window), own
        )


def _finite(values: torch.Tensor) -> None:
    if not values.isfinite().all():
        raise FloatingPointError("it computes values that are not finite")


def _rows(names: Sequence[str]) -> str:
    return f"the row {names[0]}" if len(names) == 1 else f"the rows {', '.join(names)}"
