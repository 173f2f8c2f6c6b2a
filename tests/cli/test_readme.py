"""The README shows what the pipeline wrote, and names only what is there."""

import re
from pathlib import Path

import pytest

from avloc import paths
from avloc.cli.readme import README, with_tables

TEXT = README.read_text()
USAGE = Path("docs/usage.md").read_text()
LOCALIZE = Path("docs/localize.md").read_text()

#: Commands of the README, of docs/usage.md and of docs/localize.md, and where they are run; "..."
#: stands for any arguments or value.
RUN_BY = {
    "make reproduce": ".ci/run",
    "make reproduce JOBS=...": ".ci/run",
    "make reproduce DATASET=music": "tests/test_real_data_sets.py",
    "make reproduce DATASET=vggsound-instruments": "tests/test_real_data_sets.py",
    "make reproduce DATASET=voxceleb2": "tests/test_real_data_sets.py",
    "make test": ".ci/run",
    "make demo": ".ci/run",
    "make gate": ".ci/run",
    "make experiments ROW=...": ".ci/run",
    "make pipeline DATASET=...": ".ci/run",
    "make seeds SEEDS=...": "tests/test_pipeline.py",
    ". .venv/bin/activate": ".ci/run",
    "dvc repro --dry --force ...": ".ci/run",
    "dvc exp run -S loss=isi": "tests/test_pipeline.py",
    "dvc metrics diff": "tests/test_pipeline.py",
    "dvc plots show": "tests/test_pipeline.py",
    "git checkout . && dvc checkout": "tests/test_pipeline.py",
    "avloc localize my.mp4": "tests/cli/test_localise.py",
    "avloc localize photo.jpg --audio ...": "tests/cli/test_localise.py",
    "avloc localize my.mp4 --...": "tests/cli/test_localise.py",
    "avloc level ...": "tests/test_pipeline.py",
    "avloc models": "tests/cli/test_main.py",
    "avloc models card ours-plus": "tests/cli/test_main.py",
    "avloc validate ...": "tests/test_pipeline.py",
    "avloc tolerances ...": "tests/test_day.py",
    "dvc exp run -S 'datasets.local.source.videos=...": "tests/test_user_files.py",
}


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT + USAGE + LOCALIZE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def is_run(command: str) -> bool:
    given = command.partition("#")[0].strip()
    return any(
        given.startswith(known[:-3]) if known.endswith("...") else given == known
        for known in RUN_BY
    )


@pytest.mark.parametrize("command", commands())
def test_every_command_is_run_somewhere(command: str) -> None:
    """A reader would be the first who tries it."""
    assert is_run(command), f"who runs {command!r}?"


@pytest.mark.parametrize("command", ["make test-all", "make tests", "make", "make test FAST=1"])
def test_a_command_that_only_begins_like_one_is_not_run(command: str) -> None:
    """`make test-all` stood in the project for months."""
    assert not is_run(command)


@pytest.mark.parametrize(("command", "runner"), RUN_BY.items())
def test_runners_still_run_them(command: str, runner: str) -> None:
    text = Path(runner).read_text()
    words = [word for word in re.split(r"[\s='\"]+", command) if re.search(r"\w{2}", word)]
    assert all(word in text for word in words), f"{runner} no longer runs {command!r}"


def test_tables_are_those_that_were_rendered() -> None:
    assert with_tables(TEXT, paths.tables("synthetic")) == TEXT, "run `make readme`"


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_links_lead_somewhere(link: str) -> None:
    assert Path(link).exists()
