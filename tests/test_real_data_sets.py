"""The three real data sets from nothing to tables, with real DVC, yt-dlp and ffmpeg.

A server on this machine stands in for YouTube and GitHub. Wrong if a fault of the server ends the
run, is taken for another one or is not counted, if a killed run loses finished videos, or if a
stage cannot use the results of the stage before it.
"""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.datasets.served_data_sets import FAULTS, MATERIAL, SERVED, ServedDataSet
from tests.projects import ROOT, Project, copy_project
from tests.servers import Server, serving

pytestmark = pytest.mark.slow

ABSENT = [path for path in MATERIAL if not path.exists()]
with_material = pytest.mark.skipif(bool(ABSENT), reason=f"not here: {', '.join(map(str, ABSENT))}")

#: The rows of each. OTS chooses its thresholds, by cross-fitting where there is no val scene; the
#: other two learn from classes, which VoxCeleb2's training clips do not have.
ROWS = {
    "music": ["ours", "ots"],
    "vggsound-instruments": ["ours", "dsol"],
    "voxceleb2": ["ours", "sound-of-pixels"],
}
CONTROLS = ["control-fitted"]

#: Requests of yt-dlp for a whole video: one to see what it is, one for its content.
REQUESTS_PER_VIDEO = 2


def tiny(params: dict[str, Any]) -> dict[str, Any]:
    """Shrink every number that costs time."""
    for name in SERVED:
        block = params["datasets"][name]
        block["image_px"] = 48
        block["videos_per_shard"] = 4
        block["scenes"] = {
            kind: {split: min(8, count) for split, count in counts.items()}
            for kind, counts in block["scenes"].items()
        }
        block["overrides"]["net"] = {"width": 4, "image_weights": "random"}
        block["overrides"]["train"] = {"steps": 20, "batch_size": 4, "log_every": 5}
    params["controls"] = {name: params["controls"][name] for name in CONTROLS}
    params["report"]["intervals"]["draws"] = 50
    params["fetch"] |= {
        "parallel": 4, "pause_s": 0.0, "tries": 2, "backoff_s": 0.05, "timeout_s": 1.0,
    }  # fmt: skip
    return params


@dataclass(frozen=True)
class Chain:
    """A run over a data set: killed in the middle of the download, and then run to the end.

    Parameters
    ----------
    settled
        Clips that were ok or gone in the ledger when the first run was killed.
    before, after
        Path -> requests at the server, at the kill and at the end.
    """

    name: str
    project: Project
    served: ServedDataSet
    settled: set[str]
    before: Counter[str]
    after: Counter[str]

    @property
    def rows(self) -> list[str]:
        return ROWS[self.name]

    def json(self, name: str) -> Any:
        return json.loads((self.project.folder / name).read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = copy_project(tmp_path_factory.mktemp("real") / "project", tiny)
    made.environment |= {"no_proxy": "127.0.0.1", "OMP_NUM_THREADS": "1"}
    (made.folder / ".venv").symlink_to(sys.prefix)  # where make looks for the environment
    return made


@pytest.fixture(scope="module", params=SERVED)
def chain(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chain]:
    name = request.param
    with serving() as server:
        served = SERVED[name](project, server, tmp_path_factory.mktemp(name))
        path = project.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        params["fetch"] |= {"video_url": server.video_url, "mirrors": dict(served.mirrors)}
        params["datasets"][name]["source"] |= served.source
        rows = yaml.safe_load((ROOT / "params.yaml").read_text())["rows"]
        params["rows"] = {row: rows[row] for row in ROWS[name]}
        path.write_text(yaml.safe_dump(params, sort_keys=False))
        command = ["make", "reproduce", f"DATASET={name}", "-o", ".venv/ready"]
        settled, before = killed_in_the_download(project, name, command, server)
        project.run(*command)
        yield Chain(name, project, served, settled, before, server.requests.copy())


def ledger(project: Project, name: str) -> dict[str, dict[str, Any]]:
    """Return the last line of each clip."""
    path = project.folder / f"raw/{name}/ledger.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.is_file() else []
    return {row["id"]: row for row in map(json.loads, lines)}


def killed_in_the_download(
    project: Project, name: str, command: list[str], server: Server
) -> tuple[set[str], Counter[str]]:
    """Kill make and all its processes after three videos; return what was settled by then."""
    server.delay_s = 0.2
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env=project.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        while downloaded(project, name) < 3 and running.poll() is None:
            time.sleep(0.02)
        assert running.poll() is None, "the first run ended by itself"
        os.killpg(running.pid, signal.SIGKILL)
    server.delay_s = 0.0
    while server.under_way:
        time.sleep(0.02)
    rows = ledger(project, name).items()
    return {id for id, row in rows if row["status"] != "failed"}, server.requests.copy()


def downloaded(project: Project, name: str) -> int:
    return sum(row["status"] == "ok" for row in ledger(project, name).values())


@with_material
def test_no_settled_clip_is_requested_again(chain: Chain) -> None:
    """Every run after a kill or a crash would begin from nothing."""
    assert 3 <= len(chain.settled) < len(ledger(chain.project, chain.name))
    rows = ledger(chain.project, chain.name)
    paths = {id: f"watch/{rows[id]['asked'][:11]}.mp4" for id in chain.settled}
    assert {id: chain.after[path] for id, path in paths.items()} == {
        id: chain.before[path] for id, path in paths.items()
    }
    lists = [path for path in chain.after if not path.startswith("watch/")]
    assert lists and {chain.after[path] for path in lists} == {1}
    if chain.name == "music":
        asked = {id: chain.after[f"watch/{id}.mp4"] for id in rows if id not in chain.settled}
        whole = {id for id in asked if chain.served.behaviours.get(id) == "ok"}
        # At most those in progress at the kill are requested twice.
        assert sum(asked[id] > REQUESTS_PER_VIDEO for id in whole) <= 4


@with_material
def test_the_ledger_has_every_clip_and_the_reason_if_it_is_missing(chain: Chain) -> None:
    expected = {
        id: ("ok", "") if answer == "ok" else FAULTS[answer]
        for id, answer in chain.served.behaviours.items()
    }
    rows = ledger(chain.project, chain.name)
    found = {id: (row["status"], row["reason"].partition(":")[0]) for id, row in rows.items()}
    assert {id: found.pop(id) for id in expected} == expected
    assert set(found.values()) <= {("gone", "removed")}
    folder = chain.project.folder / "raw" / chain.name
    assert all((folder / row["path"]).is_file() for row in rows.values() if row["path"])
    assert {path.suffix for path in (folder / "videos").iterdir()} == {".mp4"}


@with_material
def test_coverage_is_counted_and_stands_under_every_table(chain: Chain) -> None:
    named, available, missing = Counter[str](), Counter[str](), Counter[str]()
    coverage = chain.json(f"data/{chain.name}/coverage.json")
    for split in ("train", "val", "test"):
        for count in coverage[split].values():
            named[split] += count["clips"]
            available[split] += count["available"]
            missing.update(count["missing"])
    assert (named, available) == (chain.served.catalogue, chain.served.available)
    faults = Counter(
        FAULTS[answer][1] for answer in chain.served.behaviours.values() if answer in FAULTS
    )
    del faults[""]
    others = named.total() - len(chain.served.behaviours) - sum(chain.served.not_requested.values())
    faults["removed"] += others
    assert missing == faults + Counter(chain.served.not_requested)
    parts = ", ".join(f"{split} {available[split]} of {named[split]}" for split in named)
    line = f"Coverage: {parts} clips of the catalogue are available."
    tables = chain.project.folder / f"plots/{chain.name}/tables"
    scored = [path for path in tables.glob("*.md") if path.stem != "coverage"]
    assert {path.stem for path in scored} >= {"table1", "table2", "table3", "listening"}
    assert all(line in path.read_text() for path in scored)
    page = (tables / "coverage.md").read_text()
    assert all(f"{reason} {times}" in page for reason, times in missing.items())


@with_material
def test_rows_are_trained_scored_and_rendered(chain: Chain) -> None:
    folder = chain.project.folder
    scenes = chain.json(f"data/{chain.name}/scenes.json")
    assert Counter((s["set"], s["split"]) for s in scenes) == chain.served.scenes
    sets = {
        split: {name for name, of in chain.served.scenes if of == split}
        for split in ("val", "test")
    }
    metrics = folder / "metrics" / chain.name
    assert {path.stem for path in metrics.glob("*.json")} == {*chain.rows, *CONTROLS}
    for path in metrics.rglob("*.json"):
        assert all(map(math.isfinite, numbers(json.loads(path.read_text())))), path
    for row in chain.rows:
        assert set(chain.json(f"metrics/{chain.name}/{row}.json")) == sets["test"]
    # Without val scenes, there is nothing to fit a blob to.
    assert set(chain.json(f"metrics/{chain.name}/control-fitted.json")) == sets["val"]
    for row in chain.rows:
        with (folder / f"plots/{chain.name}/train/{row}.csv").open(newline="") as file:
            assert [line["step"] for line in csv.DictReader(file)][-1] == "20"
    # The note must not say that the paper's numbers are of another data set.
    table = "table1" if chain.name == "music" else "table2"
    text = (folder / f"plots/{chain.name}/tables/{table}.md").read_text()
    assert "the same data set, though not the same training clips" in text
    figures = {path.name for path in (folder / f"plots/{chain.name}/figures").glob("*.png")}
    assert ("figure4.png" if chain.name == "music" else "figure3.png") in figures


def numbers(content: Any) -> Iterator[float]:
    """Yield every number of a JSON value, however deep."""
    if isinstance(content, dict):
        content = [*content.values()]
    if isinstance(content, list):
        for part in content:
            yield from numbers(part)
    elif isinstance(content, int | float):
        yield content


def test_a_fresh_clone_lists_the_right_stages_and_no_others(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Otherwise one command would not be enough, or would change another data set."""
    clone = copy_project(tmp_path_factory.mktemp("fresh") / "project", lambda params: params)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    kinds = ["download", "extract", "scenes", "cache", "check", "resolve", "render"]
    trained = set(params["rows"]) - set(params["datasets"]["music"]["leave_out"])
    rows = [f"{kind}@{row}" for row in trained for kind in ("train", "evaluate")]
    expected = {*kinds, *rows, *(f"control@{row}" for row in params["controls"])}
    # The others are copies of the same file; .ci/run looks at all.
    clone.run("python", "-m", "avloc", "pipelines", "--dataset", "music")
    listed = clone.stages("repro", "--dry", "--force", "pipelines/music/dvc.yaml")
    assert len(listed) == len(expected)
    assert set(listed) == {f"pipelines/music/dvc.yaml:{stage}" for stage in expected}
    changed = clone.run("git", "status", "--porcelain", "--untracked-files=all")
    assert changed.split() == ["??", "pipelines/music/dvc.yaml"]
