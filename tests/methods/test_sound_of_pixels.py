"""Sound of Pixels: masks from channels, their targets, and channels that get a class's name."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from avloc.methods.base import Batch, TrainingClips
from avloc.methods.sound_of_pixels import Settings, System, magnitudes
from tests.methods.toy_training import CLASSES, batch, clips, corpus_of, parts, walk_phases
from tests.random_numbers import torch_rng

SETTINGS = Settings(unet_width=4, unet_levels=4, unlabelled_channels=5)


def build(classes: tuple[str, ...] = CLASSES) -> System:
    torch.manual_seed(0)
    method = System(parts(classes), SETTINGS)
    # Otherwise all scales are equal and a wrong order of channels would not show.
    method.scale.data += torch.linspace(0, 1, len(method.scale))
    method.bias.data.fill_(0.1)
    return method


@pytest.fixture(scope="module")
def walked() -> tuple[System, dict[str, list[float]]]:
    method = build()
    return method, walk_phases(method, clips(), steps=20)


def test_magnitudes_are_the_roots_of_the_powers_that_the_log_mel_had() -> None:
    """A power of 100 is 40 dB, 0.4 on the log-mel, and a magnitude of 10."""
    assert magnitudes(torch.tensor([0.4, 0.0])).tolist() == pytest.approx([10.0, 1.0])
    method = build()
    waveform = 0.1 * torch.randn(1, 4000, generator=torch_rng("magnitudes"))
    power = method.log_mel.spectrogram(waveform).transpose(-1, -2)[:, None]
    expected = torch.where(power > 1e-5, power.sqrt(), 0.0)
    torch.testing.assert_close(magnitudes(method.log_mel(waveform)), expected, rtol=1e-3, atol=1e-4)


def test_silence_has_no_magnitude() -> None:
    assert not magnitudes(build().log_mel(torch.zeros(1, 4000))).any()


def test_a_mask_is_a_scaled_sum_over_channels_plus_a_bias() -> None:
    """scale (1, 2, 3), seen (1, 0, 0.5), heard (4, 9, -2), bias 0.1: 4 + 0 - 3 + 0.1."""
    method = build()
    method.scale.data = torch.tensor([1.0, 2.0, 3.0])
    heard = torch.tensor([4.0, 9.0, -2.0]).view(1, 3, 1, 1)
    logit = method.masks(torch.tensor([[[1.0, 0.0, 0.5]]]), heard)
    assert logit.item() == pytest.approx(1.1)


def test_loss_is_the_sources() -> None:
    """Mean of weight x BCE(mask, |S_n| > 0.5 |S_mix|) with weight = clamp(log1p |S_mix|)."""
    method, given = build().eval(), batch(4)
    total, cells = torch.zeros(()), 0
    for first in (0, 2):
        pair = given.sounds[0, first : first + 2]
        logmel = method.log_mel(pair.mean(dim=0, keepdim=True))
        heard, mixed = method.unet(logmel)[0], magnitudes(logmel)[0, 0]
        weight = torch.log(1 + mixed).clamp(0.001, 10)
        for sound, frame in zip(pair, given.frames[0, first : first + 2], strict=True):
            own = magnitudes(method.log_mel(sound[None] / 2))[0, 0]
            seen = torch.sigmoid(method.pixels(method.towers.image.trunk(frame[None])))
            strongest = seen.amax(dim=(2, 3))[0] * method.scale
            predicted = torch.sigmoid((strongest[:, None, None] * heard).sum(dim=0) + method.bias)
            right = torch.where(own > 0.5 * mixed, predicted, 1 - predicted)
            total, cells = total - (weight * right.log()).sum(), cells + right.numel()
    torch.testing.assert_close(method.loss(given)[0], total / cells)


def test_a_sound_alone_in_its_mixture_dominates_every_cell_that_sounds() -> None:
    """Mixed with silence: its own mask is all ones, the other's all zeros, whoever is seen."""
    method, given = build().eval(), batch(2)
    sounds = given.sounds.clone()
    sounds[0, 1] = 0
    method.pixels.weight.data.zero_()
    method.scale.data.zero_()
    method.bias.data.fill_(2.0)
    weight = magnitudes(method.log_mel(sounds[0, :1] / 2)).log1p().clamp(0.001, 10)
    silent = magnitudes(method.log_mel(sounds[0, :1] / 2)) == 0
    own, other = math.log1p(math.exp(-2)), math.log1p(math.exp(2))
    expected = (weight * torch.where(silent, 2 * other, own + other)).mean() / 2
    torch.testing.assert_close(method.loss(Batch(given.frames, sounds))[0], expected)


def test_sources_within_a_mixture_have_no_order() -> None:
    """Exchanging both clips of each mixture, frame and sound, leaves the loss; sounds alone not."""
    method, given = build().eval(), batch(4)
    order = [1, 0, 3, 2]
    value = method.loss(given)[0]
    both = method.loss(Batch(given.frames[:, order], given.sounds[:, order]))[0]
    one = method.loss(Batch(given.frames, given.sounds[:, order]))[0]
    torch.testing.assert_close(both, value)
    assert not torch.isclose(one, value, rtol=1e-6)


def test_twenty_steps_lower_the_loss(walked: tuple[System, dict[str, list[float]]]) -> None:
    _, history = walked
    losses = history["separate"]
    assert sum(losses[-3:]) / 3 < losses[0]


def test_gradients_reach_the_image_trunk_and_the_u_net_but_not_the_audio_tower() -> None:
    method = build().train()
    method.loss(batch())[0].backward()
    learnt = (method.towers.image.trunk, method.pixels, method.unet)
    for part in learnt:
        assert all(p.grad is not None and bool(p.grad.any()) for p in part.parameters())
    assert method.scale.grad is not None
    assert method.bias.grad is not None
    assert all(p.grad is None for p in method.towers.audio.parameters())


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


def maps_written_out(method: System, image: Tensor, logmel: Tensor) -> Tensor:
    """Return (1 + K, h, w) of one image, pixel by pixel and channel by channel."""
    seen = torch.sigmoid(method.pixels(method.towers.image.trunk(image[None])))[0]
    heard, magnitude = method.unet(logmel[None])[0], magnitudes(logmel)[0]
    volume = torch.zeros(seen.shape[1:])
    for row in range(seen.shape[1]):
        for column in range(seen.shape[2]):
            weights = (method.scale * seen[:, row, column])[:, None, None]
            mask = torch.sigmoid((weights * heard).sum(dim=0) + method.bias)
            volume[row, column] = (mask * magnitude).mean()
    channels = []
    for number in method.channel_of_class.tolist():
        alone = torch.sigmoid(method.scale[number] * heard[number] + method.bias)
        channels.append(seen[number] * (alone * magnitude).sum() / magnitude.sum())
    return torch.stack([volume, *channels])


def test_test_maps_are_the_volume_and_the_gated_channels() -> None:
    method, two = build().eval(), clips(2)
    method.channel_of_class.copy_(torch.tensor([2, 0, 1]))
    logmel = method.log_mel(two.sounds)
    found = method.localise(two.frames, logmel)
    for number in range(2):
        expected = maps_written_out(method, two.frames[number], logmel[number])
        torch.testing.assert_close(found[number], expected)


def test_silence_shows_nothing() -> None:
    method, one = build().eval(), clips(1)
    found = method.localise(one.frames, method.log_mel(torch.zeros(1, 4000)))
    assert not found.any()


def lit(method: System, examples: TrainingClips) -> Tensor:
    """Return (classes, K): the mean of the channels' maxima over each class's clips."""
    strongest = method.image_channels(examples.frames).amax(dim=(2, 3))
    return torch.stack([strongest[examples.classes == n].mean(dim=0) for n in range(3)])


def test_matching_takes_the_best_of_all_six_pairings() -> None:
    method, examples = build().eval(), clips()
    with torch.no_grad():
        method.match(lambda: corpus_of(examples))
        scores = lit(method, examples)
    orders = torch.cartesian_prod(*[torch.arange(3)] * 3)
    orders = orders[[len(set(order.tolist())) == 3 for order in orders]]
    sums = torch.stack([scores[torch.arange(3), order].sum() for order in orders])
    assert torch.equal(method.channel_of_class, orders[sums.argmax()])


def test_other_names_of_the_classes_permute_the_class_maps(
    walked: tuple[System, dict[str, list[float]]],
) -> None:
    method, examples, order = walked[0], clips(), torch.tensor([2, 0, 1])
    logmel = method.log_mel(examples.sounds[:4])
    with torch.no_grad():
        method.match(lambda: corpus_of(examples))
        maps = method.localise(examples.frames[:4], logmel)
        method.match(lambda: corpus_of(replace(examples, classes=order[examples.classes])))
        renamed = method.localise(examples.frames[:4], logmel)
        method.match(lambda: corpus_of(examples))
    torch.testing.assert_close(renamed[:, 1 + order], maps[:, 1:])
    torch.testing.assert_close(renamed[:, 0], maps[:, 0])


def test_clips_without_a_class_do_not_vote() -> None:
    """The same with half of the clips unnamed as without them."""
    method, examples = build().eval(), clips()
    unnamed = replace(examples, classes=torch.where(torch.arange(24) < 16, examples.classes, -1))
    with torch.no_grad():
        method.match(lambda: corpus_of(unnamed))
        found = method.channel_of_class.clone()
        method.match(lambda: corpus_of(clips(16)))
    assert torch.equal(found, method.channel_of_class)


def test_a_checkpoint_holds_the_matching(walked: tuple[System, dict[str, list[float]]]) -> None:
    method, two = walked[0], clips(2)
    torch.manual_seed(1)
    copy = System(parts(), SETTINGS)
    copy.load_state_dict(method.state_dict())
    logmel = method.log_mel(two.sounds)
    torch.testing.assert_close(
        copy.eval().localise(two.frames, logmel), method.localise(two.frames, logmel)
    )


def test_without_labels_it_trains_and_shows_one_map(capsys: pytest.CaptureFixture[str]) -> None:
    method, examples = build(()), clips()
    walk_phases(method, replace(examples, classes=torch.full((24,), -1)), steps=1)
    assert method.map_kind == "single"
    assert len(method.scale) == SETTINGS.unlabelled_channels
    assert "no training clip has a class" in capsys.readouterr().out
    logmel = method.log_mel(examples.sounds[:2])
    assert method.localise(examples.frames[:2], logmel).shape == (2, 1, 3, 3)
