"""Which scenes of a test set the page shows, and whose scores rank them."""

from collections.abc import Mapping, Sequence

import numpy as np

from avloc.report.maps import Floats


def spread(score: Floats, count: int) -> list[int]:
    """Return scenes evenly spaced in the ranking, the lowest and the highest among them.

    Parameters
    ----------
    score
        (N,) of every scene; scenes with equal scores are ranked by number.
    count
        How many are wanted, at least 2; all scenes if there are fewer.

    Returns
    -------
    list of int
        Numbers of scenes, lowest score first.

    >>> spread(np.array([0.5, 0.1, 0.9, 0.3, 0.7]), 3)
    [1, 0, 2]
    """
    order = np.argsort(score, kind="stable")
    places = np.round(np.linspace(0, len(order) - 1, min(count, len(order)))).astype(int)
    return [int(number) for number in order[places]]


def ranking_row(
    rows: Sequence[str], preferred: str, test_set: str, scored: Mapping[str, Mapping[str, object]]
) -> str | None:
    """Return the row whose scores rank the scenes of a test set, None if no row was scored on it.

    Parameters
    ----------
    rows
        In the order of the tables.
    preferred
        The row that params.yaml names; it may lack the test set.
    test_set
        Its name.
    scored
        Row -> what it has by test set.
    """
    able = [row for row in rows if test_set in scored.get(row, {})]
    return preferred if preferred in able else next(iter(able), None)
