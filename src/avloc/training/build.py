"""From a row to its network: with initial weights, or with those of a checkpoint."""

from collections.abc import Mapping

from torch import Tensor

from avloc import methods
from avloc.audio.logmel import LogMel
from avloc.config.params import Net
from avloc.config.rows import Row
from avloc.methods.base import Method, SharedSettings


def build(row: Row, classes: tuple[str, ...]) -> Method:
    """Return the row's method with its initial weights; torch must be seeded by the caller.

    Parameters
    ----------
    row
        Its resolved settings.
    classes
        Of the training clips (`avloc.methods.base.SharedSettings`).
    """
    return _build(row, row.net, classes)


def rebuild(row: Row, classes: tuple[str, ...], state: Mapping[str, Tensor]) -> Method:
    """Return the row's method with the weights of a checkpoint; nothing is fetched.

    Parameters
    ----------
    row, classes
        As the checkpoint holds them.
    state
        Name -> tensor, all that the method has.

    Raises
    ------
    RuntimeError
        If a tensor is missing, unknown, or of another shape.
    """
    # The checkpoint replaces the pretrained weights, so they need not be at hand.
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
        image_weights=net.image_weights,
        log_mel=LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels),
    )
    return module.System(shared, module.Settings.model_validate(row.settings))
