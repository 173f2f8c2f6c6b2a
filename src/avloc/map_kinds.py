"""The kinds of localisation maps."""

from typing import Literal

#: How the maps of a prediction belong to sources. ``single``: one map for all sources together.
#: ``nodes``: one map per source in no fixed order, so scores take the best pairing. ``classes``:
#: one map for all sources together, then one per class of the training clips.
MapKind = Literal["single", "nodes", "classes"]
