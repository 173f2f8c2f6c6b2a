"""Fail when a metric is worse than in another commit by more than its tolerance.

`dvc metrics diff` shows what changed, but succeeds whatever it finds, and knows neither signs nor
tolerances. Metrics are read from git, so that a row or a whole data set cannot get lost.
"""

import argparse
import io
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePath

from avloc.config import params
from avloc.errors import UserError, reported
from avloc.files import write_text
from avloc.gate.comparison import compare, unused
from avloc.gate.report import page, summary
from avloc.gate.scores import Row, Scores, parse

METRICS = Path("metrics")
#: Of the tables, which the report shows line by line.
TABLES = ("listening", "table1", "table2", "table3")


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Return what git says, also where it fails."""
    return subprocess.run(["git", *arguments], capture_output=True, check=False)


def commit_of(revision: str) -> str:
    """Return the commit of a revision or of a DVC experiment.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    found = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode:
        found = git("for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/{revision}")
    if not (commit := found.stdout.decode().strip()):
        raise UserError(f"git has no revision {revision!r}; name a commit, a branch or a tag")
    return commit.splitlines()[0]


def scores_of(revision: str) -> Scores:
    """Return the metrics that a revision has committed.

    Raises
    ------
    UserError
        If the revision does not exist, or has no metrics or broken ones.
    """
    archive = git("archive", "--format=tar", commit_of(revision), "--", str(METRICS))
    if archive.returncode:
        raise UserError(f"{revision} has no metrics; name a revision that has some")
    found: Scores = {}
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        for member in tar:
            path, file = PurePath(member.name), tar.extractfile(member)
            if file is not None and path.suffix == ".json" and len(path.parts) == 3:
                text = file.read().decode(errors="replace")
                row = Row(path.parts[1], path.stem)
                found[row] = parse(text, f"{member.name} of {revision}")
    return found


def scores_here() -> Scores:
    """Return the metrics of the workspace.

    Raises
    ------
    UserError
        If a file is broken or cannot be read.
    """
    found: Scores = {}
    for path in sorted(METRICS.glob("*/*.json")):
        try:
            text = path.read_text(errors="replace")
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror})") from None
        found[Row(path.parent.name, path.stem)] = parse(text, str(path))
    return found


def changed_tables(revision: str) -> str:
    """Return the lines of the main tables that differ from those of a revision.

    Parameters
    ----------
    revision
        Name of a commit that has tables.
    """
    patterns = [f":(glob)plots/*/tables/{name}.md" for name in TABLES]
    options = ["--no-color", "--no-ext-diff", "--unified=0"]
    return git("diff", *options, commit_of(revision), "--", *patterns).stdout.decode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit 1 with the complaints, or say how many metrics were compared."""
    parser = argparse.ArgumentParser(prog="avloc gate", description=__doc__)
    parser.add_argument("--base", default="HEAD", help="revision to compare the workspace with")
    parser.add_argument("--report", type=Path, help="also write what changed to this text file")
    options = parser.parse_args(arguments)
    with reported():
        settings = params.load()
        old, new = scores_of(options.base), scores_here()
        found = compare(old, new, settings.gate, settings.controls)
        if options.report:
            tables = changed_tables(options.base)
            write_text(options.report, page(found, options.base, tables))
        for key in unused(settings.gate, old, new):
            print(f"params.yaml: {key} belongs to no metric; correct or remove it")
        said = summary(found, options.base)
        if found.complaints:
            sys.exit(said)
        print(said)
