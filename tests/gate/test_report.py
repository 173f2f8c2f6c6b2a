"""What the gate says, on a terminal and in a comment."""

from avloc.config.blocks import Gate
from avloc.gate.comparison import Comparison, compare
from avloc.gate.report import LIMIT, page, summary
from avloc.gate.scores import Row, Scores

GATE = Gate(lower_is_better=(), fixed_maps=0.1, unmeasured=5.0, mean_share=0.5, tolerances={})


def compared(rows: int, now: float) -> Comparison:
    before: Scores = {Row("d", f"r{i}"): {"pair": {"cap": 50.0}} for i in range(rows)}
    after: Scores = {Row("d", f"r{i}"): {"pair": {"cap": now, "new": 1.0}} for i in range(rows)}
    return compare(before, after, GATE, ())


def test_a_metric_that_many_rows_have_newly_is_one_line() -> None:
    assert summary(compared(3, 60.0), "HEAD").splitlines() == [
        "gate: none of 3 metrics of 3 rows is worse than in HEAD by more than its tolerance; "
        "3 are better by more than it",
        "  new, not compared: d, pair.new of rows r0, r1, r2",
    ]


def test_worse_metrics_come_first_and_are_marked() -> None:
    before: Scores = {Row("d", "r"): {"pair": {"a": 50.0, "b": 50.0, "c": 50.0}}}
    after: Scores = {Row("d", "r"): {"pair": {"a": 90.0, "b": 40.0, "c": 50.0}}}
    lines = page(compare(before, after, GATE, ()), "HEAD", "").splitlines()
    table = [line.split()[:4] for line in lines if ": pair." in line and "allowed" not in line]
    assert table == [["!", "d,", "row", "r:"], ["d,", "row", "r:", "pair.a"]]
    assert "2 metrics changed, of 3:" in lines


def test_nothing_changed_is_said() -> None:
    assert "No metric changed." in page(compared(2, 50.0), "HEAD", "")


def test_a_report_fits_into_a_comment() -> None:
    """GitHub refuses a comment of more than 65,536 letters, and the change would go unseen."""
    long = page(compared(3000, 10.0), "HEAD", "+ table\n" * 20_000)
    assert len(long) < LIMIT + 100
    assert "... cut" in long
