"""Candidates for test scenes: the clips of one split, and the times at which they can be used."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Moment, Seconds, Split
from avloc.scenes.scene import Layout, Scene, Target
from avloc.seeding import rng, seed_of

#: Objects thinner than this fraction of the frame are not used: in a mosaic they would have no
#: pixel.
SMALLEST_SIDE = 0.02

#: Decimals of a drawn time, in seconds.
TIME_DIGITS = 3


@dataclass(frozen=True)
class CandidateClip:
    """A clip from which scenes can be made.

    Parameters
    ----------
    id, split, classes
        Of the clip (`avloc.data.clips.Clip`).
    duration_s
        Length of the extracted part.
    tags
        Of the clip, for test sets of tagged clips only (`avloc.scenes.test_sets`).
    """

    id: str
    split: Split
    classes: tuple[str, ...]
    duration_s: float
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class CandidateTime:
    """A time at which a clip can be used.

    Parameters
    ----------
    clip
        The clip.
    time_s
        Time of the frame, and centre of the sound.
    categories
        Categories that sound, from left to right; ``""`` if unknown, and then the source is the
        whole frame.
    inner
        Whether the time is at least half a window away from both ends of the clip.
    """

    clip: CandidateClip
    time_s: Seconds
    categories: tuple[str, ...]
    inner: bool

    @property
    def label(self) -> tuple[str, ...]:
        """Return the classes of the clip, or its id if they are unknown."""
        return self.clip.classes or (self.clip.id,)

    @property
    def moment(self) -> Moment:
        """Return clip and time as a scene stores them."""
        return Moment(self.clip.id, self.time_s)


#: The times at which one clip can be used, at least one.
ClipTimes = tuple[CandidateTime, ...]


@dataclass(frozen=True)
class Candidates:
    """The clips of one test set and split, and the random draws from them.

    Each draw has its own generator, named by the key and the number of the scene or the id of the
    clip. So neither other sets nor further scenes change it.

    Parameters
    ----------
    key
        Seed, test set and split.
    layout
        Of all scenes.
    clips
        Sorted by id.
    annotations
        Their annotations.
    window_s
        Length of a sound.
    annotated
        Whether any clip of the test set has annotations, in any split.
    """

    key: tuple[int, str, Split]
    layout: Layout
    clips: Sequence[CandidateClip]
    annotations: Annotations
    window_s: float
    annotated: bool

    def annotated_clips(self, classes: Collection[int]) -> list[ClipTimes]:
        """Return all annotated times, clip by clip, of the clips with so many classes.

        Parameters
        ----------
        classes
            Numbers of classes that a clip may have; 0 means that its class is unknown.
        """
        return [times for clip in self._with(classes) if (times := self._annotated_times(clip))]

    def combinable_clips(self) -> list[ClipTimes]:
        """Return the times, clip by clip, at which a clip can be combined with others.

        A clip has at most one class. Times near its ends are used only if it has no others. A clip
        without annotations is used whole if its class is unknown or if no clip of the test set is
        annotated; otherwise it is left out.
        """
        clips = []
        for clip in self._with((0, 1)):
            times = self._annotated_times(clip)
            times = tuple(inner_of(times)) or times
            if not times and not (self.annotated and clip.classes):
                times = whole_clip_times(clip, self.window_s)
            if times:
                clips.append(times)
        return clips

    def in_turn(self, clips: Iterable[ClipTimes], number: int) -> list[ClipTimes]:
        """Return clips in the order in which they take turns in a round.

        Parameters
        ----------
        clips
            Times, clip by clip.
        number
            Of the round, from 0.
        """
        return sorted(
            clips, key=lambda times: seed_of(*self.key, "round", number, times[0].clip.id)
        )

    def shuffled(self, times: ClipTimes) -> list[CandidateTime]:
        """Return the times of a clip in random order, those near its ends last."""
        id = times[0].clip.id
        groups = (("order", inner_of(times)), ("ends", [time for time in times if not time.inner]))
        return [
            group[i]
            for name, group in groups
            for i in rng(*self.key, name, id).permutation(len(group))
        ]

    def generator(self, number: int) -> np.random.Generator:
        """Return the random generator of a scene, by its number."""
        return rng(*self.key, number)

    def scene(
        self,
        number: int,
        tiles: Sequence[CandidateTime],
        sounds: Sequence[CandidateTime],
        targets: Sequence[Target],
    ) -> Scene:
        """Return a scene that has no swap yet.

        Parameters
        ----------
        number
            Of the scene within its test set and split, from 0.
        tiles
            The frames, in the order of the layout.
        sounds
            The sounds of the mixture.
        targets
            The sources to be found.
        """
        _, name, split = self.key
        return Scene(
            id=f"{name}-{split}-{number:05d}",
            set=name,
            split=split,
            layout=self.layout,
            tiles=tuple(time.moment for time in tiles),
            sounds=tuple(time.moment for time in sounds),
            targets=tuple(targets),
        )

    def _with(self, classes: Collection[int]) -> list[CandidateClip]:
        return [clip for clip in self.clips if len(clip.classes) in classes]

    def _annotated_times(self, clip: CandidateClip) -> ClipTimes:
        return annotated_times(clip, self.annotations.get(clip.id, ()), self.window_s)


def annotated_times(
    clip: CandidateClip, times: Iterable[AnnotatedTime], window_s: float
) -> ClipTimes:
    """Return the annotated times at which a clip can be used.

    At least one category sounds, and at most as many as the clip has classes, or one if its class
    is unknown.

    Parameters
    ----------
    clip
        The clip.
    times
        Its annotations.
    window_s
        Length of a sound.
    """
    usable = []
    margin = window_s / 2
    for time in times:
        sounding = [item for item in time.objects if is_meant(clip, item) and not is_thin(item)]
        sounding.sort(key=lambda item: item.box[0] + item.box[2] / 2)
        categories = tuple(dict.fromkeys(item.category for item in sounding))
        most = max(len(clip.classes), 1)
        if 0 <= time.time_s < clip.duration_s and 0 < len(categories) <= most:
            inner = margin <= time.time_s <= clip.duration_s - margin
            usable.append(CandidateTime(clip, time.time_s, categories, inner))
    return tuple(usable)


def is_meant(clip: CandidateClip, item: AnnotatedObject) -> bool:
    """Return whether an object sounds and is of a class of its clip.

    Classes say which categories are meant; if the clip has none, all are.

    Parameters
    ----------
    clip
        The clip.
    item
        An object of its annotations.
    """
    return item.sounding and (item.category in clip.classes or not clip.classes)


def is_thin(item: AnnotatedObject) -> bool:
    """Return whether the box of an object is too thin to be used."""
    return min(item.box[2:]) < SMALLEST_SIDE


def inner_of(times: ClipTimes) -> list[CandidateTime]:
    """Return those times that are at least half a window away from both ends of the clip."""
    return [time for time in times if time.inner]


def whole_clip_times(clip: CandidateClip, window_s: float) -> ClipTimes:
    """Return times for a clip without annotations.

    They are half a window apart and at least half a window away from both ends; a clip shorter
    than that has its middle only.

    Parameters
    ----------
    clip
        The clip.
    window_s
        Length of a sound.
    """
    first, last = window_s / 2, clip.duration_s - window_s / 2
    times = np.arange(first, last, window_s / 2) if last > first else [clip.duration_s / 2]
    rounded = [Seconds(round(float(time), TIME_DIGITS)) for time in times]
    return tuple(CandidateTime(clip, time, ("",), inner=True) for time in rounded)
