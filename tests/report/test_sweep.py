"""Overlap by threshold: which lines are drawn, how rows are told apart, where the dots stand."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from avloc.errors import UserError
from avloc.evaluation.thresholds import GRID
from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.row_lines import look
from avloc.report.samples import Samples, read_samples
from avloc.report.sweep_figure import draw_sweep


def samples(peak: float, threshold: float = 0.4) -> Samples:
    return Samples({}, threshold, peak * np.array(GRID))


def test_one_panel_a_set_and_one_line_a_row(labels: Labels) -> None:
    rows = {
        "ours": {"solo": samples(40.0), "duet": samples(20.0, 0.425)},
        "control-sides": {"solo": samples(10.0), "duet": Samples({}, 0.4, None)},
        "isi": {"solo": samples(30.0)},
    }
    figure = draw_sweep(labels, rows, "synthetic")
    assert figure is not None
    solo, duet, legend = figure.axes
    assert solo.get_title(loc="left") == "solo: mean IoU (%)"
    assert duet.get_title(loc="left") == "duet: mean CIoU (%)"
    assert len(solo.lines) == 5  # a line and a dot for two rows that are named, a line for another
    own, dot = duet.lines
    assert np.asarray(own.get_xdata()).tolist() == list(GRID)
    assert np.asarray(dot.get_ydata()).tolist() == [pytest.approx(8.5)]  # 20 times 0.425
    other, own, _, control, _ = solo.lines
    assert to_rgb(control.get_color()) == style.CONTROLS
    assert own.get_linewidth() > control.get_linewidth()
    assert to_rgb(other.get_color()) == style.FAINT
    key = legend.get_legend()
    assert key is not None
    texts = [text.get_text() for text in key.get_texts()]
    assert "Ours" in texts and "ISI" not in texts and texts[-1] == "all others"


def test_no_sweep_is_no_figure(labels: Labels) -> None:
    assert draw_sweep(labels, {}, "synthetic") is None
    assert draw_sweep(labels, {"ours": {"solo": Samples({}, 0.4, None)}}, "synthetic") is None


def test_no_two_rows_look_alike(labels: Labels) -> None:
    """Nor does a row look like a source of the figures of maps."""
    found = {row: look(labels, row) for row in labels.rows}
    assert len({(own["color"], own["linestyle"]) for own in found.values()}) == len(labels.rows)


def test_samples_are_read_without_maps(tmp_path: Path) -> None:
    path = tmp_path / "ours.npz"
    arrays = {
        **{"pair.maps": np.zeros((2, 2, 4, 8)), "pair.thresholds": [0.3, 0.5]},
        **{"pair.scenes.cap": np.array([[0.5, 0.25]]), "pair.sweep": np.ones(len(GRID))},
        **{"solo.maps": np.zeros((2, 1, 4, 4)), "solo.thresholds": [0.3, 0.3]},
    }
    np.savez(path, **arrays)  # type: ignore[arg-type]
    read = read_samples(path, "ours")
    assert list(read) == ["pair", "solo"]
    assert read["pair"].scenes["cap"].tolist() == [[0.5, 0.25]]
    assert read["pair"].threshold == 0.4  # the median
    assert read["solo"].sweep is None
    assert not read["solo"].scenes


def test_scores_without_their_seeds_name_the_stage(tmp_path: Path) -> None:
    """Means over seeds would pass for one seed, and intervals be too narrow."""
    path = tmp_path / "ours.npz"
    np.savez(path, **{"pair.scenes.cap": np.ones(2), "pair.thresholds": np.ones(2)})  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"pair\.scenes\.cap without its seeds: run the evaluate"):
        read_samples(path, "ours")


def test_broken_samples_name_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing: run the evaluate stage of row 'ours'"):
        read_samples(tmp_path / "none.npz", "ours")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(UserError, match="cannot be read"):
        read_samples(tmp_path / "broken.npz", "ours")
    arrays = {"pair.thresholds": [0.4], "pair.scenes.cap": [np.nan]}
    np.savez(tmp_path / "nan.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"values of pair.scenes.cap that are not finite"):
        read_samples(tmp_path / "nan.npz", "ours")
