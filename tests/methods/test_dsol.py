"""DSOL: the formulas of its two stages, its objects and its clusters, and what it shows."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor

from avloc.errors import UserError
from avloc.methods import ots
from avloc.methods.base import Batch
from avloc.methods.dsol import Settings, System
from avloc.nets.objects import dilate
from avloc.nets.similarity import similarity_maps
from tests.methods.toy_training import CLASSES, batch, clips, corpus_of, parts, walk_phases

SETTINGS = Settings(
    initial_scale=5.0,
    localise_share=0.4,
    classify_share=0.2,
    object_threshold=0.5,
    clusters_per_class=1,
    unlabelled_clusters=4,
    k_means_starts=3,
    initial_class_score=2.0,
    localisation_weight=0.5,
    map_sharpness=3.0,
)


def build(classes: tuple[str, ...] = CLASSES, settings: Settings = SETTINGS) -> System:
    torch.manual_seed(0)
    return System(parts(classes), settings)


@pytest.fixture(scope="module")
def walked() -> tuple[System, dict[str, list[float]]]:
    method = build()
    return method, walk_phases(method, clips(), steps=20)


def prepared() -> System:
    """All phases prepared, none trained, in evaluation mode."""
    method = build()
    walk_phases(method, clips(), steps=0)
    return method


def wide_and_mixed(method: System, given: Batch) -> tuple[Tensor, Tensor]:
    """Four clips as two side-by-side frames and two mixtures, written out."""
    f, s = given.frames[0], given.sounds[0]
    wide = torch.stack([torch.cat([f[0], f[1]], -1), torch.cat([f[2], f[3]], -1)])
    return wide, method.log_mel(torch.stack([(s[0] + s[1]) / 2, (s[2] + s[3]) / 2]))


def test_stage_one_meets_each_sound_with_its_own_and_the_previous_frame() -> None:
    method = build().eval()
    given = batch(3)
    cells = method.towers.image(given.frames[0])
    vectors = method.towers.audio(method.log_mel(given.sounds[0]))[:, 0]
    phi = torch.einsum("bchw,nc->bnhw", cells, vectors).amax(dim=(2, 3))
    own = torch.sigmoid(5 * torch.stack([phi[0, 0], phi[1, 1], phi[2, 2]]))
    other = torch.sigmoid(5 * torch.stack([phi[2, 0], phi[0, 1], phi[1, 2]]))
    expected = -0.5 * (own.log().mean() + (1 - other).log().mean())
    torch.testing.assert_close(method.localisation_loss(given)[0], expected)


def test_classification_adds_the_cross_entropies_of_both_to_the_nearest_cluster() -> None:
    method = prepared()
    given = batch(6)
    logmel = method.log_mel(given.sounds[0])
    features = method.towers.image.trunk(given.frames[0])
    cosines = similarity_maps(method.towers.image(given.frames[0]), method.towers.audio(logmel))
    sounding = torch.sigmoid(5 * cosines)
    best = sounding == sounding.amax(dim=(2, 3), keepdim=True)
    area = dilate((sounding >= 0.5) | best)
    objects = F.normalize((features * area).sum(dim=(2, 3)) / features[0, 0].numel(), dim=1)
    clusters = ((objects[:, None] - method.centres) ** 2).sum(dim=2).argmin(dim=1)
    expected = method.localisation_loss(given)[0]
    for logits in (
        method.image_classes(features.mean(dim=(2, 3))),
        method.audio_classes(method.towers.audio.trunk(logmel).amax(dim=(2, 3))),
    ):
        expected = expected - logits.log_softmax(1)[torch.arange(6), clusters].mean()
    torch.testing.assert_close(method.classification_loss(given)[0], expected)


def test_the_dictionary_holds_the_means_of_unnormalised_objects() -> None:
    """Written out clip by clip: a normalised object would lose what tells how sure it is."""
    method, examples = prepared(), clips()
    features = method.towers.image.trunk(examples.frames)
    vectors = method.towers.audio(method.log_mel(examples.sounds))
    cells = method.towers.image(examples.frames)
    members: dict[int, list[Tensor]] = {}
    for clip in range(len(features)):
        sounding = torch.sigmoid(5 * torch.einsum("chw,c->hw", cells[clip], vectors[clip, 0]))
        area = dilate((sounding >= min(0.5, sounding.max().item()))[None, None])[0, 0]
        found = torch.zeros(len(features[clip]))
        for row, column in area.nonzero().tolist():
            found += features[clip, :, row, column] / area.numel()
        distances = [((found / found.norm() - c) ** 2).sum().item() for c in method.centres]
        members.setdefault(distances.index(min(distances)), []).append(found)
    assert len(members) > 1, "or the test would not see a clip in the wrong cluster"
    for cluster, entry in enumerate(method.dictionary):
        mean = sum(members[cluster]) / len(members[cluster]) if cluster in members else 0 * entry
        torch.testing.assert_close(entry, mean, atol=1e-5, rtol=1e-4)
    lengths = sum(entry.square().sum() for entry in method.dictionary) / len(method.dictionary)
    torch.testing.assert_close(method.class_scale * lengths, torch.tensor(2.0))


def test_every_clip_has_an_object() -> None:
    """Where no cell is above the threshold it is the best cell and its neighbours: 3 to 5."""
    settings = SETTINGS.model_copy(update={"object_threshold": 0.9999})
    method, examples = build(settings=settings).eval(), clips()
    _, area = method._locate_objects(examples.frames, method.log_mel(examples.sounds))
    assert set(area.sum(dim=(1, 2, 3)).tolist()) <= {3, 4, 5}


def test_stage_two_is_the_category_loss_plus_half_the_localisation_loss() -> None:
    """L = KL(heard || seen) + 0.5 (BCE of the whole matched map, BCE of each mismatched half)."""
    method = prepared()
    method.audio_classes.weight.data.mul_(100)
    given = batch(4)
    wide, mixtures = wide_and_mixed(method, given)
    cells, vectors = method.towers.image(wide), method.towers.audio(mixtures)[:, 0]
    maps = torch.sigmoid(5 * torch.einsum("bchw,nc->bnhw", cells, vectors))
    own, other = maps[[0, 1], [0, 1]], maps[[1, 0], [0, 1]]
    halves = torch.stack([half.amax(dim=(1, 2)) for half in other.split(3, dim=-1)])
    binary = -0.5 * (own.amax(dim=(1, 2)).log().mean() + (1 - halves).log().mean())

    features = method.towers.image.trunk(wide)
    per_cluster = torch.einsum("bchw,kc->bkhw", features, method.dictionary)
    scored = method.class_scale * per_cluster + method.class_shift
    seen = (scored * own[:, None]).mean(dim=(2, 3)).softmax(dim=1)
    heard = method.audio_classes(method.frozen.audio.trunk(mixtures).amax(dim=(2, 3))).softmax(1)
    divergence = (heard * (heard / seen).log()).sum() / heard.numel()
    torch.testing.assert_close(method.loss(given)[0], divergence + 0.5 * binary)


def test_a_class_map_is_the_affine_product_with_the_dictionary() -> None:
    """v = (1, 2), D = ((3, 1), (0, 1)), a = 2, b = 1: 2 * 5 + 1 = 11 and 2 * 2 + 1 = 5."""
    method = build(("a", "b"))
    method.dictionary = torch.tensor([[3.0, 1.0], [0.0, 1.0]])
    method.class_scale.data.fill_(2.0)
    method.class_shift.data.fill_(1.0)
    features = torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)
    assert method.class_maps(features).flatten().tolist() == [11.0, 5.0]


def test_a_mixture_has_no_order() -> None:
    """Exchanging the sounds of each mixture leaves stage two's loss; of two mixtures does not."""
    method = prepared()
    given = batch(4)
    value = method.loss(given)[0]
    within = method.loss(Batch(given.frames, given.sounds[:, [1, 0, 3, 2]]))[0]
    across = method.loss(Batch(given.frames, given.sounds[:, [2, 1, 0, 3]]))[0]
    torch.testing.assert_close(within, value)
    assert not torch.isclose(across, value)


def test_twenty_steps_lower_the_loss_of_each_phase(
    walked: tuple[System, dict[str, list[float]]],
) -> None:
    _, history = walked
    assert [name for name, losses in history.items() if losses] == [
        "localise", "classify", "distinguish",
    ]  # fmt: skip
    for name, losses in history.items():
        if losses:
            assert sum(losses[-3:]) / 3 < losses[0], name


def test_gradients_reach_both_trunks_in_every_phase_and_never_the_frozen_copy() -> None:
    method = prepared().train()
    for phase in method.phases:
        method.zero_grad()
        phase.loss(batch(4))[0].backward()
        for trunk in (method.towers.image.trunk, method.towers.audio.trunk):
            assert all(p.grad is not None and bool(p.grad.any()) for p in trunk.parameters())
        assert all(p.grad is None for p in method.frozen.parameters())
        if phase.name == "distinguish":
            assert method.audio_classes.weight.grad is None, "the targets would move"


def test_the_frozen_copy_stays_as_it_is_while_the_phase_learns() -> None:
    method = prepared().train()
    before = {key: value.clone() for key, value in method.frozen.state_dict().items()}
    optimiser = torch.optim.Adam(method.parameters(), 0.01, weight_decay=0.1)
    for loss in (method.classification_loss, method.loss):
        optimiser.zero_grad()
        loss(batch(4))[0].backward()
        optimiser.step()
    assert all(torch.equal(before[key], value) for key, value in method.frozen.state_dict().items())


def test_batch_of_one_equals_item_of_a_batch(
    walked: tuple[System, dict[str, list[float]]],
) -> None:
    method, _ = walked
    three = clips(3)
    logmel = method.log_mel(three.sounds)
    with torch.inference_mode():
        together = method.localise(three.frames, logmel)
        alone = method.localise(three.frames[1:2], logmel[1:2])
    assert together.shape == (3, 1 + len(CLASSES), 3, 3)
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("clusters_per_class", [1, 2])
def test_test_maps_are_the_sources(clusters_per_class: int) -> None:
    """First sigmoid(w cos); then softmax(3 class map x localisation map), summed by class."""
    settings = SETTINGS.model_copy(update={"clusters_per_class": clusters_per_class})
    method = build(settings=settings)
    walk_phases(method, clips(), steps=0)
    two = clips(2)
    logmel = method.log_mel(two.sounds)
    maps = method.localise(two.frames, logmel).detach()
    cosines = similarity_maps(method.towers.image(two.frames), method.towers.audio(logmel))
    sounding = torch.sigmoid(5 * cosines)
    torch.testing.assert_close(maps[:, :1], sounding)
    masked = method.class_maps(method.towers.image.trunk(two.frames)) * sounding
    shares = torch.exp(3 * masked) / torch.exp(3 * masked).sum(dim=1, keepdim=True)
    for number, owned in enumerate(method.clusters_of_class.bool()):
        assert owned.any()
        torch.testing.assert_close(maps[:, 1 + number], shares[:, owned].sum(dim=1))
    torch.testing.assert_close(maps[:, 1:].sum(dim=1), torch.ones(2, 3, 3))


def test_other_names_of_the_classes_permute_the_class_maps() -> None:
    """Labels enter at the end only: relabelled clips give the same maps under other names."""
    examples, order = clips(), torch.tensor([2, 0, 1])
    first, second = build(), build()
    walk_phases(first, examples, steps=2)
    walk_phases(second, replace(examples, classes=order[examples.classes]), steps=2)
    logmel = first.log_mel(examples.sounds[:4])
    with torch.inference_mode():
        maps = first.localise(examples.frames[:4], logmel)
        renamed = second.localise(examples.frames[:4], logmel)
    torch.testing.assert_close(renamed[:, 1 + order], maps[:, 1:])


def test_clips_without_a_class_do_not_vote() -> None:
    method, examples = prepared(), clips()
    before = method.clusters_of_class.clone()
    some = replace(examples, classes=torch.where(torch.arange(24) < 12, examples.classes, -1))
    with torch.no_grad():
        method.match(lambda: corpus_of(some))
    half = method.clusters_of_class.clone()
    few = replace(some, frames=some.frames.where(some.classes[:, None, None, None] >= 0, 0.0))
    with torch.no_grad():
        method.match(lambda: corpus_of(few))
    assert torch.equal(method.clusters_of_class, half)
    assert before.sum() == half.sum() == len(CLASSES)


def test_a_checkpoint_holds_all_that_the_phases_found(
    walked: tuple[System, dict[str, list[float]]],
) -> None:
    method, _ = walked
    torch.manual_seed(1)
    copy = System(parts(), SETTINGS)
    copy.load_state_dict(method.state_dict())
    two = clips(2)
    logmel = method.log_mel(two.sounds)
    torch.testing.assert_close(
        copy.eval().localise(two.frames, logmel), method.localise(two.frames, logmel)
    )
    torch.testing.assert_close(
        copy.classification_loss(batch())[0], method.classification_loss(batch())[0]
    )
    torch.testing.assert_close(copy.loss(batch())[0], method.loss(batch())[0])


def test_without_labels_it_trains_and_shows_one_map(capsys: pytest.CaptureFixture[str]) -> None:
    method, examples = build(()), clips()
    history = walk_phases(method, replace(examples, classes=torch.full((24,), -1)), steps=1)
    assert all(math.isfinite(loss) for losses in history.values() for loss in losses)
    assert method.map_kind == "single"
    assert len(method.centres) == SETTINGS.unlabelled_clusters
    assert "no training clip has a class" in capsys.readouterr().out
    assert method.localise(examples.frames[:2], method.log_mel(examples.sounds[:2])).shape == (
        2, 1, 3, 3,
    )  # fmt: skip


def test_shares_leave_steps_for_stage_two() -> None:
    assert sum(phase.share for phase in build().phases) == pytest.approx(1)
    with pytest.raises(ValueError, match="must sum to less than 1"):
        Settings.model_validate(SETTINGS.model_dump() | {"classify_share": 0.6})


def test_too_few_clips_are_explained() -> None:
    method, two = build().eval(), clips(2)
    with torch.no_grad(), pytest.raises(UserError, match=r"2 training clips .* 3 clusters"):
        method.cluster_objects(lambda: corpus_of(two))


def test_the_shared_warm_start_is_that_of_ots() -> None:
    """With the frozen copy or the class layers in it, rows of equal towers would share nothing."""
    other = ots.System(parts(), ots.Settings(initial_scale=5.0))
    shapes = {name: tensor.shape for name, tensor in build().network.state_dict().items()}
    assert shapes == {name: tensor.shape for name, tensor in other.network.state_dict().items()}
