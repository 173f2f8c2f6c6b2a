"""docs/a-day.md, run from top to bottom: every command of it works, and does what the page says."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.buckets import CREDENTIALS, serving_bucket
from tests.toy_pipeline import ToyPipeline

PAGE = Path("docs/a-day.md").read_text(encoding="utf-8")
ADDRESS = "https://example.org"


def sections() -> dict[str, list[str]]:
    """Return title -> the blocks of commands below it."""
    parts = re.split(r"^## (.*)\n", PAGE, flags=re.MULTILINE)[1:]
    blocks = [re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for text in parts[1::2]]
    return dict(zip(parts[::2], blocks, strict=True))


SECTIONS = sections()
#: Sections that a test below runs; it would fail without its name here.
PROVED = ("Is all as it was?", "Another loss", "Back", "Several seeds", "A queue", "Comparing",
          "Keeping one", "Beside what you are doing", "A remote", "Readers", "S3")  # fmt: skip


def test_every_command_is_proved() -> None:
    """A step that is added to the page without a test would work only where it was written."""
    assert {title for title, blocks in SECTIONS.items() if blocks} == set(PROVED)


def ran(said: str) -> list[str]:
    """Return the stages that DVC ran."""
    return re.findall(r"Running stage '([^']+)'", said)


def trained(said: str) -> list[str]:
    return sorted(stage.removeprefix("train@") for stage in ran(said) if stage.startswith("train"))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToyPipeline]:
    """Return the project, as the researcher finds it in the morning and leaves it after a test."""
    made = ToyPipeline(tmp_path_factory.mktemp("day") / "project")
    # No proxy stands before the tests' servers, and no cloud machine is asked for a key.
    made.environment |= {"no_proxy": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true"}
    yield made


def follow(day: ToyPipeline, title: str) -> str:
    """Run all commands of a section."""
    return "".join(day.run(block) for block in SECTIONS[title])


def is_as_committed(day: ToyPipeline) -> bool:
    return day.run("git status --porcelain") == ""


@pytest.mark.slow
def test_in_the_morning_nothing_has_to_run(day: ToyPipeline) -> None:
    assert ran(follow(day, "Is all as it was?")) == []


@pytest.mark.slow
def test_another_loss_trains_one_row_and_the_way_back_trains_none(day: ToyPipeline) -> None:
    before = day.state()
    said = follow(day, "Another loss")
    assert trained(said) == ["ours"]
    assert "metrics/synthetic/ours.json" in said
    assert "metrics/synthetic/ots.json" not in said.partition("Path ")[2]
    assert ran(follow(day, "Back")) == []
    assert day.state() == before


@pytest.mark.slow
def test_several_seeds_train_every_row(day: ToyPipeline) -> None:
    before = day.state()
    assert trained(follow(day, "Several seeds")) == ["isi", "ots", "ours"]
    assert day.state() == before


@pytest.mark.slow
def test_queued_experiments_are_run_beside_the_workspace_and_compared(day: ToyPipeline) -> None:
    before = day.state()
    said = follow(day, "A queue")
    assert trained(said) == ["isi", "isi", "ours", "ours"], "OTS has no temperature of its own"
    assert day.state() == before
    said = follow(day, "Comparing")
    header = next(line for line in said.splitlines() if "Experiment" in line)
    assert len(header.strip("| ").split("|")) == 3, "a narrow table"
    assert "[tau-0.03]" in said
    assert "[tau-0.1]" in said
    assert re.search(r"^Path +Metric +tau-0.03 +tau-0.1 +Change", said, re.MULTILINE)
    charts = (day.folder / "dvc_plots/index.html").read_text()
    assert "tau-0.03" in charts
    assert "ours_csv" in charts
    assert re.search(r"^gate: .*tau-0\.1", said, re.MULTILINE), "the gate knows experiments"
    assert is_as_committed(day)


@pytest.mark.slow
def test_an_experiment_becomes_a_branch(day: ToyPipeline) -> None:
    follow(day, "Keeping one")
    assert "temperature: 0.1" in day.run("git show warmer:params.yaml")
    assert "tau-0.03" not in day.run("dvc exp list")


@pytest.mark.slow
def test_an_experiment_in_a_copy_leaves_the_workspace_alone(day: ToyPipeline) -> None:
    before = day.state()
    assert trained(follow(day, "Beside what you are doing")) == ["ours"]
    assert day.state() == before
    assert is_as_committed(day)


def clone_works(day: ToyPipeline, clone: str, folder: str) -> None:
    """Run a block that clones and pulls: nothing has to run, and another loss trains its row."""
    pulled, repro, experiment = clone.partition("dvc repro")
    day.run(pulled)
    there = day.folder.parent / folder
    assert day.state(there) == day.state()
    assert ran(day.run(repro, there)) == []
    assert trained(day.run(experiment, there)) == ["ours"]


@pytest.mark.slow
def test_a_colleague_gets_all_results_and_trains_only_what_is_new(day: ToyPipeline) -> None:
    push, clone = SECTIONS["A remote"]
    day.run(push)
    clone_works(day, clone, "colleague")


@pytest.mark.slow
def test_a_reader_needs_a_web_server_and_cannot_write_to_it(day: ToyPipeline) -> None:
    store = day.folder.parent / "store"
    handler = partial(SimpleHTTPRequestHandler, directory=str(store.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        (clone,) = SECTIONS["Readers"]
        clone_works(day, clone.replace(ADDRESS, f"http://127.0.0.1:{server.server_port}"), "reader")
        before = sorted(store.rglob("*"))
        day.run("! dvc push", day.folder.parent / "reader")
        assert sorted(store.rglob("*")) == before
        server.shutdown()


@pytest.mark.slow
def test_a_bucket_takes_the_place_of_the_folder(day: ToyPipeline) -> None:
    push, clone = SECTIONS["S3"]
    with serving_bucket("avloc-store") as address:
        day.environment |= CREDENTIALS
        day.run(push.replace(ADDRESS, address))
        clone_works(day, clone, "cloud")


@pytest.mark.slow
def test_tolerances_come_from_a_run_with_several_seeds(day: ToyPipeline) -> None:
    """docs/usage.md says that this prints what to paste into params.yaml."""
    day.run("dvc exp run -S 'seeds=[0,1]'")
    said = day.run("avloc tolerances --dataset synthetic --seeds 1")
    assert said.startswith("synthetic:\n  pair:\n    cap: 33.4\n")
    day.run("git checkout -q . && dvc checkout -q")
