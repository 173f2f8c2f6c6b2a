"""Image trunks: published weights fit, cells are centred, frozen blocks stay as they are."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor
from torchvision.models import resnet18 as torchvision_resnet18

from avloc.errors import UserError
from avloc.nets import efficientnet_lite0
from avloc.nets.depthwise import DepthwiseConv2d
from avloc.nets.efficientnet_lite0 import EfficientNetLite0
from avloc.nets.image_trunk import TRUNKS, ImageTrunk, TrunkName, build
from avloc.nets.images import normalise
from avloc.nets.resnet18 import ResNet18, read_imagenet
from tests.random_numbers import torch_rng

STILLS = Path(__file__).parents[3] / "shared" / "data" / "stills"
#: Numbers of ImageNet's classes that are the instruments of the photos.
IMAGENET_CLASSES = {
    "banjo": (420,),
    "drums": (541,),
    "flute": (558,),
    "guitar": (402, 546),
    "saxophone": (776,),
    "trombone": (875,),
    "violin": (889,),
}


def test_audio_trunk_sees_13_by_4_cells() -> None:
    assert ResNet18(1, 4).eval()(torch.zeros(1, 1, 193, 64)).shape == (1, 32, 13, 4)


@pytest.mark.parametrize("name", TRUNKS)
def test_trunks_have_stride_16_and_say_their_channels(name: TrunkName) -> None:
    trunk = build(ImageTrunk(name, "random", 0), width=4).eval()
    assert trunk(torch.zeros(1, 3, 112, 224)).shape == (1, trunk.channels, 7, 14)


def test_full_width_resnet_takes_torchvisions_weights() -> None:
    """Same names and shapes, so that its ImageNet weights fit; same features up to layer2."""
    theirs, ours = torchvision_resnet18(weights=None).eval(), ResNet18(3, 64).eval()
    state = {key: value for key, value in theirs.state_dict().items() if not key.startswith("fc.")}
    ours.load_state_dict(state)
    expected = found = torch.randn(1, 3, 64, 64, generator=torch_rng("trunk"))
    for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2"):
        expected, found = getattr(theirs, name)(expected), getattr(ours, name)(found)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", TRUNKS)
def test_cells_see_what_upsampling_shows_them_over(name: TrunkName) -> None:
    """Cell i of an upsampled map covers pixels 16 i to 16 i + 15; its gradient is centred there."""
    torch.manual_seed(0)
    middles = []
    for _ in range(10):
        trunk = build(ImageTrunk(name, "random", 0), width=4).eval()
        image = torch.randn(1, 3, 224, 224, requires_grad=True)
        trunk(image)[..., 7, 7].sum().backward()
        assert image.grad is not None
        weight = image.grad.square().sum(dim=(0, 1))
        pixels = torch.arange(224.0)
        middles.append([(weight.sum(dim) @ pixels / weight.sum()).item() for dim in (0, 1)])
    middle = torch.tensor(middles).mean(0)
    torch.testing.assert_close(middle, torch.full((2,), 16 * 7 + 8.0), atol=2.0, rtol=0)


@pytest.mark.slow
@pytest.mark.skipif(not STILLS.exists(), reason="the photos are not part of the project")
def test_packaged_weights_know_instruments() -> None:
    """A wrong padding, scale of the pixels, or name of a weight would lose the classes."""
    table = pd.read_csv(STILLS / "manifest.csv")
    table = table[(table["kind"] == "image") & table["class"].isin(IMAGENET_CLASSES)].iloc[::15]
    photos = [np.asarray(cv2.imread(str(STILLS / path)))[..., ::-1] for path in table["path"]]
    images = normalise(torch.from_numpy(np.stack(photos)))
    trunk = build(ImageTrunk("efficientnet-lite0", "imagenet", 0), width=4).eval()
    # As published, with the last halving, since the classifier was trained on its cells.
    halved = trunk.blocks()[11].get_submodule("depthwise.conv")
    assert isinstance(halved, DepthwiseConv2d)
    halved.stride = (2, 2)
    state = efficientnet_lite0.read_imagenet(4)
    with torch.inference_mode():
        features = F.conv2d(trunk(images), state["_conv_head.weight"])
        features = F.batch_norm(
            features,
            state["_bn1.running_mean"],
            state["_bn1.running_var"],
            state["_bn1.weight"],
            state["_bn1.bias"],
            eps=1e-3,
        )
        pooled = F.relu6(features).mean(dim=(2, 3))
        chosen = F.linear(pooled, state["_fc.weight"], state["_fc.bias"]).argmax(dim=1)
    right = [
        int(number) in IMAGENET_CLASSES[name]
        for number, name in zip(chosen, table["class"], strict=True)
    ]
    assert sum(right) / len(right) > 0.75, "of 1000 classes; 0.86 was seen on every fourth photo"


def test_pixels_of_the_published_network() -> None:
    """They are (p - 127) / 128, while ours have ImageNet's mean and deviation."""
    pixels = torch.tensor([0, 127, 255], dtype=torch.uint8)
    image = normalise(pixels.view(1, 1, 3, 1).expand(1, 1, 3, 3))
    found = efficientnet_lite0.PublishedPixels()(image)
    torch.testing.assert_close(found[0, 0, 0], torch.tensor([-127 / 128, 0.0, 1.0]))


@pytest.mark.parametrize("name", TRUNKS)
def test_frozen_blocks_keep_weights_and_statistics(name: TrunkName) -> None:
    """Also their running means, which a forward pass in training would change."""
    torch.manual_seed(0)
    trunk = build(ImageTrunk(name, "random", 2), width=4).train()
    before = {key: value.clone() for key, value in trunk.state_dict().items()}
    optimiser = torch.optim.Adam(trunk.parameters(), 0.1, weight_decay=0.1)
    trunk(torch.randn(4, 3, 64, 64)).square().mean().backward()
    optimiser.step()
    frozen = [*trunk.stem(), *trunk.blocks()[:2]]
    still = {id(tensor) for part in frozen for tensor in part.state_dict(keep_vars=True).values()}
    for key, tensor in trunk.state_dict(keep_vars=True).items():
        same = torch.equal(tensor, before[key])
        assert same == (id(tensor) in still) or "num_batches" in key, key


def test_nothing_is_frozen_by_default() -> None:
    trunk = build(ImageTrunk("efficientnet-lite0", "random", 0), width=4).train()
    trunk(torch.randn(2, 3, 32, 32)).mean().backward()
    assert all(parameter.grad is not None for parameter in trunk.parameters())


@pytest.mark.parametrize(
    ("kernel", "stride", "side"), [(3, 1, 8), (3, 2, 9), (5, 1, 7), (5, 2, 11)]
)
@pytest.mark.parametrize("padded", [False, True])
def test_fast_gradients_are_the_gradients(
    kernel: int, stride: int, side: int, padded: bool
) -> None:
    """Those that the CPU takes in bfloat16, against torch's own in float32."""
    conv = DepthwiseConv2d(16, kernel, stride)
    conv.padding = (kernel // 2,) * 2 if padded else (0, 0)
    rng = torch_rng("depthwise")
    image = torch.randn(3, 16, side, side, generator=rng).bfloat16().requires_grad_()
    conv.weight.data = torch.randn(conv.weight.shape, generator=rng).bfloat16().float()
    with torch.autocast("cpu", torch.bfloat16):
        found = conv(image)
    gradient = torch.randn(found.shape, generator=rng).bfloat16()
    assert type(found.grad_fn).__name__ == "FastGradientsBackward"
    exact = image.detach().float().requires_grad_()
    expected = torch.conv2d(exact, conv.weight, None, stride, conv.padding, 1, 16)
    close_in_bfloat16(found, expected)
    for fast, slow in zip(
        torch.autograd.grad(found, (image, conv.weight), gradient),
        torch.autograd.grad(expected, (exact, conv.weight), gradient.float()),
        strict=True,
    ):
        close_in_bfloat16(fast, slow)


def close_in_bfloat16(found: Tensor, expected: Tensor) -> None:
    """bfloat16 has 8 bits: an error of a sum's rounding is below 1 % of the largest value."""
    assert (found.float() - expected).abs().max() < 0.01 * expected.abs().max()


def test_float32_uses_torchs_own_gradients() -> None:
    image = torch.randn(1, 4, 8, 8, requires_grad=True)
    assert type(DepthwiseConv2d(4, 3, 1)(image).grad_fn).__name__ == "ConvolutionBackward0"


@pytest.mark.parametrize("name", TRUNKS)
def test_weights_can_come_from_a_file(name: TrunkName, tmp_path: Path) -> None:
    """In the names of the published network, with the classifier that the trunk leaves out."""
    if name == "resnet18":
        published = torchvision_resnet18(weights=None).state_dict()
    else:
        published = dict(efficientnet_lite0.read_imagenet(64))
    torch.save(published, tmp_path / "weights.pt")
    trunk = build(ImageTrunk(name, str(tmp_path / "weights.pt"), 0), width=64)
    first = next(iter(published.values()))
    assert any(torch.equal(first, tensor) for tensor in trunk.parameters())


def test_imagenet_weights_of_resnet_need_full_width() -> None:
    with pytest.raises(UserError, match=r"net\.width: 64, not 16"):
        build(ImageTrunk("resnet18", "imagenet", 0), width=16)


def test_imagenet_weights_that_cannot_be_downloaded_are_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", refuse)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    with pytest.raises(UserError, match=r"could not be downloaded \(no route.*to its path"):
        read_imagenet(64)


def test_weights_that_cannot_be_used_are_one_sentence(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    (tmp_path / "text.pt").write_text("no weights")
    for name, sentence in (
        ("missing.pt", "does not exist; it must be imagenet, random or a file"),
        ("other.pt", "does not fit net.image_trunk: efficientnet-lite0"),
        ("list.pt", "holds no tensors by name"),
        ("text.pt", "cannot be read as weights"),
    ):
        with pytest.raises(UserError, match=sentence) as error:
            build(ImageTrunk("efficientnet-lite0", str(tmp_path / name), 0), width=64)
        assert "\n" not in str(error.value)


def test_more_frozen_blocks_than_blocks_are_an_error() -> None:
    with pytest.raises(UserError, match=r"frozen_blocks is 17, but efficientnet-lite0 has 16"):
        build(ImageTrunk("efficientnet-lite0", "random", 17), width=64)
    assert len(EfficientNetLite0().blocks()) == 16
