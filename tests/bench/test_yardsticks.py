"""The yardsticks: each runs and returns the figures that docs/speed.md explains."""

import importlib
import json
import math
import re
import sys
from pathlib import Path

import pytest
import torch

from bench import __main__ as command
from bench import growth_plot, machine
from bench.__main__ import YARDSTICKS
from bench.evaluate import defined_precision
from bench.sizes import TINY
from bench.timing import Rounds

PAGE = Path("docs/speed.md")

#: Name of a yardstick -> its figures.
FIGURES = {
    "checks": {"check_images", "check_log_mel", "check_loss", "check_steps"},
    "train_step": {
        "train_step_ratio", "train_step_ms", "release_step_ms", "matmul_share", "matmul_tflops",
    },
    "train_e2e": {
        "train_e2e_ratio", "train_e2e_over_step", "train_e2e_ms", "release_e2e_ms",
        "data_wait_share",
    },
    "loader": {
        "loader_ratio", "loader_ready_ratio", "loader_batch_ms", "loader_samples_s",
        "release_samples_s",
    },
    "memory": {"peak_rss_mb", "peak_rss_growth", "peak_own_mb", "peak_own_growth"},
    "extract": {"extract_ratio", "extract_video_s_per_cpu_s"},
    "cache": {"cache_ratio", "cache_whole_ratio", "cache_scenes_s"},
    "evaluate": {"evaluate_10k_s", "evaluate_paper_10k_s", "ap_error"},
    "growth": {"growth_extract", "growth_cache", "growth_epoch", "growth_evaluate"},
    "dvc_noop": {"dvc_noop_s"},
    "reproduce": {"reproduce_s"},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_yardstick_returns_its_figures(name: str, tmp_path: Path) -> None:
    """A key would be missing from the results, or not be a number."""
    yardstick = importlib.import_module(f"bench.{name}")
    found = yardstick.measure(TINY, torch.device("cpu"), tmp_path)
    assert FIGURES[name] <= found.keys()
    assert all(math.isfinite(value) for value in found.values()), found
    others = found.keys() - FIGURES[name]
    assert all(re.fullmatch(r"growth_\w+_\d+_s", key) for key in others), others
    if name == "evaluate":
        assert found["ap_error"] < 1e-12


def test_every_yardstick_runs_by_default() -> None:
    """`make bench` would leave one out."""
    files = {path.stem for path in Path("bench").glob("*.py") if "def measure(" in path.read_text()}
    assert files == set(YARDSTICKS) == set(FIGURES)


@pytest.mark.parametrize("key", sorted(set().union(*FIGURES.values()) | {"gpu_peak_mb"}))
def test_the_page_explains_every_key(key: str) -> None:
    """A reader of the results would have to read the code."""
    assert f"`{key}`" in PAGE.read_text()


def test_ratios_are_taken_within_a_round() -> None:
    """A machine that is slower for one round would change a ratio."""
    speed = 0.0
    speeds = iter([9.0, 1.0, 100.0, 3.0])  # of the rounds; the first warms up

    def slow() -> float:
        nonlocal speed
        speed = next(speeds)
        return 2 * speed

    rounds = Rounds({"slow": slow, "fast": lambda: speed}, 3)
    assert rounds.ratio("slow", "fast") == 2
    assert rounds.seconds("fast") == 3


def test_average_precision_by_its_definition() -> None:
    """What AP is compared with would be wrong itself; the value is that of scikit-learn's page."""
    truth, scores = torch.tensor([0, 0, 1, 1]).bool().numpy(), torch.tensor([0.1, 0.4, 0.35, 0.8])
    assert defined_precision(truth, scores.double().numpy()) == pytest.approx(5 / 6)


def test_the_plot_has_a_point_for_each_time(tmp_path: Path) -> None:
    """A stage would be missing from it, or its points be joined out of order."""
    found = {"growth_epoch": 1.0, "growth_epoch_32_s": 4.0, "growth_epoch_8_s": 1.0, "other_s": 2.0}
    assert growth_plot.times(found) == {"epoch": [(8, 1.0), (32, 4.0)]}
    growth_plot.draw(found, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text()
    growth_plot.draw(found, tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text() == drawn
    assert "epoch: 1.00" in drawn


def test_results_are_flat_and_without_a_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two runs of one commit would differ in more than their figures."""
    out = tmp_path / "figures.json"
    monkeypatch.setattr(importlib.import_module("bench.loader"), "measure", lambda *_: {"a": 0.25})
    options = ["bench", "--only", "loader", "--size", "tiny", "--device", "cpu", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", options)
    threads = torch.get_num_threads()
    command.main()
    torch.set_num_threads(threads)
    written = json.loads(out.read_text())
    header = machine.header(torch.device("cpu"), "tiny")
    assert written == header | {"a": 0.25}
    assert "a " in capsys.readouterr().out


def test_an_unknown_yardstick_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name would end in a traceback."""
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "loaders", "--device", "cpu"])
    with pytest.raises(SystemExit):
        command.main()
    assert "there is no yardstick 'loaders'" in capsys.readouterr().err
