"""What the tables and figures need, checked before any row is trained."""

from collections.abc import Collection

from avloc.config.params import Params
from avloc.errors import UserError
from avloc.report.labels import read_labels
from avloc.report.settings import read_settings


def check_report(settings: Params, dataset: str, test_sets: Collection[str]) -> list[str]:
    """Return why tables and figures could not be drawn: one sentence for each fault.

    Parameters
    ----------
    settings
        All of params.yaml.
    dataset
        Name of the data set.
    test_sets
        Those that have test scenes.
    """
    try:
        figures, labels = read_settings(settings.report).figures, read_labels()
    except UserError as error:
        return [str(error)]
    rows = [*settings.rows_of(dataset), *settings.controls]
    drawn = [
        name
        for name, layout in labels.figures.items()
        if {*layout.rows} & {*rows} and {*layout.sets} & {*test_sets}
    ]
    if labels.examples.row in rows and labels.examples.set in test_sets:
        drawn += labels.examples.titles
    if drawn and figures.ranked_by not in rows:
        return [
            f"params.yaml: report.figures.ranked_by: {figures.ranked_by!r} is not a row that is "
            f"run on {dataset}, and it would choose the scenes of {', '.join(drawn)}; name one of "
            f"{', '.join(rows)}"
        ]
    return []
