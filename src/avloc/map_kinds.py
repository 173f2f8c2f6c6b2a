"""What the localisation maps of a row mean."""

from typing import Literal

#: ``single``: one map for whatever sounds. ``nodes``: one map per sound in no fixed order, so that
#: scores take the best pairing. ``classes``: first one for whatever sounds, then one per class of
#: the training clips.
MapKind = Literal["single", "nodes", "classes"]
