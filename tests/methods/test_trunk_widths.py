"""Methods with layers on the trunks work where the two trunks have different channels."""

from typing import Any

import pytest
import torch

from avloc import methods
from avloc.audio.logmel import LogMel
from avloc.config import rows
from avloc.methods.base import SharedSettings
from avloc.nets.image_trunk import ImageTrunk
from tests.methods.toy_training import CLASSES, clips, walk_phases
from tests.settings import settings


@pytest.mark.parametrize("name", ["attention", "dmc", "dsol", "sound-of-pixels"])
def test_all_phases_and_maps_with_another_width_of_image_features(name: str) -> None:
    """Layers as wide as one trunk, put on the other, stop at the first batch."""
    torch.manual_seed(0)
    trunk = ImageTrunk("efficientnet-lite0", "random", 0)
    shared = SharedSettings(2, CLASSES, 4, 16, trunk, LogMel(16000, 160, 80, 64))
    module, row = methods.load(name), rows.resolve(settings(), "synthetic", name)
    method: Any = module.System(shared, module.Settings.model_validate(row.settings))
    assert method.towers.image.trunk.channels != method.towers.audio.trunk.channels
    losses = walk_phases(method, clips(8), steps=1)
    assert any(losses.values())
    with torch.inference_mode():
        some = clips(2)
        maps = method.localise(some.frames, method.log_mel(some.sounds))
    assert maps.shape[0] == 2
    assert maps.isfinite().all()
