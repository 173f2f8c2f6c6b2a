"""The paper's numbers, typed a second time, line by line as its tables are printed."""

import re

import pytest

from avloc.config import params
from avloc.report.labels import Labels
from avloc.report.paper import PrintedScore

# Table 1: MUSIC-Solo, MUSIC-Synthetic, MUSIC-Duet.
TABLE_1 = """
dsol          -    43.6 51.4 -     -    23.5  32.3  -     -    22.1  30.2
sound-of-pixels -    43.3 40.5 -     -    11.8  8.1   -     -    16.8  16.8
ots           69.3 35.8 26.1 11.4  17.6 10.2  3.7   35.4  42.8 18.3  13.2
ots-mix       53.8 33.9 17.5 16.9  27.4 7.3   0     23.8  28.2 12.0  2.0
attention     -    38.7 37.2 -     -    12.3  6.4   -     -    19.4  21.5
dmc           -    38.0 29.1 -     -    16.3  7.0   -     -    21.1  17.3
ours          67.9 40.6 29.2 34.0* 39.7 20.2* 21.3* 47.4* 53.9 21.2* 26.3*
"""
# Table 2: single source, multiple sources.
TABLE_2_VGGSOUND = """
ots           47.3 24.5 25.7 23.2  37.6 10.8  51.1
ots-mix       37.0 20.9 24.9 18.1  30.7 10.8  50.7
ours          44.7 32.1 49.6 21.5* 37.4 15.5* 73.1*
"""
TABLE_2_VOXCELEB2 = """
ots           43.9 23.5 6.2  20.4  32.6 7.0   15.8
ots-mix       21.4 6.4  6.2  10.7  18.2 4.1   15.8
ours          46.1 27.7 35.4 20.1* 35.4 14.2* 17.4*
"""
# Table 3: MUSIC-Synthetic, MUSIC-Duet.
TABLE_3 = """
corre         12.6  16.0 7.3   0.0   19.3  21.1 17.8  7.7
isi           11.0  16.4 7.3   0.0   19.7  24.9 17.5  7.6
permute       18.2* 24.4 9.1*  0.4*  24.0* 28.1 19.5* 12.4*
ours          34.0* 39.7 20.2* 21.3* 47.4* 53.9 21.2* 26.3*
"""


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (TABLE_1, ("music-solo", "music-synthetic", "music-duet")),
        (TABLE_2_VGGSOUND, ("vggsound-single", "vggsound-multiple")),
        (TABLE_2_VOXCELEB2, ("voxceleb2-single", "voxceleb2-multiple")),
        (TABLE_3, ("music-synthetic", "music-duet")),
    ],
)
def test_paper_yaml_holds_what_the_paper_prints(
    labels: Labels, text: str, parts: tuple[str, ...]
) -> None:
    for line in text.strip().splitlines():
        row, *numbers = line.split()
        stored = [labels.paper[part].scores[row] for part in parts]
        # The dagger is ours, and the dash is one of ours, too.
        assert re.sub("†", "", " ".join(stored)).replace("–", "-").split() == numbers


def test_numbers_belong_to_data_sets_that_there_are(labels: Labels) -> None:
    """Or a table would say of the paper's own data set that it is another one."""
    of = {part: paper.dataset for part, paper in labels.paper.items()}
    assert set(of.values()) == {"music", "vggsound-instruments", "voxceleb2"}
    assert set(of.values()) <= set(params.load().datasets)


def test_no_part_has_a_row_that_the_paper_lacks(labels: Labels) -> None:
    rows = {part: list(paper.scores) for part, paper in labels.paper.items()}
    assert rows["music-solo"] == [line.split()[0] for line in TABLE_1.strip().splitlines()]
    assert rows["vggsound-single"] == rows["voxceleb2-multiple"] == ["ots", "ots-mix", "ours"]
    assert rows["music-duet"] == rows["music-synthetic"]
    assert len(rows["music-duet"]) == 10


def test_daggers_mark_the_columns_copied_from_reference_24(labels: Labels) -> None:
    copied = {
        (part, row, metric)
        for part, paper in labels.paper.items()
        for row in paper.scores
        for metric, score in zip(paper.metric_names, paper.printed(row) or (), strict=True)
        if score.copied
    }
    assert copied == {
        (part, row, metric)
        for part, metrics in (
            ("music-solo", ("auc", "iou@0.5")),
            ("music-synthetic", ("auc", "ciou@0.3")),
            ("music-duet", ("auc", "ciou@0.3")),
        )
        for row in ("dsol", "sound-of-pixels", "ots", "attention", "dmc")
        for metric in metrics
    }


def test_a_printed_score_keeps_digits_and_marks(labels: Labels) -> None:
    scores = labels.paper["music-synthetic"]
    assert scores.printed("ours") is not None
    assert (scores.printed("ours") or ())[0] == PrintedScore("34.0", star=True)
    assert (scores.printed("ots-mix") or ())[3] == PrintedScore("0")
    assert (scores.printed("dsol") or ())[0] == PrintedScore(None)
    assert scores.printed("control-ones") is None
