"""Attention against its re-typed formula and a map worked by hand."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor

from avloc.audio.logmel import LogMel
from avloc.methods.attention import Settings, System
from avloc.methods.base import Batch, SharedSettings
from avloc.nets.image_trunk import ImageTrunk
from tests.methods.test_methods import batch_for
from tests.random_numbers import torch_rng

MARGIN = 5.0


def build() -> System:
    torch.manual_seed(0)
    parts = SharedSettings(
        2, (), 4, 16, ImageTrunk("resnet18", "random", 0), LogMel(16000, 160, 80, 64)
    )
    return System(parts, Settings(margin=MARGIN))


def images_and_sounds(count: int) -> tuple[Tensor, Tensor]:
    rng = torch_rng("attention")
    return torch.randn(count, 3, 48, 80, generator=rng), torch.randn(
        count, 1, 193, 64, generator=rng
    )


def retyped(method: System, features: Tensor, sound: Tensor) -> tuple[Tensor, Tensor]:
    """One image (C, h, w) and one sound (C, T, mels): the attention (h w,) and the distance."""
    cells = features.flatten(1).T
    cells = cells / cells.norm(dim=1, keepdim=True)
    heard = sound.flatten(1).max(dim=1).values
    first, _, second, _ = method.query
    query = torch.relu(second(torch.relu(first(heard))))
    attention = torch.softmax(cells @ (query / query.norm()), dim=0)
    attended = sum(share * cell for share, cell in zip(attention, cells, strict=True))
    first, _, second, _ = method.seen
    seen = torch.relu(second(torch.relu(first(attended))))
    return attention, (seen - heard).norm()


def test_loss_is_the_source_s() -> None:
    """0.5 d^2 with the own frame, 0.5 max(0, m - d)^2 with the previous one, their mean."""
    method = build().eval()
    batch = batch_for(method, clips=3)
    images = method.towers.image.trunk(batch.frames[0])
    sounds = method.towers.audio.trunk(method.log_mel(batch.sounds[0]))
    terms = []
    for clip in range(3):
        _, own = retyped(method, images[clip], sounds[clip])
        _, other = retyped(method, images[clip - 1], sounds[clip])
        terms += [0.5 * own**2, 0.5 * torch.relu(MARGIN - other) ** 2]
    torch.testing.assert_close(method.loss(batch)[0], torch.stack(terms).mean())


def test_map_is_the_attention() -> None:
    method = build().eval()
    images, sounds = images_and_sounds(2)
    maps = method.localise(images, sounds)
    assert maps.shape == (2, 1, 3, 5)
    torch.testing.assert_close(maps.sum(dim=(-2, -1)), torch.ones(2, 1))
    features, heard = method.towers.image.trunk(images), method.towers.audio.trunk(sounds)
    for item in range(2):
        expected, _ = retyped(method, features[item], heard[item])
        torch.testing.assert_close(maps[item, 0].flatten(), expected)


def test_attention_by_hand() -> None:
    """The query is (1, 0, ...); cosines of the 2x2 cells are 1, 0, 0 and -1."""
    method = build().eval()
    for values in method.query.parameters():
        values.data.zero_()
    list(method.query.parameters())[-1].data[0] = 3.0  # the last layer's bias
    cells = torch.zeros(1, 32, 2, 2)
    cells[0, 0] = torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    cells[0, 1] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    expected = torch.tensor([[[[math.e, 1.0], [1.0, 1 / math.e]]]])
    expected /= math.e + 2 + 1 / math.e
    torch.testing.assert_close(method.attention(cells, torch.rand(1, 32)), expected)


def test_no_cell_gets_more_than_e_squared_times_another() -> None:
    """Cosines differ by 2 at most, and the source has no temperature: maps are faint."""
    maps = build().eval().localise(*images_and_sounds(4)).flatten(1)
    assert (maps.amax(1) / maps.amin(1)).max() <= math.e**2


def test_batch_of_one_equals_item_of_a_batch() -> None:
    method = build().eval()
    images, sounds = images_and_sounds(3)
    together = method.localise(images, sounds)
    alone = method.localise(images[1:2], sounds[1:2])
    torch.testing.assert_close(together[1:2], alone, atol=1e-6, rtol=1e-4)


def test_order_of_clips_does_not_matter_but_for_the_neighbour() -> None:
    """Rolled as a whole, a batch has the same pairs."""
    method = build().eval()
    batch = batch_for(method, clips=4)
    rolled = Batch(batch.frames.roll(1, dims=1), batch.sounds.roll(1, dims=1))
    torch.testing.assert_close(method.loss(rolled)[0], method.loss(batch)[0])


def test_permuting_two_clips_leaves_the_loss() -> None:
    """With one mixture of two clips each is the other's neighbour."""
    method = build().eval()
    batch = batch_for(method, clips=2)
    swapped = Batch(batch.frames.flip(1), batch.sounds.flip(1))
    torch.testing.assert_close(method.loss(swapped)[0], method.loss(batch)[0])


def test_twenty_steps_lower_the_loss_and_move_both_trunks_and_perceptrons() -> None:
    method = build().train()
    batch = batch_for(method, clips=8)
    optimiser = torch.optim.Adam(method.parameters(), 0.002)
    history = []
    for _ in range(20):
        value, monitors = method.loss(batch)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        history.append(value.item())
    moving = (method.towers.image.trunk, method.towers.audio.trunk, method.query, method.seen)
    for part in moving:
        assert all(p.grad is not None and bool(p.grad.any()) for p in part.parameters())
    assert sum(history[-3:]) / 3 < history[0]
    assert monitors["own_distance"] < monitors["other_distance"]


def test_monitors_are_the_mean_distances_without_gradient() -> None:
    method = build().eval()
    batch = batch_for(method, clips=4)
    _, monitors = method.loss(batch)
    cells = method.cells(batch.frames[0])
    heard = method.audio_features(method.log_mel(batch.sounds[0]))
    torch.testing.assert_close(monitors["own_distance"], method.distance(cells, heard).mean())
    assert set(monitors) == {"own_distance", "other_distance"}
    assert not any(value.requires_grad for value in monitors.values())


def test_distances_are_float32_under_autocast() -> None:
    method = build().eval()
    images, sounds = images_and_sounds(2)
    exact = method.localise(images, sounds)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        distance = method.distance(method.cells(images), method.audio_features(sounds))
        maps = method.localise(images, sounds)
    assert distance.dtype == maps.dtype == torch.float32
    torch.testing.assert_close(maps, exact, rtol=0.05, atol=0)


def test_map_follows_the_sound() -> None:
    method = build().eval()
    images, sounds = images_and_sounds(2)
    swapped = method.localise(images, sounds.flip(0))
    assert (swapped - method.localise(images, sounds)).abs().max() > 0


def test_margin_must_be_positive() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Settings(margin=0)


def test_cells_are_unit_vectors() -> None:
    method = build().eval()
    images, _ = images_and_sounds(2)
    torch.testing.assert_close(method.cells(images).norm(dim=1), torch.ones(2, 3, 5))
    trunk = method.towers.image.trunk(images)
    torch.testing.assert_close(
        F.cosine_similarity(method.cells(images), trunk), torch.ones(2, 3, 5)
    )
