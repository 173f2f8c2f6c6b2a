"""The few numbers per row by which experiments are compared first (``dvc exp show``)."""

from avloc.report.results import Results

#: Of the metrics files.
DECIMALS = 4


def headline(results: Results) -> dict[str, dict[str, dict[str, float]]]:
    """Return row -> test set -> its score, its gain and, for images side by side, ``half``.

    The score is CAP, or AP in test sets of one source; the gain is what it loses with the sound of
    another scene, in points. What a row lacks is left out.
    """
    return {
        row: {test_set: _of_set(results, row, test_set) for test_set in sets}
        for row, sets in results.metrics.items()
    }


def _of_set(results: Results, row: str, test_set: str) -> dict[str, float]:
    main = "cap" if results.value(row, test_set, "cap") is not None else "ap"
    found = {
        main: results.value(row, test_set, main),
        "gain": results.difference(row, test_set, main, f"{main}_swapped"),
        "half": results.value(row, test_set, "half"),
    }
    return {name: round(value, DECIMALS) for name, value in found.items() if value is not None}
