"""Our own method: the walk on mixtures (Eq. 4), and Eq. 3 on the single sounds in them.

Eq. 4 compares only the k images and nodes of one mixture, so nodes that ignore the sound can lower
it. Eq. 3 asks every image to prefer its own sound to all others of the batch, which needs the
sound. Eq. 7 asks the same of mixtures, but there it draws all nodes of a mixture to all its images,
which is the opposite of what Eq. 4 wants.

The other sounds of Eq. 3 include silence and noise, so that an image prefers its sound to them,
too. docs/methods/ours-plus.md says what else was tried.
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from pydantic import PositiveFloat
from torch import Tensor

from avloc.methods.base import Batch, LossAndMonitors, SharedSettings
from avloc.methods.node_base import NodeMethod, NodeSettings
from avloc.nets.ranks import of_first_rank, whole_batch
from avloc.nets.similarity import similarity

#: Sounds of a batch that are turned into noise.
NOISES = 2


class Settings(NodeSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    single_weight
        Weight of Eq. 3 on single sounds, beside the loss on mixtures.
    """

    single_weight: PositiveFloat


class System(NodeMethod):
    """The network of the paper, with a loss on mixtures and one on single sounds.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, settings)
        self._single_weight = settings.single_weight

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the weighted sum of both losses, and the monitors of the mixtures.

        The further monitor ``single`` is the loss on single sounds.
        """
        mixtures, sounds = self.mixtures(batch), batch.sounds[0]
        others = silence_and_noise(sounds)
        heard = torch.cat([mixtures, sounds, of_first_rank(others)])
        cells, nodes = self.cells(batch), self.towers.audio(self.log_mel(heard))
        nodes = whole_batch(nodes, *self.draws(mixtures), len(sounds), of_first=len(others))
        clips = len(cells) // self.frames
        of_mixtures = len(nodes) - clips - len(others)
        walk, monitors = self.loss_of_mixtures(cells, nodes[:of_mixtures])
        single = single_sounds(cells[:clips], nodes[of_mixtures:], self.temperature)
        return walk + self._single_weight * single, monitors | {"single": single.detach()}


def silence_and_noise(sounds: Tensor) -> Tensor:
    """Return silence, and noise that is as loud as the first sounds at every moment.

    Samples whose signs are random have a flat spectrum. The signs are always the same, so that an
    interrupted training continues with the same noise; the sounds differ at each step.

    Parameters
    ----------
    sounds
        (B, N) waveforms.

    Returns
    -------
    Tensor
        (1 + min(B, `NOISES`), N).
    """
    generator = torch.Generator().manual_seed(0)
    signs = torch.randint(2, sounds.shape[1:], generator=generator) * 2.0 - 1.0
    return torch.cat([torch.zeros_like(sounds[:1]), sounds[:NOISES] * signs.to(sounds.device)])


def single_sounds(cells: Tensor, nodes: Tensor, temperature: float) -> Tensor:
    """Return Eq. 3 on single sounds in both directions, with further negatives for the images.

    The map of a single sound is the mean of its nodes' maps, as it is at test time (decision D8).

    Parameters
    ----------
    cells
        (B, C, h, w) unit vectors of the images.
    nodes
        (B + n, k, C) unit vectors of their sounds, in the same order, and of n sounds that belong
        to no image.
    temperature
        tau, greater than 0.

    Returns
    -------
    Tensor
        Scalar, at least 0.
    """
    logits = similarity(cells, nodes.mean(dim=1)) / temperature  # (B, B + n)
    own = torch.arange(len(cells), device=cells.device)
    of_sounds = logits[:, : len(cells)].T
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(of_sounds, own))
