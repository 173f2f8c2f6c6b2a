"""The three real data sets from nothing to tables, with real DVC, yt-dlp and ffmpeg.

A server on this machine stands for YouTube and the lists' homes. Wrong if a fault of it ends the
run, is taken for another one or goes uncounted, if a killed run loses what it had, or if a stage of
the chain cannot use what the one before it made of these data sets.
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

from tests.datasets.small_servings import FAULTS, MATERIAL, SERVED, Serving
from tests.projects import ROOT, Project, copy_project
from tests.servers import Server, serving

pytestmark = pytest.mark.slow

ABSENT = [path for path in MATERIAL if not path.exists()]
with_material = pytest.mark.skipif(bool(ABSENT), reason=f"not here: {', '.join(map(str, ABSENT))}")

#: The rows of each. OTS chooses its thresholds, by cross-fitting where no val scene is; the other
#: two learn from classes, of which VoxCeleb2's training clips have none.
ROWS = {
    "music": ["ours", "ots"],
    "vggsound-instruments": ["ours", "dsol"],
    "voxceleb2": ["ours", "sound-of-pixels"],
}
CONTROLS = ["control-fitted"]

#: Requests of yt-dlp for a whole video that is had: one to see what it is, one for its content.
OF_ONE = 2


def tiny(params: dict[str, Any]) -> dict[str, Any]:
    """Shrink every number that costs time or a wait."""
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
    params["render"]["intervals"]["draws"] = 50
    params["fetch"] |= {
        "parallel": 4, "pause_s": 0.0, "tries": 2, "backoff_s": 0.05, "timeout_s": 1.0,
    }  # fmt: skip
    return params


@dataclass(frozen=True)
class Chain:
    """A data set's run: killed in the middle of the download, then again and to the end.

    Parameters
    ----------
    settled
        Clips that the ledger had as ok or gone when the first run was killed.
    before, after
        Requests at the server, path by path, at the kill and at the end.
    """

    name: str
    project: Project
    serving: Serving
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
        runs = yaml.safe_load((ROOT / "params.yaml").read_text())["rows"]
        params["rows"] = {row: runs[row] for row in ROWS[name]}
        path.write_text(yaml.safe_dump(params, sort_keys=False))
        command = ["make", "reproduce", f"DATASET={name}", "-o", ".venv/ready"]
        settled, before = killed_in_the_download(project, name, command, server)
        project.run(*command)
        yield Chain(name, project, served, settled, before, server.requests.copy())


def ledger(project: Project, name: str) -> dict[str, dict[str, Any]]:
    """Return the last row of each clip."""
    path = project.folder / f"raw/{name}/ledger.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.is_file() else []
    return {row["id"]: row for row in map(json.loads, lines)}


def killed_in_the_download(
    project: Project, name: str, command: list[str], server: Server
) -> tuple[set[str], Counter[str]]:
    """Kill make and all that it started after three videos; return what was settled by then."""
    server.delay_s = 0.2
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env=project.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        while had(project, name) < 3 and running.poll() is None:
            time.sleep(0.02)
        assert running.poll() is None, "the first run ended by itself"
        os.killpg(running.pid, signal.SIGKILL)
    server.delay_s = 0.0
    while server.under_way:
        time.sleep(0.02)
    rows = ledger(project, name).items()
    return {id for id, row in rows if row["status"] != "failed"}, server.requests.copy()


def had(project: Project, name: str) -> int:
    return sum(row["status"] == "ok" for row in ledger(project, name).values())


@with_material
def test_nothing_that_was_settled_is_asked_for_again(chain: Chain) -> None:
    """Another run after a kill, a crash or a full night would begin anew."""
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
        whole = {id for id in asked if chain.serving.answers.get(id) == "ok"}
        # At most those that were under way at the kill are asked for twice.
        assert sum(asked[id] > OF_ONE for id in whole) <= 4


@with_material
def test_the_ledger_has_every_clip_and_why_it_is_missing(chain: Chain) -> None:
    expected = {
        id: ("ok", "") if answer == "ok" else FAULTS[answer]
        for id, answer in chain.serving.answers.items()
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
    listed, had, missing = Counter[str](), Counter[str](), Counter[str]()
    coverage = chain.json(f"data/{chain.name}/coverage.json")
    for split in ("train", "val", "test"):
        for count in coverage[split].values():
            listed[split] += count["listed"]
            had[split] += count["had"]
            missing.update(count["missing"])
    assert (listed, had) == (chain.serving.listed, chain.serving.had)
    faults = Counter(
        FAULTS[answer][1] for answer in chain.serving.answers.values() if answer in FAULTS
    )
    del faults[""]
    unlisted = listed.total() - len(chain.serving.answers) - sum(chain.serving.unasked.values())
    faults["removed"] += unlisted
    assert missing == faults + Counter(chain.serving.unasked)
    parts = ", ".join(f"{split} {had[split]} of {listed[split]}" for split in listed)
    line = f"Coverage: {parts} clips that the lists name."
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
    assert Counter((s["set"], s["split"]) for s in scenes) == chain.serving.scenes
    sets = {
        split: {name for name, of in chain.serving.scenes if of == split}
        for split in ("val", "test")
    }
    metrics = folder / "metrics" / chain.name
    assert {path.stem for path in metrics.glob("*.json")} == {*chain.rows, *CONTROLS}
    for path in metrics.rglob("*.json"):
        assert all(map(math.isfinite, numbers(json.loads(path.read_text())))), path
    for row in chain.rows:
        assert set(chain.json(f"metrics/{chain.name}/{row}.json")) == sets["test"]
    # There is nothing to fit a blob to where no val scene is.
    assert set(chain.json(f"metrics/{chain.name}/control-fitted.json")) == sets["val"]
    for row in chain.rows:
        with (folder / f"plots/{chain.name}/train/{row}.csv").open(newline="") as file:
            assert [line["step"] for line in csv.DictReader(file)][-1] == "20"
    # The paper's numbers of this very data set are not said to be of another one.
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
    """Or one command would not do, or do something to another data set."""
    clone = copy_project(tmp_path_factory.mktemp("fresh") / "project", lambda params: params)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    kinds = ["download", "extract", "scenes", "cache", "resolve", "render"]
    trained = set(params["rows"]) - set(params["datasets"]["music"]["leave_out"])
    rows = [f"{kind}@{row}" for row in trained for kind in ("train", "evaluate")]
    expected = {*kinds, *rows, *(f"control@{row}" for row in params["controls"])}
    # The others are copies of the same file; .ci/run looks at all.
    clone.run("python", "-m", "avloc.cli.pipelines", "--dataset", "music")
    listed = clone.stages("repro", "--dry", "--force", "pipelines/music/dvc.yaml")
    assert len(listed) == len(expected)
    assert set(listed) == {f"pipelines/music/dvc.yaml:{stage}" for stage in expected}
    changed = clone.run("git", "status", "--porcelain", "--untracked-files=all")
    assert changed.split() == ["??", "pipelines/music/dvc.yaml"]
