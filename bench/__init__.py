"""Yardsticks: how fast the project is, as ratios measured side by side in one process.

Run them as ``python -m bench`` from the project's root; docs/speed.md explains each key. A module
with a function ``measure`` is a yardstick; its name is the file's.
"""

import sys
from pathlib import Path

# As in `stages`: the library of this checkout, not an installed one.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
