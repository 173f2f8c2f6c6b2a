"""The page in a real browser, opened from disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avloc.evaluation.localised_scene import Kind, LocalisedScene
from avloc.evaluation.prediction import Prediction
from avloc.report.cells import Cell
from avloc.report.contents import Content
from avloc.report.labels import Labels
from avloc.report.page.assemble import page
from avloc.report.settings import Settings
from avloc.report.table import Table
from tests.report.browser import Browser, chromium
from tests.report.pages import data_of, small_content
from tests.report.test_page_parts import table

pytestmark = pytest.mark.slow

WIDTHS = (390, 1440)
THRESHOLDS = (0.1, 0.4, 0.75)

SLIDE = """
  const [threshold, done] = arguments;
  const slider = document.getElementById("threshold");
  slider.value = threshold;
  slider.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => requestAnimationFrame(() => done(Object.fromEntries(
    [...document.querySelectorAll(".card")].map(({ dataset }) => [dataset.row, Number(dataset.iou)])
  ))));
"""
CHOOSE = """
  const [set, number, done] = arguments;
  const select = document.getElementById("test-set");
  if (select.value !== set) {
    select.value = set;
    select.dispatchEvent(new Event("change"));
  }
  document.querySelector(`#strip button[data-number="${number}"]`).click();
  const shown = () => document.getElementById("scene-title").textContent === `Scene ${number}`
    && document.querySelector(".card[data-iou]");
  const look = () => shown() ? done(1) : setTimeout(look, 10);
  setTimeout(look, 50);
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def content(labels: Labels, settings: Settings) -> Content:
    return small_content(labels, settings)[0]


@pytest.fixture(scope="module")
def made(labels: Labels, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    content, sources = small_content(labels, settings)
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(content, [table_of_three()], sources, {}), encoding="utf-8")
    return path


def table_of_three() -> Table:
    """Return a table with rows of 5.1, no value and 9.3."""
    one = table(Cell("5.1", 5.1), Cell("–"))
    lines = [
        replace(one.lines[0], row=name, label=name, cells=(cell, Cell("–")))
        for name, cell in (("a", Cell("5.1", 5.1)), ("b", Cell("–")), ("c", Cell("9.3", 9.3)))
    ]
    return replace(one, lines=tuple(lines))


def expected(content: Content, row: str, name: str, number: int, threshold: float) -> float:
    """Return IoU or CIoU as the evaluate stage computes it."""
    masks = np.asarray(content.scenes[name].masks(number))
    maps = content.maps[row][name].maps[number].astype(np.float32)
    in_order = row == "dsol" and len(maps) > 1
    maps = maps[: len(masks)] if in_order else maps
    kind: Kind = "solo" if name == "solo" else "multi"
    prediction = Prediction(maps, maps.mean(axis=0, keepdims=True), in_order)
    return float(LocalisedScene(prediction, masks, kind, threshold).overlap)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_slider_shows_the_iou_of_the_metrics(
    browser: Browser, made: Path, content: Content, width: int
) -> None:
    browser.open(made, width)
    browser.settled()
    for name, test_set in data_of(made.read_text())["gallery"]["sets"].items():
        pixels = np.asarray(content.scenes[name].masks(0)).sum()
        for scene in (test_set["scenes"][0], test_set["scenes"][-1]):
            browser.post("execute/async", {"script": CHOOSE, "args": [name, scene["number"]]})
            for threshold in THRESHOLDS:
                found = browser.post("execute/async", {"script": SLIDE, "args": [threshold]})
                assert set(found) == set(scene["rows"])
                for row, value in found.items():
                    wanted = expected(content, row, name, scene["number"], threshold)
                    assert value == pytest.approx(wanted, abs=2 / pixels), (name, row, threshold)
    assert browser.faults() == []


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_asked_of_the_network_and_nothing_runs_out_of_the_page(
    browser: Browser, made: Path, width: int
) -> None:
    browser.requests()
    browser.open(made, width)
    browser.settled()
    assert [url for url in browser.requests() if not url.startswith("file:")] == []
    assert browser.faults() == []
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth;")


def test_a_sound_plays_and_stops(browser: Browser, made: Path) -> None:
    browser.open(made, 1440)
    browser.settled()
    script = """
      const done = arguments[0];
      const buttons = [...document.querySelectorAll("#sounds button")];
      buttons[0].click();
      const pressed = buttons[0].getAttribute("aria-pressed");
      buttons[1].click();
      const both = buttons.map((button) => button.getAttribute("aria-pressed"));
      setTimeout(() => done([buttons.length, pressed, both,
        buttons[1].getAttribute("aria-pressed")]), 1500);
    """
    count, pressed, both, after = browser.wait(script)
    assert [count, pressed, both, after] == [3, "true", ["false", "true", "false"], "false"]
    assert browser.faults() == []


def test_nodes_apart_and_what_is_found_are_drawn(browser: Browser, made: Path) -> None:
    browser.open(made, 1440)
    browser.settled()
    script = """
      const done = arguments[0];
      for (const [id, value] of [["layout", "apart"], ["extent", "found"]]) {
        document.getElementById(id).value = value;
        document.getElementById(id).dispatchEvent(new Event("input"));
      }
      requestAnimationFrame(() => requestAnimationFrame(() => done(Object.fromEntries(
        [...document.querySelectorAll(".card")].map((card) =>
          [card.dataset.row, card.querySelectorAll("canvas").length])))));
    """
    assert browser.wait(script) == {"dsol": 2, "ots": 1, "ours": 2}


def test_a_column_sorts_and_goes_back(browser: Browser, made: Path) -> None:
    """Rows without a value would stand on top."""
    browser.open(made, 1440)
    script = """
      const button = document.querySelector("table.scores thead button");
      const orders = [];
      for (let press = 0; press < 3; press++) {
        button.click();
        orders.push([...document.querySelectorAll("table.scores tbody tr:not(.section) th")]
          .map((cell) => cell.firstChild.textContent).join(""));
      }
      return orders;
    """
    assert browser.run(script) == ["cab", "acb", "abc"]


def test_a_node_shows_where_its_walk_ends(browser: Browser, made: Path) -> None:
    browser.open(made, 1440)
    browser.settled()
    script = """
      const starts = document.querySelectorAll("#walk .start");
      const texts = () => [...document.querySelectorAll("#walk svg > .node")].map((text) =>
        Number(text.textContent));
      const before = texts();
      starts[0].dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
      return [before, texts(), starts[0].getAttribute("aria-pressed")];
    """
    before, after, pressed = browser.run(script)
    assert pressed == "true"
    assert after[0] == before[0]
    assert sum(after) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, made: Path, width: int, scheme: str) -> None:
    """People who see little, or use no mouse, could not read or use the page."""
    browser.open(made, width, scheme)
    browser.settled()
    browser.run(
        "for (const part of document.querySelectorAll('details')) part.open = true;"
        "const layout = document.getElementById('layout');"
        "layout.value = 'apart'; layout.dispatchEvent(new Event('input'));"
    )
    browser.settled()
    assert browser.accessibility_faults() == []


def test_axe_would_find_a_fault(browser: Browser, made: Path) -> None:
    browser.open(made, 1440)
    browser.settled()
    browser.run("document.body.append(document.createElement('button'));")
    assert any("critical" in fault for fault in browser.accessibility_faults())


def test_controls_have_names_and_text_has_contrast(browser: Browser, made: Path) -> None:
    """A screen reader would say "button" and "slider" only."""
    script = """
      const named = (node) =>
        node.getAttribute("aria-label") || node.textContent.trim() || (node.labels || []).length;
      const kinds = "button, select, input, canvas, [role=img], [role=button]";
      return [...document.querySelectorAll(kinds)]
        .filter((node) => node.checkVisibility() && !named(node))
        .map((node) => node.outerHTML.slice(0, 80));
    """
    contrast = """
      const light = (text) => {
        const parts = text.match(/[0-9.]+/g).slice(0, 3).map((part) => Number(part) / 255)
          .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const ground = (node) => {
        const own = getComputedStyle(node).backgroundColor;
        return own.startsWith("rgba(0, 0, 0, 0") ? ground(node.parentElement) : own;
      };
      const kinds = "p, th, td, button, label, figcaption, small, summary, a";
      return [...document.querySelectorAll(kinds)]
        .filter((node) => node.checkVisibility() && node.textContent.trim())
        .map((node) => {
          const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
          return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.textContent.slice(0, 40)];
        })
        .filter(([ratio]) => ratio < 4.5);
    """
    for scheme in ("light", "dark"):
        browser.open(made, 1440, scheme)
        browser.settled()
        assert browser.run(script) == []
        assert browser.run(contrast) == []
