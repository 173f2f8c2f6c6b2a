"""List the released models, or show the card of one.

avloc models                   names, sizes and what their level is worth
avloc models card ours-plus    the model card: data, scores, limits, licence
"""

import argparse
from collections.abc import Sequence

from avloc.errors import UserError, reported
from avloc.inference.released import CLONE, find_checkpoint, released_models


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the models, or a card."""
    parser = argparse.ArgumentParser(
        prog="avloc models",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="list | card NAME")
    actions.add_parser("list", help="names and files")
    actions.add_parser("card", help="the model card").add_argument("name")
    options = parser.parse_args(arguments)
    with reported():
        if options.action == "card":
            checkpoint = find_checkpoint(options.name)
            page = checkpoint.with_name("README.md")
            if not page.is_file():
                raise UserError(f"{checkpoint} has no card beside it ({page.name}); write one")
            print(page.read_text(encoding="utf-8").strip())
            return
        known = released_models()
        if not known:
            raise UserError(
                f"there are no released models in {CLONE / 'released'}; clone the repository of "
                "avloc and run `make setup` in it"
            )
        width = max(map(len, known))
        for name, path in known.items():
            print(f"{name.ljust(width)}  {path.stat().st_size / 1e6:5.1f} MB  {path}")
