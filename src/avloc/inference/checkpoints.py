"""Results of a trained row, from its checkpoint."""

from pathlib import Path

from avloc import paths
from avloc.config.params import Params
from avloc.data.clips import Split
from avloc.errors import UserError
from avloc.inference.localiser import Localiser, open_localisers
from avloc.inference.results import SetResult
from avloc.inference.scoring import score_split
from avloc.scenes.store import open_sets
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
        If the checkpoint or the cached scenes cannot be read, if the checkpoint was trained on
        other images or sounds than those of the scenes, or if a threshold cannot be chosen.
    """
    chosen = settings.evaluate
    seeds = open_localisers(path, choose_device(settings.device), chosen.batch_size)
    _check_fit(path, seeds[0], dataset, split, settings)
    given = seeds[0].row.method in chosen.threshold_methods
    return score_split(
        paths.cached_scenes(dataset), split, lambda _: seeds, chosen.threshold if given else None
    )


def _check_fit(
    path: Path, localiser: Localiser, dataset: str, split: Split, settings: Params
) -> None:
    """Refuse a checkpoint, for example of another project, that does not fit the cached scenes."""
    scenes = next(iter(open_sets(paths.cached_scenes(dataset), split).values()))
    height = scenes.images.shape[1]
    if height != localiser.data.image_px:
        raise UserError(
            f"{path} was trained on images of {localiser.data.image_px} pixels, and the scenes of "
            f"{dataset} have {height}; set datasets.{dataset}.image_px in params.yaml to "
            f"{localiser.data.image_px} and run `dvc repro`"
        )
    if localiser.row.audio != settings.audio:
        raise UserError(
            f"{path} was trained with other settings of `audio` than those in params.yaml "
            f"({localiser.row.audio}); set these and run `dvc repro`"
        )
