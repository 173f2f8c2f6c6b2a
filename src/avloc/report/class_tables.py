"""Tables of one score class by class, from the scores of single scenes."""

from collections.abc import Mapping, Sequence

import numpy as np

from avloc.report.cells import DASH, Cell, number
from avloc.report.interval_tables import RowSamples
from avloc.report.labels import Labels
from avloc.report.results import Results, takes_pairing
from avloc.report.table import Column, Table, fill

#: Test set -> per scene the classes that sound.
Classes = Mapping[str, Sequence[Sequence[str]]]


def class_table(
    name: str, labels: Labels, results: Results, samples: RowSamples, classes: Classes
) -> Table:
    """Build a table with a column for each class; without rows if the test set has no scenes.

    Parameters
    ----------
    name
        Key under ``tables`` in labels.yaml.
    labels, results
        Names and layout; which rows have a map per node.
    samples
        Row -> test set -> its scores by scene.
    classes
        Test set -> per scene the classes that sound; a scene counts for each of them.
    """
    layout = labels.class_tables[name]
    scenes = classes.get(layout.set, ())
    title = labels.column(layout.by_class).title
    columns = []
    for category in sorted({own for scene in scenes for own in scene}):
        members = np.array([category in scene for scene in scenes])

        def cell(row: str, members: np.ndarray = members) -> Cell:
            found = samples.get(row, {}).get(layout.set)
            values = None if found is None else found.scenes.get(layout.by_class)
            if values is None:
                return Cell(DASH)
            star = results.has_map_per_node(row) and takes_pairing(layout.set, layout.by_class)
            return number(100 * float(values[:, members].mean()), star=star)

        columns.append(
            Column(
                0,
                f"{title}, {layout.set}, {results.dataset}",
                f"{category} ({members.sum()})",
                cell,
                ranked=True,
                by_maps=labels.column(layout.by_class).by_maps,
            )
        )
    notes = (labels.notes[note].format(dataset=results.dataset) for note in layout.notes)
    return fill(name, layout.title, columns, labels, results, notes)
