"""DMC against its re-typed formula, tiny clusters worked by hand, and an exact assignment."""

from itertools import permutations

import pytest
import torch
from torch import Tensor

from avloc.audio.logmel import LogMel
from avloc.methods.base import Batch, SharedSettings
from avloc.methods.dmc import Settings, System, audio_to_image, nearest_clusters
from avloc.nets.image_trunk import ImageTrunk
from avloc.nets.soft_kmeans import soft_kmeans
from tests.methods.test_methods import batch_for
from tests.random_numbers import torch_rng

MARGIN = 2.5
NODES = (2, 3, 4, 5)


def build(nodes: int = 2) -> System:
    torch.manual_seed(0)
    parts = SharedSettings(
        nodes, (), 4, 16, ImageTrunk("resnet18", "random", 0), LogMel(16000, 160, 80, 64)
    )
    return System(parts, Settings(margin=MARGIN))


def images_and_sounds(count: int) -> tuple[Tensor, Tensor]:
    rng = torch_rng("dmc")
    return torch.randn(count, 3, 48, 96, generator=rng), torch.randn(
        count, 1, 193, 64, generator=rng
    )


def centres_of(method: System, batch: Batch) -> tuple[list[Tensor], list[Tensor]]:
    """Two image centres and one audio centre of every clip, one clip at a time."""
    seen, heard = [], []
    for frame, waveform in zip(batch.frames[0], batch.sounds[0], strict=True):
        image = method.towers.image.trunk(frame[None])[0].flatten(1).T
        sound = method.towers.audio.trunk(method.log_mel(waveform[None]))[0].flatten(1).T
        image = image @ method.image_space.weight.T + method.image_space.bias
        sound = sound @ method.audio_space.weight.T + method.audio_space.bias
        seen.append(soft_kmeans(image[None], 2)[0][0])
        heard.append(sound.mean(dim=0, keepdim=True))
    return seen, heard


def squared(seen: Tensor, heard: Tensor) -> Tensor:
    """Sum over audio centres of the squared distance to the nearest image centre."""
    nearest = [min((image - sound).square().sum() for image in seen) for sound in heard]
    return torch.stack(nearest).sum()


def test_loss_is_the_source_s() -> None:
    """0.5 d^2 with the own frame, 0.5 max(0, m - d)^2 with the previous one, their mean."""
    method = build().eval()
    batch = batch_for(method, clips=4)
    seen, heard = centres_of(method, batch)
    terms = []
    for clip in range(4):
        own, other = squared(seen[clip], heard[clip]), squared(seen[clip - 1], heard[clip])
        terms += [0.5 * own, 0.5 * torch.relu(MARGIN - other.sqrt()) ** 2]
    torch.testing.assert_close(
        method.loss(batch)[0], torch.stack(terms).mean(), atol=1e-5, rtol=1e-4
    )


def test_distance_by_hand() -> None:
    """Audio at (0, 0) and (3, 0), images at (0, 1), (3, 2) and (9, 9): 1^2 + 2^2 = 5."""
    seen = torch.tensor([[[0.0, 1.0], [3.0, 2.0], [9.0, 9.0]]])
    heard = torch.tensor([[[0.0, 0.0], [3.0, 0.0]]])
    torch.testing.assert_close(audio_to_image(seen, heard), torch.tensor([5.0**0.5]))


@pytest.mark.parametrize("nodes", NODES)
def test_order_of_clusters_leaves_the_distance(nodes: int) -> None:
    rng = torch_rng("order", nodes)
    seen, heard = (
        torch.randn(2, nodes + 1, 6, generator=rng),
        torch.randn(2, nodes, 6, generator=rng),
    )
    shuffled = audio_to_image(seen.flip(1), heard.roll(1, dims=1))
    torch.testing.assert_close(shuffled, audio_to_image(seen, heard))


def test_permuting_the_sources_leaves_the_loss() -> None:
    """Clips are learnt alone: with two, each is the other's neighbour in either order."""
    method = build().eval()
    batch = batch_for(method, clips=2)
    swapped = Batch(batch.frames.flip(1), batch.sounds.flip(1))
    torch.testing.assert_close(method.loss(swapped)[0], method.loss(batch)[0])


def test_sources_are_not_asked_for_in_training() -> None:
    """k decides how many maps there are, and nothing else."""
    batch = batch_for(build(), clips=4)
    values = [build(nodes).eval().loss(batch)[0] for nodes in NODES]
    for value in values[1:]:
        torch.testing.assert_close(value, values[0])


def test_nearest_clusters_by_hand() -> None:
    """Both audio centres are nearest to image cluster 1; the one that loses less yields."""
    apart = torch.tensor([[[4.0, 2.0], [1.0, 1.0], [9.0, 8.0]]])
    assert nearest_clusters(apart).tolist() == [[1, 0]]


@pytest.mark.parametrize("nodes", NODES)
def test_nearest_clusters_are_the_best_of_all_assignments(nodes: int) -> None:
    apart = torch.rand(6, nodes + 1, nodes, generator=torch_rng("apart", nodes))
    chosen = nearest_clusters(apart)
    for item in range(6):
        sums = {
            order: sum(apart[item, image, sound].item() for sound, image in enumerate(order))
            for order in permutations(range(nodes + 1), nodes)
        }
        assert tuple(chosen[item].tolist()) == min(sums, key=lambda order: sums[order])


@pytest.mark.parametrize("nodes", NODES)
def test_maps_are_assignments_of_different_clusters(nodes: int) -> None:
    method = build(nodes).eval()
    images, sounds = images_and_sounds(3)
    maps = method.localise(images, sounds)
    _, assignments = method.image_clusters(images, nodes + 1)
    assert maps.shape == (3, nodes, 3, 6)
    torch.testing.assert_close(assignments.sum(1), torch.ones(3, 3, 6))
    assert maps.min() >= 0
    assert maps.max() <= 1
    for item in range(3):
        clusters = [
            [bool(torch.equal(shown, cluster)) for cluster in assignments[item]].index(True)
            for shown in maps[item]
        ]
        assert len(set(clusters)) == nodes


def test_map_is_of_the_cluster_next_to_its_audio_centre() -> None:
    """Audio centre 0 is set beside image centre 2, audio centre 1 beside image centre 0."""
    method = build().eval()
    images, sounds = images_and_sounds(1)
    seen, assignments = method.image_clusters(images, 3)
    heard = torch.stack([seen[0, 2] + 0.01, seen[0, 0] + 0.01])[None]
    method.audio_centres = lambda *_: heard  # type: ignore[method-assign]
    maps = method.localise(images, sounds)
    torch.testing.assert_close(maps, assignments[:, [2, 0]])


def test_batch_of_one_equals_item_of_a_batch() -> None:
    method = build().eval()
    images, sounds = images_and_sounds(3)
    together = method.localise(images, sounds)
    alone = method.localise(images[1:2], sounds[1:2])
    torch.testing.assert_close(together[1:2], alone, atol=1e-4, rtol=1e-3)


def test_twenty_steps_lower_the_loss_and_move_both_trunks_and_spaces() -> None:
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
    spaces = (method.image_space, method.audio_space)
    for part in (method.towers.image.trunk, method.towers.audio.trunk, *spaces):
        assert all(p.grad is not None and bool(p.grad.any()) for p in part.parameters())
    assert sum(history[-3:]) / 3 < history[0]
    assert monitors["own_distance"] < monitors["other_distance"]
    assert not any(value.requires_grad for value in monitors.values())


def test_distances_are_float32_under_autocast() -> None:
    method = build().eval()
    images, sounds = images_and_sounds(2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        seen, maps = method.image_clusters(images, 3)
        heard = method.audio_centres(sounds, 2)
        apart = audio_to_image(seen, heard)
    assert seen.dtype == maps.dtype == heard.dtype == apart.dtype == torch.float32


def test_margin_must_be_positive() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Settings(margin=0)
