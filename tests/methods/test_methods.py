"""Every method learns, uses both towers, and treats a batch as its items."""

from functools import cache
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it

from avloc import losses, methods
from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.config import params, rows
from avloc.errors import UserError
from avloc.methods.base import Batch, Method, SharedSettings
from avloc.nets.image_trunk import ImageTrunk
from avloc.nets.similarity import similarity
from tests.losses import formulas
from tests.losses.formulas import TAU
from tests.random_numbers import torch_rng
from tests.settings import settings

CASES = [(name, loss) for name in methods.names() for loss in ("cycle",)] + [
    ("mixloc", loss) for loss in losses.names() if loss != "cycle"
]

#: Class of each clip of `batch_for`, by turns.
CLASSES = ("flute", "gong")


@cache
def settings_of(name: str) -> dict[str, Any]:
    """The keys of a method, as a frozen row has them, or a row of params.yaml if it is new."""
    for known in (settings(), params.load()):
        for row in known.rows:
            if known.row("synthetic", row)["method"] == name:
                return rows.resolve(known, "synthetic", row).settings
    raise AssertionError(f"no row has the method {name}; add its block under rows in params.yaml")


def build(name: str, loss: str = "cycle", nodes: int = 2) -> Any:
    module = methods.load(name)
    values = settings_of(name)
    wanted = {**values, "loss": loss} if "loss" in values else values
    torch.manual_seed(0)
    parts = SharedSettings(
        nodes=nodes,
        classes=CLASSES,
        width=4,
        embedding=16,
        image_trunk=ImageTrunk("resnet18", "random", 0),
        log_mel=LogMel(16000, 160, 80, 64),
    )
    return module.System(parts, module.Settings.model_validate(wanted))


def batch_for(method: Method, clips: int) -> Batch:
    """Clips that differ in colour and in pitch."""
    rng = torch_rng("clips")
    colour = torch.rand(1, clips, 3, 1, 1, generator=rng) * 4 - 2
    frames = colour + 0.1 * torch.randn(method.frames, clips, 3, 48, 48, generator=rng)
    pitch = torch.linspace(200, 3000, clips)[None, :, None]
    time = torch.arange(4000)[None, None] / 16000
    sounds = torch.sin(2 * torch.pi * pitch * time).repeat(method.sounds, 1, 1)
    noise = 0.05 * torch.randn(sounds.shape, generator=rng)
    return Batch(frames, rms_normalise(sounds + noise))


@pytest.mark.parametrize(("name", "loss"), CASES)
def test_twenty_steps_lower_the_loss_and_move_both_towers(name: str, loss: str) -> None:
    method = build(name, loss).train()
    batch = batch_for(method, clips=8)
    optimiser = torch.optim.Adam(method.parameters(), 0.002)
    history = []
    for step in range(20):
        value, _ = method.loss(batch)
        optimiser.zero_grad()
        value.backward()
        if step == 0:
            moved = {
                name for name, p in method.named_parameters() if p.grad is not None and p.grad.any()
            }
            learning = {n for n, p in method.named_parameters() if p.requires_grad}
            assert {n for n in learning if "image.trunk" in n} <= moved
            heard = [name for name in moved if "audio" in name or "unet" in name]
            assert heard, "the sound's side learns nothing"
        optimiser.step()
        history.append(value.item())
    assert sum(history[-3:]) / 3 < history[0]


@pytest.mark.parametrize(("name", "loss"), CASES)
def test_monitors_carry_no_gradient(name: str, loss: str) -> None:
    method = build(name, loss)
    _, monitors = method.loss(batch_for(method, clips=4))
    assert monitors
    assert not any(value.requires_grad for value in monitors.values())


@pytest.mark.parametrize("name", methods.names())
def test_batch_of_one_equals_item_of_a_batch(name: str) -> None:
    method = build(name).eval()
    images = torch.randn(3, 3, 48, 48, generator=torch_rng("one"))
    sounds = torch.randn(3, 1, 193, 64, generator=torch_rng("one"))
    with torch.inference_mode():
        together, alone = method.localise(images, sounds), method.localise(images[1:2], sounds[1:2])
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)
    maps = {"single": 1, "nodes": 2, "classes": 1 + len(CLASSES)}
    assert together.shape == (3, maps[method.map_kind], 3, 3)


@pytest.mark.parametrize("nodes", [2, 3, 4])
def test_sources_are_a_parameter(nodes: int) -> None:
    method = build("mixloc", nodes=nodes)
    value, monitors = method.loss(batch_for(method, clips=2 * nodes))
    assert value.isfinite()
    assert 0 <= monitors["permutation_share"] <= 1
    assert method.localise(torch.zeros(1, 3, 48, 48), torch.zeros(1, 1, 193, 64)).shape[1] == nodes


def test_monitors_of_a_collapse_say_so() -> None:
    """Nodes that are one vector: cosine 1, no variance; both choose the same image."""
    method = build("mixloc")
    for head in method.towers.audio.heads:
        last = head[-1]
        last.weight.data.zero_()
        last.bias.data.fill_(1.0)
    _, monitors = method.loss(batch_for(method, clips=4))
    assert monitors["node_cosine"].item() == pytest.approx(1, abs=1e-5)
    assert monitors["node_variance"].item() == pytest.approx(0, abs=1e-5)
    assert monitors["permutation_share"].item() == 0


def test_monitors_of_maps_are_those_of_a_flat_and_of_a_single_peak() -> None:
    """A constant map has the entropy of a uniform distribution; equal maps do not vary."""
    method = build("mixloc")
    nodes = F.normalize(torch.ones(2, 2, 16), dim=-1)
    flat = F.normalize(torch.ones(4, 16, 3, 3), dim=1)
    found = method._map_monitors(flat, nodes)
    assert found["map_entropy"].item() == pytest.approx(1, abs=1e-5)
    assert found["map_variance"].item() == pytest.approx(0, abs=1e-10)
    peaked = -flat.clone()
    for image in range(4):
        peaked[image, :, 0, image % 3] *= -1
    found = method._map_monitors(peaked, nodes)
    assert found["map_entropy"].item() == pytest.approx(0, abs=1e-5)
    # Cosine 1 at one of three places, -1 elsewhere: means over images of ((1 - (-1)) b)^2.
    seen = torch.eye(3)[[0, 1, 2, 0]] * 2
    assert found["map_variance"].item() == pytest.approx(seen.var(dim=0).sum().item() / 9, abs=1e-5)


def test_warm_start_is_the_mean_of_equations_3_and_7() -> None:
    """Eq. 3 both ways on single sounds, Eq. 7 on mixtures, with one vector per sound."""
    method = build("ots").eval()
    batch = batch_for(method, clips=4)
    cells = method.towers.image(batch.frames[0])
    sounds = batch.sounds[0]
    single = similarity(cells, method.towers.audio(method.log_mel(sounds))[:, 0])
    mixtures = torch.stack([(sounds[0] + sounds[1]) / 2, (sounds[2] + sounds[3]) / 2])
    # The images of mixture m are 2 m and 2 m + 1, and each mixture is one vector.
    mixed = similarity(cells, method.towers.audio(method.log_mel(mixtures))[:, 0])
    equation_7 = formulas.corre(mixed.reshape(1, 1, 2, 2, 2, 1))
    expected = (formulas.correspondence(single[:, :, None]) + equation_7) / 2
    assert method.warm_start(batch, TAU).item() == pytest.approx(expected, rel=1e-5)


def test_unknown_method_is_named_with_the_choices() -> None:
    with pytest.raises(UserError, match=r"'Ots' does not exist; choose .*mixloc, ots, ots-mix"):
        methods.load("Ots")
