"""Names of test sets: a recipe, or a recipe, a hyphen and a tag, as in ``pair-note``.

The recipe says how scenes are made (`avloc.scenes.recipes`). With a tag, they are made of the clips
with that tag only.
"""


def recipe(test_set: str) -> str:
    """Return the name of the recipe of a test set.

    >>> recipe("pair-note")
    'pair'
    """
    return test_set.partition("-")[0]


def tag(test_set: str) -> str:
    """Return the tag that all clips of a test set have, or ``""`` if it uses all clips.

    >>> tag("pair-note"), tag("pair")
    ('note', '')
    """
    return test_set.partition("-")[2]
