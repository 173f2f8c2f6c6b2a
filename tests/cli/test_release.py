"""Checkpoints to give away: wrong if the card's hash or scores are not of the committed file."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from avloc import paths
from avloc.audio.windows import window_samples
from avloc.cli.release import released
from avloc.errors import UserError
from avloc.files import sha256
from avloc.inference.localiser import open_localisers
from avloc.training import checkpoint

RELEASED = sorted(Path("released").glob("*/*.pt"))
MOST_BYTES = 12_000_000


def test_one_seed_is_kept_and_halved() -> None:
    states = [{"w": torch.full((2,), n + 0.1), "steps": torch.tensor(n)} for n in range(3)]
    content = {"row": {"seeds": [4, 5, 6], "name": "ours"}, "classes": ["a"], "methods": states}
    (state,) = released(content, 5)["methods"]
    assert released(content, 5)["row"] == {"seeds": [5], "name": "ours"}
    assert state["w"].dtype == torch.float16 and state["w"][0] == np.float16(1.1)
    assert state["steps"].dtype == torch.int64 and state["steps"] == 1
    with pytest.raises(UserError, match=r"--seed 0: .* \[4, 5, 6\]"):
        released(content, 0)


@pytest.mark.parametrize("path", RELEASED, ids=str)
def test_released_file_is_the_one_on_its_card_and_localises(path: Path) -> None:
    assert path.stat().st_size < MOST_BYTES
    page = paths.model_card(path.parent.name).read_text(encoding="utf-8")
    block = re.search(rf"<!-- {path.stem} begins -->(.*?)<!-- {path.stem} ends", page, re.DOTALL)
    assert block and sha256(path) in block[1]
    assert all(
        tensor.dtype in (torch.float16, torch.int64)
        for tensor in checkpoint.load(path)["methods"][0].values()
    )
    (localiser,) = open_localisers(path, torch.device("cpu"), 2)
    size = localiser.data.image_px
    images = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    audio = localiser.row.audio
    window = window_samples(audio.window_s, audio.sample_rate_hz)
    silence = np.zeros((1, 1, window // audio.hop + 1, audio.mels), np.float32)
    maps = localiser(images, silence)
    assert maps.shape[1] == (localiser.row.nodes if localiser.map_kind == "nodes" else 1)
    assert np.isfinite(maps).all()
