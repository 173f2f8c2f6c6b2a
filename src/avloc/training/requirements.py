"""What the training of a row needs of a data set, checked before any row is trained."""

from avloc.config.rows import Row
from avloc.data.shards.reader import Shards
from avloc.errors import UserError


def check_row(row: Row, shards: Shards) -> None:
    """Refuse a row that cannot be trained on the clips of a data set.

    Parameters
    ----------
    row
        The resolved settings.
    shards
        The data set's frames and waveforms.

    Raises
    ------
    UserError
        If there are too few clips; the message says for what, and what to change.
    """
    clips = sum(entry.split == "train" for entry in shards.entries)
    if row.train.steps and clips < row.nodes:
        raise UserError(
            f"the row {row.name} mixes {row.nodes} sounds, and the train split has {clips} usable "
            "clips; add clips or change their split"
        )
