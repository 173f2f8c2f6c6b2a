"""Finds the checkpoint of a released model by its name."""

from pathlib import Path

from avloc import paths
from avloc.errors import UserError

#: Root of the clone that an editable install (`make setup`) runs from.
CLONE = Path(__file__).resolve().parents[3]

#: Of several models of one name that of this data set is meant: it knows photos and real sounds.
PREFERRED = "stills"


def released_models() -> dict[str, Path]:
    """Return ``<data set>/<row>`` -> checkpoint, of the clone and of the working directory."""
    pattern = str(paths.released("*", "*"))
    found = dict[str, Path]()
    for root in (CLONE, Path.cwd()):
        for path in sorted(root.glob(pattern)):
            found.setdefault(f"{path.parent.name}/{path.stem}", path)
    return found


def find_checkpoint(name: str | Path) -> Path:
    """Return the checkpoint that a user means.

    Parameters
    ----------
    name
        A file, or the name of a released model: ``synthetic/ours-plus``, or ``ours-plus`` alone,
        for which `PREFERRED` goes first.

    Raises
    ------
    UserError
        If there is no such file or model, or several data sets but not `PREFERRED` have one.
    """
    path, text = Path(name), str(name)
    if path.is_file():
        return path
    if path.suffix == ".pt":
        raise UserError(f"{path} is missing; give a checkpoint that is there")
    known = released_models()
    matches = [key for key in known if text in (key, key.partition("/")[2])]
    if len(matches) > 1:
        matches = [key for key in matches if key.startswith(f"{PREFERRED}/")] or matches
    if len(matches) == 1:
        return known[matches[0]]
    if matches:
        raise UserError(f"{text!r} may be {' or '.join(matches)}; name one of them")
    if not known:
        raise UserError(
            f"model {text!r}: there are no released models in {CLONE / paths.RELEASED}, since avloc"
            " was not installed from a clone of its repository; clone it and run `make setup`, or"
            " give the path of a checkpoint (.pt)"
        )
    raise UserError(
        f"model {text!r} is neither a file nor a released model ({', '.join(known)}); name one of"
        " them or give the path of a checkpoint (.pt)"
    )
