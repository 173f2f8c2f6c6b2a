"""Notes under the tables that depend on the results: on thresholds, seeds and image trunks."""

from collections import Counter
from collections.abc import Mapping, Sequence

from avloc.report.cells import OTHER_TRUNK
from avloc.report.labels import Labels
from avloc.report.results import Results, Trunk


def threshold_notes(results: Results, sets: Sequence[str]) -> tuple[str, ...]:
    """Return the note on how the thresholds of some test sets were chosen; none if no row says.

    Parameters
    ----------
    results
        Its secondary metrics tell: ``threshold_given``, ``threshold_val`` or ``threshold_cross``
        (`avloc.evaluation.secondary`).
    sets
        The test sets of a table.
    """
    given = sorted({value for test_set in sets for value in _values(results, test_set, "given")})
    chosen = [test_set for test_set in sets if _values(results, test_set, "val")]
    crossed = [test_set for test_set in sets if _values(results, test_set, "cross")]
    if not (given or chosen or crossed):
        return ()
    rows, parts = "all other rows" if given else "all rows", []
    if given:
        level = ", ".join(f"{value:g}" for value in given)
        parts.append(
            f"{level} for the proposed method, as section 4.4 of the paper says, and for its"
            " variants, of which it says nothing"
        )
    if chosen:
        where = f" on {joined(chosen)}" if crossed else ""
        parts.append(f"the best one on validation scenes for {rows}{where}")
    if crossed:
        parts.append(
            f"for {rows} on {joined(crossed)}, where there are no validation scenes, scene by scene"
            " the best one on the test scenes that share no video with it (cross-fitting)"
        )
    text = f"Threshold of AUC and (C)IoU, on maps scaled to [0, 1]: {'; '.join(parts)}."
    if any(value for name in crossed for value in _values(results, name, "cross_shared")):
        text += " Scenes for which there are none take those that share the fewest videos."
    return (text,)


def trunk_notes(labels: Labels, results: Results, rows: Sequence[str]) -> list[str]:
    """Return which image trunk the rows of a table have, and with which weights they began.

    Parameters
    ----------
    labels
        Names of the rows.
    results
        Its trunks tell.
    rows
        Those of the table, among them rows without a trunk.
    """
    known = [row for row in rows if row in results.trunks]
    settings = list(dict.fromkeys(results.trunks[row] for row in known))
    if len(settings) < 2:
        return [f"Image trunk of all trained rows: {_described(own)}." for own in settings]
    usual = common_trunk(results)
    others = []
    for own in settings:
        if own != usual:
            named = [labels.rows[row].label for row in known if results.trunks[row] == own]
            others.append(f"{_described(own)} in {joined(named)}")
    return [
        f"{OTHER_TRUNK}: another image trunk than the other rows, which have"
        f" {_described(usual)}: {'; '.join(others)}."
    ]


def common_trunk(results: Results) -> Trunk | None:
    """Return the image trunk that most rows have, or None if none is known."""
    counts = Counter(results.trunks.values()).most_common(1)
    return counts[0][0] if counts else None


def joined(names: Sequence[str]) -> str:
    """Return names as they stand in a sentence.

    >>> joined(["solo", "pair", "duet"])
    'solo, pair and duet'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def in_words(seeds: Mapping[str, int]) -> str:
    """Return how many seeds rows were trained with.

    >>> in_words({"ours": 3, "ots": 1})
    '1 to 3 seeds'
    """
    low, high = min(seeds.values(), default=1), max(seeds.values(), default=1)
    if low != high:
        return f"{low} to {high} seeds"
    return "one seed" if high == 1 else f"{high} seeds"


def _described(trunk: Trunk | None) -> str:
    if trunk is None:
        return "none"
    weights = {"imagenet": "ImageNet weights", "random": "random weights"}.get(
        trunk.weights, f"the weights {trunk.weights}"
    )
    frozen = {0: "no block frozen", 1: "the first block frozen"}.get(
        trunk.frozen_blocks, f"the first {trunk.frozen_blocks} blocks frozen"
    )
    return f"{trunk.name} from {weights}, {frozen}"


def _values(results: Results, test_set: str, how: str) -> list[float]:
    values = [results.value(row, test_set, f"threshold_{how}") for row in results.secondary]
    return [value for value in values if value is not None]
