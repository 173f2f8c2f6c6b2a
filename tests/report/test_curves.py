"""Training curves and listening bars: what is read, what is refused, what is drawn."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from avloc.errors import UserError
from avloc.report import style
from avloc.report.curves_figure import draw_curves
from avloc.report.labels import Labels
from avloc.report.listening_figure import draw_listening
from avloc.report.monitors_figure import draw_monitors
from avloc.report.results import Results
from avloc.report.settings import Settings
from avloc.report.training_curve import Curve, collapsed_rows, read_curve

WARM = "step,phase,loss,node_cosine\n50,0,3.5,\n100,1,0.7,0.9\n150,1,0.6,0.8\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_warm_start_has_no_monitor(tmp_path: Path) -> None:
    curve = read_curve(written(tmp_path / "ours.csv", WARM), "ours")
    assert curve.monitors == ["node_cosine"]
    assert curve.warming.tolist() == [True, False, False]
    assert np.isnan(curve.columns["node_cosine"][0])


def test_a_curve_without_phases_was_never_warming(tmp_path: Path) -> None:
    curve = read_curve(written(tmp_path / "ots.csv", "step,loss\n50,3.5\n"), "ots")
    assert curve.monitors == []
    assert curve.warming.tolist() == [False]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "has no rows with step and loss"),
        ("step,loss\n", "has no rows with step and loss"),
        ("step,cosine\n50,1\n", "has no rows with step and loss"),
        ("step,loss\n50,nan\n", "column loss holds nan, not a finite number"),
        ("step,loss\n50,\n", "column loss holds an empty field"),
        ("step,loss\n50,high\n", "column loss holds no numbers"),
    ],
)
def test_a_bad_curve_names_the_fault_and_the_stage(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(UserError, match=f"{fault}.*run the train stage of row 'ours'"):
        read_curve(written(tmp_path / "ours.csv", text), "ours")


def test_a_missing_curve_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run the train stage of row 'ours'"):
        read_curve(tmp_path / "ours.csv", "ours")


def test_each_row_has_its_loss_and_its_own_monitors(tmp_path: Path, labels: Labels) -> None:
    curves = {
        "ours": read_curve(written(tmp_path / "ours.csv", WARM), "ours"),
        "ots": read_curve(
            written(tmp_path / "ots.csv", "step,loss,scale\n50,3,5\n100,2,6\n"), "ots"
        ),
    }
    figure = draw_curves(labels, curves, "synthetic")
    assert figure is not None
    # The monitors of nodes have a figure of their own.
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["OTS [4]\nloss", "OTS [4]\nscale", "Ours\nloss"]
    assert draw_curves(labels, {}, "synthetic") is None


def test_what_the_warm_start_does_not_log_begins_at_its_end(tmp_path: Path, labels: Labels) -> None:
    """With a warm start of 5,000 steps and 300 of its own, a monitor was a vertical line."""
    logged = "step,phase,loss,scale\n50,0,3.5,\n5000,0,2,\n5050,1,0.7,5\n5300,1,0.6,6\n"
    curves = {"ots": read_curve(written(tmp_path / "ots.csv", logged), "ots")}
    figure = draw_curves(labels, curves, "stills")
    assert figure is not None
    assert [axes.get_xlim() for axes in figure.axes] == [(0, 5300), (5000, 5300)]


def lengths(axes: Axes) -> list[float]:
    return [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]


def test_bars_show_chance_and_skip_sets_without_scores(labels: Labels) -> None:
    pair = {"half": 62.5, "cap": 40.0, "cap_swapped": 30.0}
    figure = draw_listening(labels, Results("synthetic", {"ours": {"pair": pair}, "ots": {}}))
    assert figure is not None
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["half, pair (%)", "gain, pair (points)"]
    assert np.asarray(figure.axes[0].lines[0].get_xdata()).tolist() == [50.0, 50.0]
    assert [lengths(axes) for axes in figure.axes] == [[62.5], [10.0]]
    assert draw_listening(labels, Results("music", {"ours": {"solo": {"ap": 5.0}}})) is None


def test_curves_and_bars_are_equal_bytes_again(tmp_path: Path, labels: Labels) -> None:
    curves = {"ours": read_curve(written(tmp_path / "ours.csv", WARM), "ours")}
    for name in ("first", "second"):
        figure = draw_curves(labels, curves, "synthetic")
        assert figure is not None
        style.save(figure, tmp_path / f"{name}.png", dots_per_inch=50)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def curve(**columns: list[float]) -> Curve:
    return Curve({name: np.array(values) for name, values in columns.items()})


def test_a_row_collapses_by_its_last_logged_value(settings: Settings) -> None:
    limits = settings.collapse
    low, high = limits.node_variance_min, limits.node_cosine_max
    nan = np.nan
    curves = {
        "corre": curve(step=[1, 2], node_cosine=[1.0, high - 0.01], node_variance=[0.0, 1.0]),
        "isi": curve(step=[1, 2, 3], node_cosine=[0.0, high + 0.01, nan]),
        "permute": curve(step=[1, 2], node_variance=[1.0, low / 2]),
        "ots": curve(step=[1, 2], loss=[1.0, 0.5]),
    }
    assert collapsed_rows(limits, curves) == {"isi", "permute"}


def test_monitors_begin_after_the_warm_start(
    tmp_path: Path, labels: Labels, settings: Settings
) -> None:
    curves = {
        "ours": read_curve(written(tmp_path / "ours.csv", WARM), "ours"),
        "ots": read_curve(written(tmp_path / "ots.csv", "step,loss\n50,3\n100,2\n"), "ots"),
    }
    figure = draw_monitors(labels, settings.collapse, curves, "synthetic")
    assert figure is not None
    (axes,) = figure.axes
    row, limit = axes.lines
    assert np.asarray(row.get_xdata()).tolist() == [50.0, 100.0]  # steps 100 and 150, 50 of warmth
    assert np.asarray(row.get_ydata()) == pytest.approx([0.9, 0.8])
    assert np.asarray(limit.get_ydata()).tolist() == [settings.collapse.node_cosine_max] * 2
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "Ours" in texts
    assert "OTS [4]" not in texts
    assert draw_monitors(labels, settings.collapse, {"ots": curves["ots"]}, "synthetic") is None


def test_own_phases_begin_after_the_warm_start() -> None:
    phased = curve(step=[1, 2, 3, 4, 5], phase=[0, 1, 1, 2, 2], loss=[5, 4, 3, 2, 1])
    assert phased.own_phases == [2.0, 4.0]
    assert curve(step=[1, 2], loss=[2, 1]).own_phases == [1.0]
