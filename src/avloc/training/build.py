"""Builds the method of a row, with initial weights or with those of a checkpoint."""

from collections.abc import Mapping

from torch import Tensor

from avloc import methods
from avloc.audio.logmel import LogMel
from avloc.config.blocks import Net
from avloc.config.rows import Row
from avloc.methods.base import Method, SharedSettings
from avloc.nets.image_trunk import ImageTrunk


def build(row: Row, classes: tuple[str, ...]) -> Method:
    """Return the row's method with initial weights; the caller seeds torch.

    Parameters
    ----------
    row
        The resolved settings.
    classes
        Classes of the training clips (`avloc.training.batches.classes_of`).

    Raises
    ------
    UserError
        If the method does not exist, or pretrained weights cannot be loaded.
    """
    return _build(row, row.net, classes)


def rebuild(row: Row, classes: tuple[str, ...], state: Mapping[str, Tensor]) -> Method:
    """Return the row's method with the weights of a checkpoint; nothing is downloaded.

    Parameters
    ----------
    row, classes
        As in the checkpoint.
    state
        State dict of the method: name -> tensor.

    Raises
    ------
    RuntimeError
        If a tensor is missing, unknown, or of another shape.
    """
    # The checkpoint replaces the pretrained weights, so they are not needed.
    method = _build(row, row.net.model_copy(update={"image_weights": "random"}), classes)
    method.load_state_dict(state)
    return method


def _build(row: Row, net: Net, classes: tuple[str, ...]) -> Method:
    module = methods.load(row.method)
    audio = row.audio
    shared = SharedSettings(
        nodes=row.nodes,
        classes=classes,
        width=net.width,
        embedding=net.embedding,
        image_trunk=image_trunk_of(net),
        log_mel=LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels),
    )
    return module.System(shared, module.Settings.model_validate(row.settings))


def image_trunk_of(net: Net) -> ImageTrunk:
    """Return the settings of a row's image trunk.

    Parameters
    ----------
    net
        Settings of its network.
    """
    return ImageTrunk(net.image_trunk, net.image_weights, net.frozen_blocks)
