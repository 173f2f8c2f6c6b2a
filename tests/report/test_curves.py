"""Training curves and listening bars: what is read, what is refused, what is drawn."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
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
    # A quantity that was logged twice is no curve.
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["warm start: Eqs. 3, 7", "loss: logistic\nOTS [4]", "loss: Eq. 4\nOurs"]
    assert draw_curves(labels, {}, "synthetic") is None


def test_rows_share_a_panel_only_if_they_lower_the_same_loss(labels: Labels) -> None:
    """A loss of a thousand would flatten one of a half, and two that differ would be compared."""
    logged = curve(step=[1, 2, 3, 4], loss=[4, 3, 2, 1], scale=[5.01, 5.02, 5.03, 5.04])
    curves = dict.fromkeys(("ots", "ots-mix", "attention", "ours", "ours-3", "ours-plus"), logged)
    figure = draw_curves(labels, curves, "synthetic")
    assert figure is not None
    found = {axes.get_title(loc="left"): len(axes.lines) // 2 for axes in figure.axes}
    assert found["loss: logistic"] == 2 and found["scale"] == 2
    assert found["loss: margin of\ndistances\nAttention [39]"] == 1
    assert found["loss: Eq. 4"] == 2 and found["loss: Eq. 4 plus Eq. 3\nOurs-plus"] == 1


def test_another_loss_moves_a_row_to_its_panel(labels: Labels) -> None:
    """`-S loss=isi` would draw Eq. 6 in the panel of Eq. 4."""
    trained = {"method": "mixloc", "loss": "isi", "nodes": 2}
    run = labels.for_rows({"ours": trained, "mine": {"method": "mixloc", "loss": "new"}}, [])
    assert run.loss_of("ours") == labels.loss_of("isi") == "Eq. 6"
    assert run.loss_of("mine") == "mixloc new"


def test_own_training_begins_at_the_end_of_the_warm_start(tmp_path: Path, labels: Labels) -> None:
    """With a warm start of 5,000 steps and 300 of its own, a curve was a vertical line."""
    logged = "step,phase,loss\n50,0,3.5\n5000,0,2\n5050,1,0.7\n5300,1,0.6\n"
    curves = {"ots": read_curve(written(tmp_path / "ots.csv", logged), "ots")}
    figure = draw_curves(labels, curves, "stills")
    assert figure is not None
    steps = [np.asarray(axes.lines[-1].get_xdata()).tolist() for axes in figure.axes]
    assert steps == [[50, 5000], [50, 300]]


def lengths(axes: Axes) -> list[float]:
    return [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]


def test_bars_show_chance_and_skip_sets_without_scores(labels: Labels) -> None:
    pair = {"half": 62.5, "cap": 40.0, "cap_swapped": 30.0}
    figure = draw_listening(labels, Results("synthetic", {"ours": {"pair": pair}, "ots": {}}))
    assert figure is not None
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["half, pair", "gain, pair"]
    assert np.asarray(figure.axes[0].lines[0].get_xdata()).tolist() == [50.0, 50.0]
    assert [lengths(axes) for axes in figure.axes] == [[62.5], [10.0]]
    assert draw_listening(labels, Results("music", {"ours": {"solo": {"ap": 5.0}}})) is None


def test_bars_have_the_error_over_seeds_and_ours_stands_out(labels: Labels) -> None:
    pair = {"half": 62.5, "cap": 40.0, "cap_swapped": 30.0}
    errors = {"pair": {"half_se": 2.5, "gain_se": 1.5}}
    metrics = {"ours": {"pair": pair}, "ots": {"pair": pair}}
    figure = draw_listening(labels, Results("synthetic", metrics, {"ours": errors, "ots": {}}))
    assert figure is not None
    half, gain = figure.axes
    lines = [axes.collections[0].get_paths()[0].vertices for axes in (half, gain)]
    ends = [np.asarray(line)[:, 0].tolist() for line in lines]
    assert ends == [[60.0, 65.0], [8.5, 11.5]]
    assert len(half.collections) == 1, "one seed has no error"
    weights = {text.get_text(): text.get_fontweight() for text in half.get_yticklabels()}
    assert weights == {"OTS [4]": "normal", "Ours": "bold"}
    assert to_rgb(half.patches[1].get_facecolor()[:3]) == style.PROPOSED


@pytest.mark.slow
def test_curves_and_bars_are_equal_bytes_again(tmp_path: Path, labels: Labels) -> None:
    curves = {"ours": read_curve(written(tmp_path / "ours.csv", WARM), "ours")}
    for name in ("first", "second"):
        figure = draw_curves(labels, curves, "synthetic")
        assert figure is not None
        for ending in ("png", "pdf"):
            style.save(figure, tmp_path / f"{name}.{ending}", dots_per_inch=50)
    for ending in ("png", "pdf"):
        first, second = (tmp_path / f"{name}.{ending}" for name in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


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
    axes, legend = figure.axes
    row, limit = axes.lines
    assert np.asarray(row.get_xdata()).tolist() == [50.0, 100.0]  # steps 100 and 150, 50 of warmth
    assert np.asarray(row.get_ydata()) == pytest.approx([0.9, 0.8])
    assert np.asarray(limit.get_ydata()).tolist() == [settings.collapse.node_cosine_max] * 2
    key = legend.get_legend()
    assert key is not None
    texts = [text.get_text() for text in key.get_texts()]
    assert "Ours" in texts
    assert "OTS [4]" not in texts
    assert draw_monitors(labels, settings.collapse, {"ots": curves["ots"]}, "synthetic") is None


def test_own_phases_begin_after_the_warm_start() -> None:
    phased = curve(step=[1, 2, 3, 4, 5], phase=[0, 1, 1, 2, 2], loss=[5, 4, 3, 2, 1])
    assert phased.own_phases == [2.0, 4.0]
    assert curve(step=[1, 2], loss=[2, 1]).own_phases == [1.0]
