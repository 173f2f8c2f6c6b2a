"""Which split a photo or sound goes to."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from avloc.data.clips import Split
from avloc.datasets.annotation.stills_manifest import Item
from avloc.seeding import seed_of


class SplitSettings(BaseModel):
    """How a manifest's splits become those of the videos; every key is required.

    Parameters
    ----------
    test_split
        Split of the manifest that becomes the test split.
    val_share
        Share of each class's training photos and sounds that goes to val.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    test_split: Literal["val", "test"]
    val_share: Annotated[float, Field(gt=0, lt=1)]


def assign_splits(
    items: Sequence[Item], settings: SplitSettings, seed: int
) -> Iterator[tuple[Item, Split]]:
    """Yield photos or sounds with the split of their videos, without those that are not used.

    Parameters
    ----------
    items
        Photos only, or sounds only.
    settings
        Share of val, and the split for testing.
    seed
        Draws what goes to val.
    """
    by_class = defaultdict[str, list[Item]](list)
    for item in items:
        if item.split == "train":
            by_class[item.category].append(item)
        elif item.split == settings.test_split:
            yield item, "test"
    for category in sorted(by_class):
        ordered = sorted(
            by_class[category], key=lambda item: seed_of(seed, "stills val", item.path)
        )
        kept = max(1, round(settings.val_share * len(ordered)))
        for place, item in enumerate(ordered):
            yield item, "val" if place < kept else "train"
