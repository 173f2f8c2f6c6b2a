"""Scores class by class: wrong if a scene counted for a class that is not in it."""

import numpy as np

from avloc.report.class_tables import class_table
from avloc.report.labels import Labels
from avloc.report.results import Results
from avloc.report.samples import Samples

CLASSES = {"pair": [("bell", "horn"), ("horn", "lute"), ("bell", "lute")]}
# Two seeds, three scenes.
CAP = np.array([[0.2, 0.5, 0.8], [0.4, 0.5, 1.0]])


def test_a_scene_counts_for_each_of_its_classes(labels: Labels) -> None:
    samples = {"ours": {"pair": Samples({"cap": CAP}, 0.4, None)}}
    results = Results("synthetic", {"ours": {"pair": {"assigned": 80.0}}})
    table = class_table("classes-pair", labels, results, samples, CLASSES)
    assert [column.title for column in table.columns] == ["bell (2)", "horn (2)", "lute (2)"]
    (line,) = table.lines
    # bell: scenes 0 and 2, (0.2 + 0.8 + 0.4 + 1.0) / 4; horn: 0 and 1; lute: 1 and 2.
    assert [cell.text for cell in line.cells] == ["60.0", "40.0", "70.0"]
    assert all(cell.star for cell in line.cells)


def test_a_score_that_a_row_lacks_is_a_dash_and_no_scenes_are_no_table(labels: Labels) -> None:
    samples = {"ours": {"pair": Samples({"cap": CAP}, 0.4, None)}}
    results = Results("synthetic", {"ours": {}})
    assert not class_table("classes-half", labels, results, samples, CLASSES).lines
    assert not class_table("classes-duet", labels, results, samples, CLASSES).lines
