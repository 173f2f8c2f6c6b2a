"""Several ranks: the gradients of one process on the whole batch, one writer, one sentence."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, distributed
from torch.multiprocessing.spawn import spawn

from avloc import paths
from avloc.audio.waveform import rms_normalise
from avloc.config import rows
from avloc.config.rows import Row
from avloc.data.clips import write_manifest
from avloc.errors import UserError
from avloc.methods.base import Batch, LossAndMonitors, Method, TrainingClips
from avloc.nets.ranks import mean_over_ranks, rank, ranks, rolled, share_batch_norms, whole_batch
from avloc.training import trained_row
from avloc.training.distributed import averaged, check_batch
from avloc.training.run import train_row
from avloc.training.sampling import Draw
from avloc.training.views import Views
from tests import settings as frozen
from tests.methods.test_methods import CASES, build
from tests.projects import ROOT
from tests.random_numbers import torch_rng
from tests.training.test_run import context, folder, row

__all__ = ["folder"]  # a fixture

RANKS, CLIPS = 2, 8
#: Largest differences between ranks and one process, relative to the length of all gradients
#: together (a gradient), and to the largest value of a tensor (a statistic, loss or monitor).
GRADIENT, VALUE = 5e-5, 1e-4
#: Not a mean over clips, but a quotient of sums (docs/distributed.md).
WEIGHTED = "masks_right"

#: A step: losses, monitors, gradients and batch norm's statistics, by name.
Step = dict[str, dict[str, Tensor]]


def batch() -> Batch:
    """Two draws of clips that all differ."""
    rng = torch_rng("ranks")
    colour = torch.rand(2, CLIPS, 3, 1, 1, generator=rng) * 4 - 2
    frames = colour + torch.randn(2, CLIPS, 3, 32, 32, generator=rng)
    pitch = torch.rand(2, CLIPS, 1, generator=rng) * 3000 + 200
    sounds = torch.sin(2 * torch.pi * pitch * torch.arange(4000) / 16000)
    return Batch(frames, rms_normalise(sounds + 0.2 * torch.randn(sounds.shape, generator=rng)))


def step_of(
    method: Method, loss_of: Callable[[Batch], LossAndMonitors], frames: int, sounds: int
) -> Step:
    """Compute the gradient of the whole batch, of which every rank has its part."""
    size = CLIPS // ranks()
    own, whole = slice(rank() * size, (rank() + 1) * size), batch()
    method.train().zero_grad()
    shared = averaged(method, loss_of)
    loss, monitors = shared(Batch(whole.frames[:frames, own], whole.sounds[:sounds, own]))
    loss.backward()
    return {
        "values": {
            name: mean_over_ranks(value.detach())
            for name, value in {"loss": loss, **monitors}.items()
        },
        "gradients": {
            n: p.grad.clone() for n, p in method.named_parameters() if p.grad is not None
        },
        "statistics": {n: b.clone() for n, b in method.named_buffers()},
    }


def steps() -> dict[str, Step]:
    """Take a step of every phase of every method, with every loss, and of the warm start."""
    clips = TrainingClips(batch().frames[0], batch().sounds[0], torch.arange(CLIPS) % 2)
    found = {}
    for name, loss in CASES:
        method = build(name, loss)
        if ranks() > 1:
            share_batch_norms(method)
        for phase in method.phases:
            method.eval()
            if phase.prepare is not None:
                with torch.no_grad():
                    phase.prepare(lambda: iter([clips]))
            if phase.share:
                found[f"{name}, {loss}: {phase.name}"] = step_of(
                    method, phase.loss, phase.frames, phase.sounds
                )
    found["warm start"] = step_of(method, lambda part: (method.warm_start(part, 0.07), {}), 1, 1)
    return found


def compute(number: int, folder: Path) -> None:
    """Be a rank."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=number, world_size=RANKS
    )
    torch.save(steps(), folder / f"{number}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def expected() -> dict[str, Step]:
    return steps()


@pytest.fixture(scope="module", params=range(RANKS))
def found(request: pytest.FixtureRequest, of_ranks: Path) -> Any:
    return torch.load(of_ranks / f"{request.param}.pt")


@pytest.fixture(scope="module")
def of_ranks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ranks")
    spawn(compute, (made,), RANKS)
    return made


@pytest.mark.slow
def test_ranks_have_the_gradients_of_one_process(
    expected: dict[str, Step], found: dict[str, Step]
) -> None:
    """A method lacks negatives or statistics of other ranks: it would learn something else."""
    assert found.keys() == expected.keys()
    for name, step in expected.items():
        gradients, others = step["gradients"], found[name]["gradients"]
        assert gradients.keys() == others.keys(), f"{name}: what gets no gradient must get none"
        length = torch.cat([g.flatten() for g in gradients.values()]).norm()
        for parameter, gradient in gradients.items():
            difference = (gradient - others[parameter]).norm() / length
            assert difference < GRADIENT, f"{name}: {parameter}"


@pytest.mark.slow
def test_ranks_have_the_statistics_and_monitors_of_one_process(
    expected: dict[str, Step], found: dict[str, Step]
) -> None:
    """The checkpoint would normalise otherwise than it was trained, or a curve would mislead."""
    for name, step in expected.items():
        for kind in ("values", "statistics"):
            for key, value in step[kind].items():
                if key != WEIGHTED and value.numel():
                    difference = (value - found[name][kind][key]).abs().max().item()
                    limit = VALUE * max(value.abs().max().item(), 1e-2)
                    assert difference <= limit, f"{name}: {key}"


def test_one_process_changes_nothing() -> None:
    """Its checkpoints would have other bytes than before, or its steps take longer."""
    part = torch.arange(6.0)
    assert whole_batch(part, 4, of_first=2) is part
    assert rolled(part).tolist() == [5, 0, 1, 2, 3, 4]
    method = build("ots")
    assert averaged(method, method.loss) == method.loss


def test_parts_of_a_draw_are_whole_mixtures_in_order() -> None:
    """Two ranks would train on the same clips, or a mixture would lack a sound."""
    numbers = torch.arange(16).view(2, 8).numpy()
    crops = numbers[..., None].repeat(4, axis=-1).astype("float32")
    draw = Draw(numbers[0], Views(numbers, numbers, crops, numbers > 3), numbers)
    parts = [draw.part(number, 2) for number in range(2)]
    assert [part.clips.tolist() for part in parts] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert parts[1].views.frames.tolist() == parts[1].windows.tolist() == [
        [4, 5, 6, 7], [12, 13, 14, 15]
    ]  # fmt: skip
    assert parts[1].views.crops.shape == (2, 4, 4)


def test_batch_that_ranks_cannot_share_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avloc.training.distributed.ranks", lambda: 3)
    check_batch(12, 2)
    with pytest.raises(UserError, match="128 is 64 mixtures of 2, which 3 processes cannot share"):
        check_batch(128, 2)


def project(at: Path, shards: Path, of: Row) -> None:
    """Write what the train stage reads."""
    (at / "params.yaml").write_text(yaml.safe_dump(frozen.content()))
    rows.write(at / paths.row("synthetic", of.name), of)
    write_manifest(at / paths.manifest("synthetic"), [])
    (at / paths.clips("synthetic")).symlink_to(shards)


def torchrun(at: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Start a Python program as two ranks."""
    launch = ["-m", "torch.distributed.run", f"--nproc-per-node={RANKS}", "--standalone"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *launch, *command],
        cwd=at, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


TRAIN = ("-m", "stages.train", "--dataset", "synthetic", "--row")


@pytest.mark.slow
def test_torchrun_trains_the_row_of_one_process(folder: Path, tmp_path: Path) -> None:
    """Several machines would end with another row, or its checkpoint could not be read."""
    of = row("ours-plus")
    project(tmp_path, folder, of)
    done = torchrun(tmp_path, *TRAIN, of.name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("train ours-plus: own loss: 3/3") == 1, "only the first rank speaks"
    _, (state,) = trained_row.load(tmp_path / paths.model("synthetic", of.name))
    alone, curve = train_row(of, context(folder, tmp_path / "alone"), 0)
    assert state.keys() == alone.state_dict().keys()
    written = (tmp_path / paths.curve("synthetic", of.name)).read_text().splitlines()
    losses = [float(line.split(",")[2]) for line in written[1:]]
    expected = [record["loss"] for record in curve]
    assert losses[0] == pytest.approx(expected[0], rel=1e-4)
    # Adam's first steps go by the sign of gradients, also of those that are rounding errors.
    assert losses == pytest.approx(expected, rel=0.05)


@pytest.mark.slow
def test_ranks_that_all_fail_say_one_sentence(folder: Path, tmp_path: Path) -> None:
    of = row("ours").model_copy(update={"nodes": 4})
    project(tmp_path, folder, of)
    done = torchrun(tmp_path, *TRAIN, of.name)
    assert done.returncode != 0
    assert done.stderr.count("avloc: params.yaml: train.batch_size: 4 is 1 mixtures of 4") == 1


FAILING = """
from torch import distributed as group
from avloc.errors import UserError, reported
from avloc.nets.ranks import rank
from avloc.training import distributed
with reported(), distributed.joined():
    if rank() == 1:
        raise UserError("clip 7 is damaged")
    group.barrier()
"""


@pytest.mark.slow
def test_rank_that_fails_alone_ends_all_with_its_sentence(tmp_path: Path) -> None:
    """The others would wait for it forever, or tell of broken connections instead."""
    (tmp_path / "failing.py").write_text(FAILING)
    done = torchrun(tmp_path, "failing.py")
    assert done.returncode != 0
    assert done.stderr.count("avloc: clip 7 is damaged") == 1
    assert "RuntimeError" not in done.stderr
