"""What test scenes are made of: clips, and the times at which they can be shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from avloc.data.annotations import AnnotatedTime, Annotations
from avloc.data.clips import Moment, Seconds, Split
from avloc.scenes.scene import Layout, Scene, Target
from avloc.seeding import rng, seed_of

#: Objects thinner than this part of the frame are not used: they would have no pixel in a mosaic.
SMALLEST_SIDE = 0.02

#: Decimals of a drawn time, in seconds.
TIME_DIGITS = 3


@dataclass(frozen=True)
class CandidateClip:
    """A clip from which scenes are made.

    Parameters
    ----------
    id, split, classes, tags
        Of the clip (`avloc.data.clips.Clip`).
    duration_s
        How much of it was kept.
    """

    id: str
    split: Split
    classes: tuple[str, ...]
    duration_s: float
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A time at which a clip can be shown, and the categories that sound in it, left to right.

    The category ``""`` stands for a clip of which nothing is known: its source is its whole tile.
    `inner` says that the time is at least half a window away from both ends of the clip.
    """

    source: CandidateClip
    time_s: Seconds
    categories: tuple[str, ...]
    inner: bool

    @property
    def kind(self) -> tuple[str, ...]:
        """Return what tells the clip from others: its classes, or its id if they are unknown."""
        return self.source.classes or (self.source.id,)

    @property
    def moment(self) -> Moment:
        """Return where the frame is taken from and the sound is centred."""
        return Moment(self.source.id, self.time_s)


#: All views of one clip, at least one.
Views = tuple[View, ...]


@dataclass(frozen=True)
class Material:
    """What the scenes of one set and split are made of.

    Parameters
    ----------
    key
        Seed, set and split.
    clips
        The views of every usable clip.
    """

    key: tuple[int, str, Split]
    clips: tuple[Views, ...]

    def turns(self, number: int) -> list[Views]:
        """Return the clips in the order in which they take turns in round `number`."""
        return sorted(
            self.clips, key=lambda views: seed_of(*self.key, "round", number, views[0].source.id)
        )

    def shuffled(self, views: Views) -> list[View]:
        """Return the views of a clip in the order in which they are used up.

        The inner ones come first, so that those at the ends are shown only if all are wanted.
        """
        id = views[0].source.id
        groups = (("order", inner_of(views)), ("ends", [v for v in views if not v.inner]))
        return [
            group[i]
            for name, group in groups
            for i in rng(*self.key, name, id).permutation(len(group))
        ]

    def random(self, number: int) -> np.random.Generator:
        """Return the generator of one scene."""
        return rng(*self.key, number)

    def scene(
        self,
        number: int,
        layout: Layout,
        tiles: Sequence[View],
        sounds: Sequence[View],
        targets: Sequence[Target],
    ) -> Scene:
        """Return one scene, as yet without its swap."""
        _, name, split = self.key
        return Scene(
            id=f"{name}-{split}-{number:05d}",
            set=name,
            split=split,
            layout=layout,
            tiles=tuple(view.moment for view in tiles),
            sounds=tuple(view.moment for view in sounds),
            targets=tuple(targets),
        )


def usable(
    made: str,
    sources: Sequence[CandidateClip],
    annotations: Annotations,
    labelled: bool,
    window_s: float,
) -> list[Views]:
    """Return the views of the clips that a recipe can show, clip by clip.

    Sets of single clips can show all annotated times. Sets of several clips draw from them, and
    draw no time at the end of a clip if it has others; where clips are `labelled`, one with a class
    but without boxes is left out.
    """
    classes = (2,) if made == "duet" else (0, 1)
    drawn = made in ("pair", "triple", "mosaic")
    clips = []
    for source in sources:
        if len(source.classes) not in classes:
            continue
        views = annotated_views(source, annotations.get(source.id, ()), window_s)
        if drawn:
            views = tuple(inner_of(views)) or views
        if not views and drawn and not (labelled and source.classes):
            views = whole_views(source, window_s)
        if views:
            clips.append(views)
    return clips


def annotated_views(
    source: CandidateClip, times: Iterable[AnnotatedTime], window_s: float
) -> Views:
    """Return the annotated times at which as many categories sound as the clip may have."""
    views = []
    margin = window_s / 2
    for time in times:
        sounding = [
            item
            for item in time.objects
            if item.sounding
            and min(item.box[2:]) >= SMALLEST_SIDE
            # A label says which categories are meant; without one, all are.
            and (item.category in source.classes or not source.classes)
        ]
        sounding.sort(key=lambda item: item.box[0] + item.box[2] / 2)
        categories = tuple(dict.fromkeys(item.category for item in sounding))
        if 0 <= time.time_s < source.duration_s and 0 < len(categories) <= max(
            len(source.classes), 1
        ):
            inner = margin <= time.time_s <= source.duration_s - margin
            views.append(View(source, time.time_s, categories, inner))
    return tuple(views)


def inner_of(views: Views) -> list[View]:
    """Return those views that are half a window away from both ends."""
    return [view for view in views if view.inner]


def whole_views(source: CandidateClip, window_s: float) -> Views:
    """Return views of a clip without annotations: every half window, away from both ends."""
    first, last = window_s / 2, source.duration_s - window_s / 2
    times = np.arange(first, last, window_s / 2) if last > first else [source.duration_s / 2]
    moments = [Seconds(round(float(time), TIME_DIGITS)) for time in times]
    return tuple(View(source, moment, ("",), inner=True) for moment in moments)


def too_late(sources: Iterable[CandidateClip], annotations: Annotations) -> int:
    """Return how many annotated times with objects lie after what was kept of their clip."""
    return sum(
        bool(time.objects) and time.time_s >= source.duration_s
        for source in sources
        for time in annotations.get(source.id, ())
    )
