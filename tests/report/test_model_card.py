"""Wrong if the card of a released checkpoint has another hash or score, or flatters it."""

from pathlib import Path

import numpy as np

from avloc.config import params
from avloc.files import sha256
from avloc.report.model_card import best_of, card
from avloc.report.settings import read_settings

CONTROLS = {
    "ones": {"pair": {"half": 50.0, "cap": 36.0, "cap_swapped": 36.0}, "solo": {"ap": 72.0}},
    "untrained": {"pair": {"half": 49.0, "cap": 41.5, "cap_swapped": 41.0, "assigned": 55.0}},
}


def test_hash_and_hand_worked_scores(tmp_path: Path) -> None:
    path = tmp_path / "ours.pt"
    path.write_bytes(b"x" * 1_500_000)
    cap, swapped = np.array([[0.5, 0.7]]), np.array([[0.4, 0.4]])
    text = card(
        path,
        {"pair": {"cap": cap, "cap_swapped": swapped, "half": np.array([[1.0, 1.0]])}},
        {"pair": {"video": [["a"], ["b"]]}},
        read_settings(params.load().report).intervals,
        CONTROLS,
    )
    assert f"1.5 MB, SHA-256 `{sha256(path)}`" in text
    # Two videos: the extreme draws take one of them twice.
    line = "| pair | 2 | 100.0 [100.0, 100.0] | – | – | 60.0 [50.0, 70.0] | 20.0 [10.0, 30.0] |"
    # The row has no `assigned`, so the controls show none either.
    assert f"{line}\n| *best control* |  | *50.0* |  |  | *41.5* | *0.5* |" in text


def test_best_control_is_taken_column_by_column() -> None:
    best = {"half": 50.0, "cap": 41.5, "gain": 0.5, "assigned": 55.0}
    assert best_of(CONTROLS, "pair") == best
    assert best_of(CONTROLS, "solo") == {"ap": 72.0}
    assert best_of(CONTROLS, "duet") == {}
