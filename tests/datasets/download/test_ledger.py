"""The ledger: wrong if a crash loses more than one line, or another section's outcome counts."""

from pathlib import Path

import pytest

from avloc.datasets.download.ledger import Outcome, open_ledger
from avloc.errors import UserError

OK = Outcome("ok", "", 1, "videos/a.mp4", "00ff")
GONE = Outcome("gone", "private", 1, "", "")
FAILED = Outcome("failed", "network: no answer", 4, "", "")


def filled(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.record("a", "A 0-1", OK)
        ledger.record("b", "B 0-1", FAILED)
        ledger.record("b", "B 0-1", GONE)


def test_last_outcome_of_a_clip_counts(tmp_path: Path) -> None:
    filled(tmp_path / "ledger.jsonl")
    with open_ledger(tmp_path / "ledger.jsonl") as ledger:
        assert ledger.get("a", "A 0-1") == OK
        assert ledger.get("b", "B 0-1") == GONE
        assert ledger.get("c", "C 0-1") is None


def test_outcome_of_another_section_does_not_count(tmp_path: Path) -> None:
    filled(tmp_path / "ledger.jsonl")
    with open_ledger(tmp_path / "ledger.jsonl") as ledger:
        assert ledger.get("a", "A 5-6") is None
        assert ledger.has_clip("a")


@pytest.mark.parametrize("lost", [1, 5, 60])
def test_incomplete_last_line_costs_one_outcome_and_no_later_one(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "ledger.jsonl"
    filled(path)
    path.write_bytes(path.read_bytes()[:-lost])
    with open_ledger(path) as ledger:
        assert ledger.get("a", "A 0-1") == OK
        assert ledger.get("b", "B 0-1") == FAILED
        ledger.record("c", "C", GONE)
    with open_ledger(path) as ledger:
        assert ledger.get("c", "C") == GONE
        assert ledger.get("b", "B 0-1") == FAILED


def test_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    filled(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + "{}\n" + lines[1])
    with pytest.raises(UserError, match=r"ledger.jsonl line 2 is damaged; delete the line"):
        filled(path)


def test_two_runs_do_not_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avloc.datasets.download.ledger.GRACE_S", 0.1)
    with (
        open_ledger(tmp_path / "ledger.jsonl"),
        pytest.raises(UserError, match="is in use: another run"),
        open_ledger(tmp_path / "ledger.jsonl"),
    ):
        pass


def test_coverage_counts_the_word_without_the_details() -> None:
    assert (OK.missing_reason, GONE.missing_reason, FAILED.missing_reason) == (
        "",
        "private",
        "network",
    )
