"""Results of a trained row, from its checkpoint."""

from pathlib import Path

from avloc import paths
from avloc.config.params import Params
from avloc.data.clips import Split
from avloc.inference.localiser import open_localisers
from avloc.inference.results import SetResult
from avloc.inference.scoring import score_split
from avloc.training.device import choose_device


def score_checkpoint(
    path: Path, dataset: str, split: Split, settings: Params
) -> dict[str, SetResult]:
    """Score all seeds of a checkpoint on the scenes of a split.

    Parameters
    ----------
    path
        Of the checkpoint.
    dataset
        Whose cached scenes are used.
    split
        ``test``, or ``val`` for scores by which settings are chosen.
    settings
        They tell the device, the batch size, and which methods have the paper's threshold; for
        others the best one is chosen (`avloc.inference.scoring.score`).

    Returns
    -------
    dict
        Test set -> result, the mean over seeds.

    Raises
    ------
    UserError
        If the checkpoint or the cached scenes cannot be read, or a threshold cannot be chosen.
    """
    chosen = settings.evaluate
    seeds = open_localisers(path, choose_device(settings.device), chosen.batch_size)
    given = seeds[0].row.method in chosen.threshold_methods
    return score_split(
        paths.cached_scenes(dataset), split, lambda _: seeds, chosen.threshold if given else None
    )
