"""The page of `dvc plots show`: it draws without the network."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

from tests.report.browser import chromium

# Without types of their own.
render_html = importlib.import_module("dvc_render.html").render_html
VegaRenderer = importlib.import_module("dvc_render.vega").VegaRenderer

TEMPLATE = Path(".dvc/plots.html")


def test_dvc_is_told_of_the_page_and_it_asks_for_nothing() -> None:
    assert "html_template = plots.html" in Path(".dvc/config").read_text()
    text = TEMPLATE.read_text()
    assert "{plot_divs}" in text and "{scripts}" not in text, "DVC's scripts are on the network"
    assert set(re.findall(r"https?://[\w./]+", text)) == {"http://www.w3.org/2000/svg"}
    assert yaml.safe_load(Path("dvc.yaml").read_text())["plots"]


@pytest.mark.slow
def test_a_chart_of_dvc_is_drawn_with_a_line_for_each_revision(tmp_path: Path) -> None:
    """The charts were empty without the network."""
    points = [
        {"step": str(step), "loss": str(loss), "rev": rev}
        for rev, losses in (("main", (3, 2, 1)), ("tau", (3, 1, 0.5)))
        for step, loss in enumerate(losses)
    ]
    chart = VegaRenderer(points, "ours.csv", template="linear", x="step", y="loss",
                         anchors_y_definitions=[{"filename": "ours.csv", "field": "loss"}],
                         revs_with_datapoints=["main", "tau"])  # fmt: skip
    page = tmp_path / "index.html"
    render_html([chart], page, TEMPLATE.resolve())
    with chromium() as browser:
        browser.requests()
        browser.open(page, 1440)
        lines = browser.run(
            "return [...document.querySelectorAll('svg path[stroke-width]')]"
            ".map((path) => path.getAttribute('d').split('L').length);"
        )
        assert lines == [3, 3]
        assert [url for url in browser.requests() if not url.startswith("file:")] == []
        assert browser.faults() == []
