"""The scores of a row in one line, as soon as it is done."""

from avloc import paths
from avloc.report.headline import headline
from avloc.report.model_card import SHOWN
from avloc.report.results import Results, read_metrics


def scores_of(dataset: str, row: str) -> str:
    """Return the headline scores of a row in words: on pairs, or on what test set there is.

    Parameters
    ----------
    dataset, row
        Of a row that has been scored.

    Raises
    ------
    UserError
        If its metrics are missing or not finite.
    """
    sets = headline(Results(dataset, read_metrics({row: paths.metrics(dataset, row)})))[row]
    # The first of those with the most scores, which is that of pairs if there are any.
    test_set = max(sets, key=lambda name: len(sets[name]))
    scores = (f"{SHOWN[name]} {value:.1f}" for name, value in sets[test_set].items())
    return f"{test_set}: {', '.join(scores)}"
