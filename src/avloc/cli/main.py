"""The command ``avloc``: one subcommand for each tool."""

import importlib
import signal
import sys
from collections.abc import Sequence

from avloc.interruption import BY_SIGNAL

#: Subcommand -> the module of avloc.cli that runs it, and what it does.
COMMANDS = {
    "localize": ("localise", "show where the sounds of your video, or of a picture, come from"),
    "demo": ("demonstrate", "localise the sounds of a generated video: something to see at once"),
    "evaluate": (
        "evaluate",
        "score maps, or a model on your own photos and sounds, with intervals",
    ),
    "models": ("models", "list the released models, or show the card of one"),
    "level": ("level", "choose the level from which a checkpoint's maps count as present"),
    "validate": ("validate", "score a row on the val scenes"),
    "release": ("release", "make a small checkpoint to publish, with its scores"),
    "pipelines": ("pipelines", "write the pipeline of another data set"),
    "reproduce": ("reproduce", "run a pipeline, rows side by side"),
    "gate": ("gate", "fail if a metric is worse by more than its tolerance"),
    "tolerances": ("tolerances", "print the gate's tolerances, from the spread over seeds"),
    "seeds": ("seeds", "keep the tables of several seeds as a page"),
    "licences": ("licences", "write the licences of all locked packages to a page"),
    "readme": ("readme", "copy the rendered tables into README.md"),
}

#: Those that work in any folder; the others need a clone of the repository.
ANYWHERE = ("localize", "demo", "evaluate", "models")

#: Exit status of a command that was called wrongly, as that of argparse.
MISUSED = 2


def usage() -> str:
    """Return the text of ``avloc --help``."""
    width = max(map(len, COMMANDS))
    lines = {name: f"  {name.ljust(width)}  {text}" for name, (_, text) in COMMANDS.items()}
    return "\n".join(
        [
            "avloc finds what sounds in a picture when several things sound at once.",
            "",
            "usage: avloc COMMAND ...      (avloc COMMAND --help lists its options)",
            "",
            "In any folder:",
            *(line for name, line in lines.items() if name in ANYWHERE),
            "",
            "In a clone of the repository:",
            *(line for name, line in lines.items() if name not in ANYWHERE),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a subcommand.

    Parameters
    ----------
    arguments
        Its name and its own arguments; by default those of this process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(usage())
        return
    name, *rest = given
    if name not in COMMANDS:
        print(f"avloc: there is no command {name!r}\n\n{usage()}", file=sys.stderr)
        raise SystemExit(MISUSED)
    # Imported only now: PyTorch takes seconds, and --help needs none.
    module = importlib.import_module(f"avloc.cli.{COMMANDS[name][0]}")
    try:
        module.main(rest)
    except KeyboardInterrupt:
        print("avloc: interrupted", file=sys.stderr)
        raise SystemExit(BY_SIGNAL + signal.SIGINT) from None
