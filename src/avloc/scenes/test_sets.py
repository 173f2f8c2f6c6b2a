"""Names of test sets: a recipe, or a recipe, a hyphen and a tag, as in ``pair-note``.

The recipe says how scenes are made, the tag of which clips only.
"""


def recipe(test_set: str) -> str:
    """Return how the scenes of a test set are made.

    >>> recipe("pair-note")
    'pair'
    """
    return test_set.partition("-")[0]


def tag(test_set: str) -> str:
    """Return the tag of the clips that a test set is made of, or nothing if all are used.

    >>> tag("pair-note"), tag("pair")
    ('note', '')
    """
    return test_set.partition("-")[2]
