"""Names of classes as users write them: what is refused, so that no class falls into two.

Names may hold spaces, commas, slashes and letters of every script. Two names that differ only by
case, by space, ``_`` or ``-`` between words, or by the encoding of a letter, are a mistake.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from avloc.errors import UserError

#: Separates the classes of a video in a list, and in the manifest of a data set.
SEPARATOR = ";"

#: Signs that some lists put between classes, and that no name needs.
WRONG_SEPARATORS = ("|", "\N{FULLWIDTH SEMICOLON}")

#: What joins two classes in some lists, but is a part of names in others.
JOINT = re.compile(r"\s*(?:[,/&+\\]|\N{IDEOGRAPHIC COMMA}|\N{FULLWIDTH COMMA}|\band\b)\s*")

BETWEEN_WORDS = re.compile(r"(?<=[^\s_-])[\s_-]+(?=[^\s_-])")

#: Name of a class that is safe in a file name as it is. An id adds up to 13 letters and digits.
SIMPLE = re.compile(r"[A-Za-z0-9_-]{1,87}")


def spelling(name: str) -> str:
    """Return what all spellings of a class have in common."""
    return BETWEEN_WORDS.sub("", unicodedata.normalize("NFKC", name).strip().casefold())


def fault_of_class(name: str) -> str:
    """Return what is wrong with the name of one class, or nothing."""
    if not name.strip() or not name.isprintable():
        return f"class {name!r} is empty or not printable; correct it"
    wrong = [sign for sign in (SEPARATOR, *WRONG_SEPARATORS) if sign in name]
    if wrong:
        return f"class {name!r} has {wrong[0]!r} in it; give one class, without that sign"
    return ""


def classes_of(cell: str, where: str) -> tuple[str, ...]:
    """Return the classes of a cell, which ``;`` separates.

    Parameters
    ----------
    cell
        The cell; it may be empty.
    where
        Its row, for the message.

    Raises
    ------
    UserError
        If the classes are separated by another sign, or one is not printable or there twice.
    """
    names = [name.strip() for name in cell.split(SEPARATOR) if name.strip()]
    for number, name in enumerate(names):
        if any(sign in name for sign in WRONG_SEPARATORS):
            raise UserError(f"{where}: class {name!r}: separate classes by {SEPARATOR!r}")
        if fault := fault_of_class(name):
            raise UserError(f"{where}: {fault}")
        if spelling(name) in map(spelling, names[:number]):
            raise UserError(f"{where}: class {name!r} is there twice; remove one")
    return tuple(names)


def check_classes(named: Iterable[tuple[str, str]]) -> None:
    """Check that each class of a data set has one spelling, and is not two classes joined.

    Parameters
    ----------
    named
        Classes, each with the row or folder that names it.

    Raises
    ------
    UserError
        If two classes differ only as the docstring of this module says, or if ``,``, ``/``, ``&``,
        ``+`` or "and" joins classes that others have alone.
    """
    first = dict[str, tuple[str, str]]()
    for name, where in named:
        other, place = first.setdefault(spelling(name), (name, where))
        if other != name:
            raise UserError(
                f"{where}: class {name!r} is spelt {other!r} in {place}; write both alike"
            )
    for name, where in first.values():
        parts = JOINT.split(name)
        if len(parts) > 1 and all(spelling(part) in first for part in parts):
            raise UserError(
                f"{where}: class {name!r} joins the classes {', '.join(map(repr, parts))}; in a "
                f"CSV file, separate them by {SEPARATOR!r}"
            )


def other_spelling(name: str, classes: Sequence[str]) -> str | None:
    """Return the class that is probably meant.

    Parameters
    ----------
    name
        A class that is not among `classes`.
    classes
        Those that exist.
    """
    return next((known for known in classes if spelling(known) == spelling(name)), None)


def joined_in(name: str, classes: Sequence[str]) -> str | None:
    """Return the class that is probably several, of which this is one.

    Parameters
    ----------
    name
        A class that is not among `classes`.
    classes
        Those that exist.
    """
    own = spelling(name)
    return next((many for many in classes if own in map(spelling, JOINT.split(many))), None)


def safe_class_ids(classes: Iterable[str]) -> dict[str, str]:
    """Return for each class a text that is safe in ids and file names, and its own.

    A simple name stays as it is. Other names end in a hash of themselves, so that a further class
    changes no text.

    Raises
    ------
    UserError
        If two classes would get the same text.
    """
    texts = dict[str, str]()
    for name in sorted(set(classes)):
        text = name
        if not SIMPLE.fullmatch(name):
            plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:40]
            text = f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        taken = next((other for other in texts if texts[other] == text), None)
        if taken is not None:
            raise UserError(f"classes {taken!r} and {name!r} get the same id; rename one")
        texts[name] = text
    return texts
