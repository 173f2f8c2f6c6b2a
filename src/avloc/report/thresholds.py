"""What the tables say of how thresholds were come by: given, on validation scenes, cross-fitted."""

from collections.abc import Sequence

from avloc.report.layout import listed
from avloc.report.scores import Results


def threshold_notes(results: Results, sets: Sequence[str]) -> tuple[str, ...]:
    """Return the note on the thresholds of some test sets; none if no row says.

    Parameters
    ----------
    results
        Its readings tell (`avloc.evaluation.secondary`): ``threshold_given``, ``threshold_val`` or
        ``threshold_cross``.
    sets
        The test sets of a table.
    """
    given = sorted({value for test_set in sets for value in _values(results, test_set, "given")})
    chosen = [test_set for test_set in sets if _values(results, test_set, "val")]
    crossed = [test_set for test_set in sets if _values(results, test_set, "cross")]
    if not (given or chosen or crossed):
        return ()
    rows, said = "all other rows" if given else "all rows", []
    if given:
        level = ", ".join(f"{value:g}" for value in given)
        said.append(f"{level} for the proposed method and its variants (section 4.4)")
    if chosen:
        where = f" on {listed(chosen)}" if crossed else ""
        said.append(f"the best one on validation scenes for {rows}{where}")
    if crossed:
        said.append(
            f"for {rows} on {listed(crossed)}, where there are no validation scenes, scene by scene"
            " the best one on the test scenes that share no video with it (cross-fitting)"
        )
    text = f"Threshold of AUC and (C)IoU, on maps scaled to [0, 1]: {'; '.join(said)}."
    if any(value for name in crossed for value in _values(results, name, "cross_shared")):
        text += " Scenes for which there are none take those that share the fewest videos."
    return (text,)


def _values(results: Results, test_set: str, how: str) -> list[float]:
    values = [results.reading(row, test_set, f"threshold_{how}") for row in results.readings]
    return [value for value in values if value is not None]
