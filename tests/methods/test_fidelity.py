"""OTS, OTS-mix and the paper's method against their sources' rules, written out in loops.

The network's own features go in; everything after them is worked image by image, cell by cell and
sound by sound with plain numbers.
"""

import math
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, nn

from avloc import losses, methods
from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.methods.base import Batch, Method, SharedSettings
from avloc.nets.image_trunk import ImageTrunk
from tests.losses.formulas import TAU, cycle
from tests.random_numbers import torch_rng

SCALE = 5.0
SETTINGS: dict[str, dict[str, Any]] = {
    "ots": {"initial_scale": SCALE},
    "ots-mix": {"initial_scale": SCALE},
    "mixloc": {"loss": "cycle", "temperature": TAU},
}
SIDE = 48  # pixels, three cells


def build(name: str, nodes: int = 2, **changed: Any) -> Any:
    """A small method of this name in evaluation mode, where a batch is no more than its items."""
    module = methods.load(name)
    torch.manual_seed(0)
    parts = SharedSettings(
        nodes=nodes,
        classes=(),
        width=4,
        embedding=8,
        image_trunk=ImageTrunk("resnet18", "random", 0),
        log_mel=LogMel(16000, 160, 80, 64),
    )
    settings = module.Settings.model_validate({**SETTINGS[name], **changed})
    return module.System(parts, settings).eval()


def batch_for(method: Method, mixtures: int) -> Batch:
    """Clips of noise in frames and of different pitch in sounds; every draw is another one."""
    rng, clips = torch_rng("fidelity"), mixtures * method.nodes
    frames = torch.randn(method.frames, clips, 3, SIDE, SIDE, generator=rng)
    frames += 2 * torch.randn(method.frames, clips, 3, 1, 1, generator=rng)
    pitch = torch.rand(method.sounds, clips, 1, generator=rng) * 3000 + 200
    tones = torch.sin(2 * torch.pi * pitch * torch.arange(4000) / 16000)
    return Batch(frames, rms_normalise(tones + 0.05 * torch.randn(tones.shape, generator=rng)))


def cosines(cells: Tensor, vector: Tensor) -> list[list[float]]:
    """f(x)^T g(a) of every cell of one image, as rows of plain numbers."""
    channels, rows, columns = cells.shape
    return [
        [sum(float(cells[c, y, x] * vector[c]) for c in range(channels)) for x in range(columns)]
        for y in range(rows)
    ]


def highest(cells: Tensor, vector: Tensor) -> float:
    """phi of Eq. 1: the largest cosine over the cells."""
    return max(max(row) for row in cosines(cells, vector))


def features(method: Any, frames: Tensor, sounds: Tensor) -> tuple[Tensor, Tensor]:
    """What the towers make of images and waveforms, one at a time: cells and vectors."""
    with torch.no_grad():
        cells = [method.towers.image(frame[None])[0] for frame in frames]
        vectors = [method.towers.audio(method.log_mel(sound[None]))[0] for sound in sounds]
    return torch.stack(cells), torch.stack(vectors)


def means(sounds: Tensor, nodes: int) -> Tensor:
    """Mixtures of neighbours: sample by sample the mean, written out."""
    mixtures = []
    for first in range(0, len(sounds), nodes):
        total = sounds[first]
        for place in range(1, nodes):
            total = total + sounds[first + place]
        mixtures.append(total / nodes)
    return torch.stack(mixtures)


def log_sigmoid(logit: float) -> float:
    return -math.log1p(math.exp(-logit))


def test_ots_loss_in_loops() -> None:
    """Each unmixed sound: yes to its own frame, no to another clip's, by the highest cell.

    A mean over cells, a mixture or a frame of the same clip as negative would be another method.
    """
    method = build("ots")
    batch = batch_for(method, mixtures=2)
    cells, vectors = features(method, batch.frames[0], batch.sounds[0])
    clips = len(cells)
    yes = no = 0.0
    for clip in range(clips):
        other = (clip - 1) % clips
        yes -= log_sigmoid(SCALE * highest(cells[clip], vectors[clip, 0])) / clips
        no -= log_sigmoid(-SCALE * highest(cells[other], vectors[clip, 0])) / clips
    assert method.loss(batch)[0].item() == pytest.approx((yes + no) / 2, rel=1e-4)


@pytest.mark.parametrize("nodes", [2, 3])
def test_ots_mix_loss_in_loops(nodes: int) -> None:
    """Own frames: one hit anywhere. Other frames: none in any frame's part of the map.

    To demand a hit in every part would be stronger supervision than the source's.
    """
    method = build("ots-mix", nodes)
    batch = batch_for(method, mixtures=3)
    rows = [
        torch.cat([batch.frames[0, m * nodes + place] for place in range(nodes)], dim=-1)
        for m in range(3)
    ]
    cells, vectors = features(method, torch.stack(rows), means(batch.sounds[0], nodes))
    wide = SIDE // 16
    assert cells.shape[-1] == nodes * wide
    yes = no = 0.0
    for m in range(3):
        yes -= log_sigmoid(SCALE * highest(cells[m], vectors[m, 0])) / 3
        for place in range(nodes):
            part = cells[(m - 1) % 3][:, :, place * wide : (place + 1) * wide]
            no -= log_sigmoid(-SCALE * highest(part, vectors[m, 0])) / (3 * nodes)
    assert method.loss(batch)[0].item() == pytest.approx((yes + no) / 2, rel=1e-4)


@pytest.mark.parametrize("nodes", [2, 3])
def test_cycle_loss_of_the_method(nodes: int) -> None:
    """Images of one mixture and the nodes of its two draws of sound, and no other mixture's.

    The walk leaves by the other draw and comes back by the aligned one, as in the release.
    """
    method = build("mixloc", nodes)
    batch = batch_for(method, mixtures=2)
    cells, aligned = features(method, batch.frames[0], means(batch.sounds[0], nodes))
    _, other = features(method, batch.frames[0], means(batch.sounds[1], nodes))
    clips, phi = 2 * nodes, torch.zeros(1, 2, 2, nodes, 2, nodes)
    for draw, vectors in enumerate((aligned, other)):
        for clip, m, node in product(range(clips), range(2), range(nodes)):
            place = divmod(clip, nodes)
            phi[0, draw, *place, m, node] = highest(cells[clip], vectors[m, node])
    assert method.loss(batch)[0].item() == pytest.approx(cycle(phi), rel=1e-3)


def localised(method: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Maps of three images with their sounds, and what the towers make of each alone."""
    images = torch.randn(3, 3, SIDE, SIDE, generator=torch_rng("shown"))
    logmels = torch.rand(3, 1, 193, 64, generator=torch_rng("shown")) - 0.5
    with torch.no_grad():
        cells = torch.cat([method.towers.image(image[None]) for image in images])
        vectors = torch.cat([method.towers.audio(logmel[None]) for logmel in logmels])
        return method.localise(images, logmels), cells, vectors


@pytest.mark.parametrize("name", ["ots", "ots-mix"])
def test_ots_shows_the_sigmoid_of_its_scaled_cosines(name: str) -> None:
    """Image b with sound b, as if it were alone in its batch, with the scale that was learnt."""
    method = build(name)
    method.scale.data.fill_(3.0)
    maps, cells, vectors = localised(method)
    assert maps.shape[1] == 1
    for b in range(3):
        expected = torch.sigmoid(3.0 * torch.tensor(cosines(cells[b], vectors[b, 0])))
        torch.testing.assert_close(maps[b, 0], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("nodes", [2, 3])
def test_ours_shows_the_raw_cosines_of_each_node(nodes: int) -> None:
    """No sigmoid, no temperature, no softmax over nodes: scores scale and average raw maps."""
    method = build("mixloc", nodes)
    maps, cells, vectors = localised(method)
    assert maps.shape[1] == nodes
    for b in range(3):
        for node in range(nodes):
            expected = torch.tensor(cosines(cells[b], vectors[b, node]))
            torch.testing.assert_close(maps[b, node], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", SETTINGS)
def test_rows_share_their_trunks_and_add_only_what_their_source_has(name: str) -> None:
    """Beside the two towers: nothing for ours, for OTS one scale without a bias, set to 5."""
    method = build(name)
    reference = build("mixloc")
    for trunk, other in (
        (method.towers.image, reference.towers.image),
        (method.towers.audio.trunk, reference.towers.audio.trunk),
    ):
        mine = {key: value.shape for key, value in trunk.state_dict().items()}
        assert mine == {key: value.shape for key, value in other.state_dict().items()}
    own = {k: v.item() for k, v in method.named_parameters() if not k.startswith("towers.")}
    assert own == ({} if name == "mixloc" else {"scale": SCALE})
    assert len(method.towers.audio.heads) == (2 if name == "mixloc" else 1)


@pytest.mark.parametrize("nodes", [2, 3])
@pytest.mark.parametrize("name", ["ots-mix", "mixloc"])
def test_mixtures_are_means_of_waveforms(name: str, nodes: int) -> None:
    """What the log-mel hears is the mean of the clips; log-mels are never added.

    The log is not linear: a sum of log-mels would be a sound that nobody can record.
    """
    method = build(name, nodes)
    batch = batch_for(method, mixtures=2)
    heard, seen = [], []
    method.log_mel.register_forward_hook(lambda _module, given, _result: heard.append(given[0]))
    method.towers.audio.register_forward_hook(lambda _module, given, _result: seen.append(given[0]))
    method.loss(batch)
    expected = torch.cat([means(draw, nodes) for draw in batch.sounds])
    torch.testing.assert_close(torch.cat(heard), expected)
    spectrograms = LogMel(16000, 160, 80, 64)
    torch.testing.assert_close(torch.cat(seen), spectrograms(expected))
    added = torch.cat([spectrograms(d).unflatten(0, (-1, nodes)).mean(1) for d in batch.sounds])
    assert (torch.cat(seen) - added).abs().max() > 0.05


def test_ots_hears_no_mixture() -> None:
    """OTS is trained on single sounds; mixtures make it OTS-mix."""
    method, heard = build("ots"), []
    method.log_mel.register_forward_hook(lambda _module, given, _result: heard.append(given[0]))
    batch = batch_for(method, mixtures=2)
    method.loss(batch)
    assert torch.cat(heard).equal(batch.sounds[0])


class Tiles(nn.Module):
    """An image tower whose cells see their own 16 x 16 pixels and nothing of their neighbours."""

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, 8, H / 16, W / 16) unit vectors."""
        folded = F.pixel_unshuffle(images, 16)
        return F.normalize(folded.unflatten(1, (8, -1)).mean(2), dim=1)


def exchanged(batch: Batch, nodes: int) -> Batch:
    """The same mixtures, with the clips of each in reverse order."""
    order = torch.arange(batch.frames.shape[1]).unflatten(0, (-1, nodes)).flip(1).flatten()
    return Batch(batch.frames[:, order], batch.sounds[:, order])


@pytest.mark.parametrize("nodes", [2, 3])
@pytest.mark.parametrize("name", losses.names())
def test_exchanging_the_clips_of_a_mixture_leaves_our_loss(name: str, nodes: int) -> None:
    """Nodes have no names: a loss that changed would tie node 0 to the left clip."""
    method = build("mixloc", nodes, loss=name)
    batch = batch_for(method, mixtures=3)
    before, after = method.loss(batch)[0], method.loss(exchanged(batch, nodes))[0]
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("nodes", [2, 3])
def test_exchanging_the_clips_of_a_mixture_leaves_the_loss_of_ots_mix(nodes: int) -> None:
    """Left and right mean nothing; only the convolutions see the seam, so they are left out."""
    method = build("ots-mix", nodes)
    method.towers.image = Tiles()
    batch = batch_for(method, mixtures=3)
    before, after = method.loss(batch)[0], method.loss(exchanged(batch, nodes))[0]
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-6)


def test_weighted_losses_add_up() -> None:
    """Ours-plus is Eq. 4 plus Eq. 7 on the same batch, and reads the draws of both."""
    method = build("mixloc", loss={"cycle": 1.0, "corre": 0.5})
    assert (method.frames, method.sounds) == (1, 2)
    batch = batch_for(method, mixtures=3)
    walk = build("mixloc", loss="cycle").loss(batch)[0]
    corre = build("mixloc", loss="corre").loss(batch)[0]
    torch.testing.assert_close(method.loss(batch)[0], walk + 0.5 * corre, rtol=1e-4, atol=1e-5)
