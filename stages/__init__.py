"""DVC stages: read parameters, call the library, write files.

Run one as ``python -m stages.<name>`` from the project's root. The library is found through
the path below, not through an installed package, so that an experiment in a temporary
workspace (`dvc exp run --temp`) runs its own code.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from avloc.interruption import end_by_signals

# What `python -m` leaves here until it has found the stage. The imports of a stage take seconds, in
# which a signal would already end in a traceback.
if sys.argv[:1] == ["-m"]:
    end_by_signals()
