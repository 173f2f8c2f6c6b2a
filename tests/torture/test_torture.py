"""A small `make torture`: a few kills of a toy pipeline, and a few damaged videos."""

import random
from pathlib import Path

import pytest

from tests.projects import Project
from tests.torture import kills, mutations
from tests.torture.project import differences
from tests.toy_pipeline import ToyPipeline


@pytest.mark.slow
def test_a_killed_pipeline_ends_as_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill would leave half-written files, locks that need a human, or other results."""
    toy = ToyPipeline(tmp_path / "reference")
    reference = Project(toy.folder)
    reference.environment = toy.environment
    monkeypatch.setattr(kills, "STAGES", ("download", "train", "render"))
    monkeypatch.setattr(kills, "LOCK_EVERY", 2)
    tally = kills.torture(reference, {}, tmp_path / "killed", 3, seed=0, say=print)
    assert (tally.stages.total(), tally.cut, tally.runs) == (3, 1, 1)


@pytest.mark.slow
def test_damaged_videos_end_in_a_ledger_row_or_a_sentence(tmp_path: Path) -> None:
    said = mutations.torture(tmp_path, 30, seed=1, say=print)
    assert said.startswith("30 mutations (")
    assert "unusable" in said


def test_damage_is_that_of_the_seed() -> None:
    """A failure could not be repeated."""
    content = bytes(range(256)) * 10
    found = [mutations.mutate(content, random.Random(seed)) for seed in range(60)]
    assert found == [mutations.mutate(content, random.Random(seed)) for seed in range(60)]
    assert len({kind for kind, _ in found}) == 7
    assert sum(changed != content for _, changed in found) > 50


def test_what_a_kill_leaves_is_seen() -> None:
    expected = {"a": "1", "b": "2", "c": "3"}
    found = {"a": "1", "b": "0", "data/.a.json.12-abcdefgh.json": "1"}
    assert differences(expected, found) == [
        "c is missing",
        "data/.a.json.12-abcdefgh.json is left over",
        "b differs",
        "data/.a.json.12-abcdefgh.json is half-written",
    ]
