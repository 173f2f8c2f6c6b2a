"""How the authors' release trains, re-created from a description of it: network, loss and step.

Eager float32 with torch's defaults, images and weights in torch's default memory format, Adam with
torch's default implementation, and the similarity of all images of a batch with all audio nodes,
of which the loss reads the small blocks of each mixture. It has the release's network at any width,
so that both sides of a comparison do the same work. Two things that the release does are left out,
in its favour: a convolution of the similarity whose result is not used, and its accuracy, which it
prints.
"""

import time
import warnings
from collections.abc import Iterator

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

from bench.timing import wait_for

NODES, EMBEDDING, TEMPERATURE = 2, 128, 0.07
SAMPLE_RATE_HZ, N_FFT, HOP, MELS = 16000, 160, 80, 64
LEARNING_RATE, WEIGHT_DECAY = 1e-4, 5e-4
#: Steps that are not timed: as many batches as a worker process of the loader keeps ready, and one.
WARM_UP = 3

#: Frames (B, 3, S, S), sounds centred on them (B, N), other sounds of the same clips (B, N).
Triple = tuple[Tensor, Tensor, Tensor]


class Block(nn.Module):
    """The residual block of ResNet-18."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inner, outer, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outer)
        self.second = nn.Conv2d(outer, outer, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outer)
        self.shortcut: nn.Module | None = None
        if stride > 1 or inner != outer:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return the features of the next block."""
        y = F.relu(self.first_norm(self.first(x)), inplace=True)
        y = self.second_norm(self.second(y))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)), inplace=True)


def trunk(channels: int, width: int) -> nn.Sequential:
    """Return a ResNet-18 without its end, and with stride 1 in its last stage.

    Parameters
    ----------
    channels
        Of the input.
    width
        Channels of the first stage.
    """
    stem = [
        nn.Conv2d(channels, width, 7, 2, 3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
    ]
    blocks, inner = list[nn.Module](), width
    for outer, stride in ((width, 1), (2 * width, 2), (4 * width, 2), (8 * width, 1)):
        blocks += [Block(inner, outer, stride), Block(outer, outer, 1)]
        inner = outer
    return nn.Sequential(*stem, *blocks)


class Network(nn.Module):
    """Both towers, the log-mel between waveforms and sound tower, and the loss.

    Parameters
    ----------
    width
        Channels of the first stage of both ResNet-18; 64 in the release.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.image_trunk, self.sound_trunk = trunk(3, width), trunk(1, width)
        channels = 8 * width
        self.image_head = nn.Sequential(
            nn.Conv2d(channels, EMBEDDING, 1), nn.ReLU(inplace=True),
            nn.Conv2d(EMBEDDING, EMBEDDING, 1),
        )  # fmt: skip
        self.node_heads = nn.ModuleList(
            nn.Sequential(
                nn.Linear(channels, EMBEDDING), nn.ReLU(inplace=True),
                nn.Linear(EMBEDDING, EMBEDDING),
            )
            for _ in range(NODES)
        )  # fmt: skip
        with warnings.catch_warnings():
            # Four bands are empty with the paper's settings, and torchaudio says so.
            warnings.simplefilter("ignore", UserWarning)
            self.mel = MelSpectrogram(SAMPLE_RATE_HZ, n_fft=N_FFT, hop_length=HOP, n_mels=MELS)

    def forward(self, frames: Tensor, sounds: Tensor, other_sounds: Tensor) -> Tensor:
        """Return the loss of a batch of triples, of which two neighbours form a mixture.

        Parameters
        ----------
        frames
            (B, 3, S, S).
        sounds, other_sounds
            (B, N) waveforms of equal loudness.
        """
        mixtures = torch.cat([self._mixed(sounds), self._mixed(other_sounds)])
        power = self.mel(mixtures)
        log_mel = 2 * (20 * power.clamp(min=1e-5).log10() + 100) / 200 - 1
        pooled = self.sound_trunk(log_mel.transpose(1, 2)[:, None]).amax(dim=(2, 3))
        nodes = torch.stack([F.normalize(head(pooled), dim=1) for head in self.node_heads], dim=1)
        cells = F.normalize(self.image_head(self.image_trunk(frames)), dim=1)
        # All images with the nodes of all mixtures of both draws: (B, 2 B).
        cosines = torch.einsum("bchw,nc->bnhw", cells, nodes.flatten(0, 1))
        return walk_loss(cosines.amax(dim=(2, 3)))

    def _mixed(self, sounds: Tensor) -> Tensor:
        return sounds.view(-1, NODES, sounds.shape[1]).mean(dim=1)


def walk_loss(similarities: Tensor) -> Tensor:
    """Return the loss of the walk from nodes to images and back.

    Parameters
    ----------
    similarities
        (B, 2 B) of images with the nodes of both draws of sounds.
    """
    mixtures = len(similarities) // NODES
    blocks = similarities.view(mixtures, NODES, 2, mixtures, NODES)
    own = torch.arange(mixtures)
    # (mixtures, image, draw, node)
    of_mixture = blocks[own, :, :, own] / TEMPERATURE
    there = of_mixture[:, :, 1].softmax(dim=1).transpose(1, 2)  # node of the other draw -> image
    back = of_mixture[:, :, 0].softmax(dim=2)  # image -> node
    returns = (there @ back).diagonal(dim1=1, dim2=2)
    return -returns.log().mean()


class Release:
    """The training of the release.

    Parameters
    ----------
    width
        Of the networks.
    device
        Where to compute.
    """

    def __init__(self, width: int, device: torch.device) -> None:
        torch.manual_seed(0)
        self.device = device
        self.network = Network(width).to(device).train()
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )

    def step(self, batch: Triple) -> Tensor:
        """Do one step and return its loss."""
        loss: Tensor = self.network(*(part.to(self.device, non_blocking=True) for part in batch))
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss

    def steps(self, batches: Iterator[Triple], steps: int, warm_up: int = WARM_UP) -> float:
        """Return the mean seconds of some steps, after others that warm up.

        Parameters
        ----------
        batches
            At least ``warm_up + steps`` of them.
        steps, warm_up
            Steps that count, and steps before them.
        """
        for _ in range(warm_up):
            self.step(next(batches))
        wait_for(self.device)
        start = time.perf_counter()
        for _ in range(steps):
            self.step(next(batches))
        wait_for(self.device)
        return (time.perf_counter() - start) / steps
