"""Several seeds: one curve, one page of tables."""

from pathlib import Path

import pandas as pd
import pytest

from avloc.cli.seeds import page
from avloc.errors import UserError
from stages.train import mean_curve


def test_curve_of_several_seeds_is_their_mean_step_by_step() -> None:
    first = [{"phase": 0.0, "step": 50, "loss": 2.0}, {"phase": 1.0, "step": 100, "loss": 1.0}]
    second = [{"phase": 0.0, "step": 50, "loss": 4.0}, {"phase": 1.0, "step": 100, "loss": 2.0}]
    expected = pd.DataFrame({"phase": [0.0, 1.0], "step": [50, 100], "loss": [3.0, 1.5]})
    pd.testing.assert_frame_equal(mean_curve([first, second]), expected)
    pd.testing.assert_frame_equal(mean_curve([first]), pd.DataFrame(first))


def test_curve_of_a_network_that_is_not_trained_has_a_head_and_no_row() -> None:
    assert mean_curve([[], []]).to_csv(index=False) == "phase,step,loss\n"


def test_page_says_what_it_was_made_from_and_holds_the_tables_in_order(tmp_path: Path) -> None:
    (tmp_path / "table1.md").write_text("### Table one\n\n| a |\n")
    (tmp_path / "listening.md").write_text("### Listening\n\n| b |\n")
    text = page("synthetic", (0, 1, 2), "abc123", tmp_path)
    assert text.startswith("# synthetic, 3 seeds\n")
    assert "make seeds SEEDS=0,1,2 DATASET=synthetic" in text
    assert "commit `abc123`" in text
    assert text.index("### Listening") < text.index("### Table one")
    assert "| a |\n" in text


def test_page_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no table; run `dvc repro` first"):
        page("synthetic", (0,), "abc123", tmp_path)
