"""The loop: equal seeds give equal bytes, a killed run continues, a NaN stops it."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from avloc.errors import UserError
from avloc.methods.base import Batch, Method
from avloc.nets.images import PIXEL_MEAN, PIXEL_STD, crop_and_flip, normalise
from avloc.training import checkpoint
from avloc.training.device import autocast, choose_device
from avloc.training.loop import Curve, ResumeFile, Schedule, train
from tests.random_numbers import torch_rng

CPU = torch.device("cpu")


class Line(Method):
    """Fits y = 2x; step 7 of `poison` returns NaN."""

    def __init__(self, poison: int | None = None) -> None:
        super().__init__(nodes=2)
        self.weight = nn.Parameter(torch.zeros(()))
        self.poison, self.calls = poison, 0

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        self.calls += 1
        x = batch.sounds
        loss = (self.weight * x - 2 * x).square().mean()
        if self.calls - 1 == self.poison:
            loss = loss * math.nan
        return loss, {"weight": self.weight.detach().clone()}

    @property
    def network(self) -> nn.Module:
        return self

    def warm_start(self, batch: Batch, temperature: float) -> Tensor:
        raise NotImplementedError

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        raise NotImplementedError


def batches_from(first: int, killed_at: int | None = None) -> Iterator[Batch]:
    for step in range(first, 40):
        if step == killed_at:
            raise KeyboardInterrupt
        x = torch.randn(1, 4, 8, generator=torch_rng("line", step))
        yield Batch(frames=x, sounds=x)


def run(method: Method, path: Path, killed_at: int | None = None, every_s: float = 0.0) -> Curve:
    return train(
        method,
        method.loss,
        lambda step: batches_from(step, killed_at),
        Schedule(40, 0.1, 0.0, "one-cycle"),
        ResumeFile(path, every_s),
        log_every=5,
        device=CPU,
        precision="float32",
        task="line",
    )


def test_a_killed_run_continues_to_the_same_end(tmp_path: Path) -> None:
    whole, parts = Line(), Line()
    expected = run(whole, tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        run(parts, tmp_path / "parts.pt", killed_at=23)
    again = Line()
    found = run(again, tmp_path / "parts.pt")
    assert again.calls == 17, "from the state after step 23, between two points of the curve"
    assert again.weight.item() == whole.weight.item()
    assert found == expected


def test_state_is_saved_by_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step takes a second here, so the state is saved after steps 7, 14 and 21."""
    killed, again = Line(), Line()
    monkeypatch.setattr(time, "monotonic", lambda: float(killed.calls))
    with pytest.raises(KeyboardInterrupt):
        run(killed, tmp_path / "parts.pt", killed_at=23, every_s=7.0)
    run(again, tmp_path / "parts.pt")
    assert again.calls == 40 - 21


def test_loss_that_is_not_a_number_names_its_step(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the loss was nan at step 7; lower train\.learning_rate"):
        run(Line(poison=7), tmp_path / "x.pt")


def test_one_cycle_rises_for_a_tenth_and_falls_to_nothing() -> None:
    schedule = Schedule(100, 1.0, 0.0, "one-cycle")
    assert schedule.rate(0) == pytest.approx(0.1)
    assert schedule.rate(9) == pytest.approx(1.0)
    assert schedule.rate(55) == pytest.approx(0.5)
    assert schedule.rate(99) == pytest.approx(0.0, abs=1e-3)
    assert Schedule(100, 1.0, 0.0, "constant").rate(99) == 1.0


def test_equal_content_is_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        checkpoint.save(tmp_path / f"{name}.pt", {"weight": torch.arange(3), "row": {"seed": 0}})
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("code was run",))


def test_checkpoint_with_code_is_refused_and_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"method": Malicious()}, tmp_path / "bad.pt")
    with pytest.raises(UserError, match=r"bad\.pt is not a readable checkpoint"):
        checkpoint.load(tmp_path / "bad.pt")
    assert "code was run" not in capsys.readouterr().out


def test_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "cut.pt", {"weight": torch.arange(1000)})
    (tmp_path / "cut.pt").write_bytes((tmp_path / "cut.pt").read_bytes()[:500])
    with pytest.raises(UserError, match=r"cut\.pt is not a readable checkpoint"):
        checkpoint.load(tmp_path / "cut.pt")


def test_whole_crop_without_mirror_changes_nothing() -> None:
    images = torch.randn(2, 3, 16, 16, generator=torch_rng("crop"))
    crops = torch.tensor([[0.5, 0.5, 1.0, 1.0]] * 2)
    flips = torch.tensor([False, True])
    same, mirrored = crop_and_flip(images, crops, flips)
    torch.testing.assert_close(same, images[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirrored, images[1].flip(-1), atol=1e-5, rtol=1e-4)


def test_crop_is_the_part_that_was_asked_for() -> None:
    """The right lower quarter of an image of four constant quarters is constant."""
    quarters = (
        torch.tensor([[0.0, 1.0], [2.0, 3.0]]).repeat_interleave(8, 0).repeat_interleave(8, 1)
    )
    crops = torch.tensor([[0.75, 0.75, 0.4, 0.4]])
    cut = crop_and_flip(quarters.expand(1, 3, 16, 16), crops, torch.tensor([False]))
    torch.testing.assert_close(cut, torch.full((1, 3, 16, 16), 3.0))


def test_pixels_are_normalised_as_imagenets() -> None:
    grey = torch.full((1, 2, 2, 3), 128, dtype=torch.uint8)
    expected = (128 / 255 - torch.tensor(PIXEL_MEAN)) / torch.tensor(PIXEL_STD)
    torch.testing.assert_close(normalise(grey)[0, :, 0, 0], expected)


def test_half_precision_agrees_with_full() -> None:
    from avloc.nets.image_trunk import ImageTrunk
    from avloc.nets.two_tower import TwoTower

    torch.manual_seed(0)
    towers = TwoTower(
        width=8, embedding=32, nodes=2, image_trunk=ImageTrunk("resnet18", "random", 0)
    ).eval()
    image = torch.randn(2, 3, 64, 64, generator=torch_rng("precision"))
    with torch.inference_mode():
        full = towers.image(image)
        with autocast(CPU, "bfloat16"):
            fast = towers.image(image)
    assert (full * fast).sum(1).min() > 0.99, "cosine between the two of every cell"


def test_unknown_device_is_explained() -> None:
    with pytest.raises(UserError, match="device 'tpu9' cannot be used"):
        choose_device("tpu9")
