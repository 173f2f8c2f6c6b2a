"""What of the user's clips and boxes no scene uses, in sentences with counts."""

from collections.abc import Iterable, Sequence

from avloc.data.annotations import Annotations
from avloc.scenes.candidates import (
    SMALLEST_SIDE,
    CandidateClip,
    annotated_times,
    is_meant,
    is_thin,
)

#: Clip id and time of boxes or annotated times that are not used.
Places = list[tuple[str, float]]


def unused_boxes(clips: Iterable[CandidateClip], annotations: Annotations) -> list[str]:
    """Return one sentence for each reason why boxes or annotated times are not used.

    Objects that are annotated as silent are the user's own choice and do not count.

    Parameters
    ----------
    clips
        The clips to look at.
    annotations
        Their annotations.
    """
    thin, foreign, late, several = Places(), Places(), Places(), Places()
    for clip in clips:
        for time in annotations.get(clip.id, ()):
            place = (clip.id, time.time_s)
            if time.objects and not 0 <= time.time_s < clip.duration_s:
                late.append(place)
                continue
            meant = [item for item in time.objects if is_meant(clip, item)]
            foreign += [place for item in time.objects if item.sounding and item not in meant]
            thin += [place for item in meant if is_thin(item)]
            if not clip.classes and len({i.category for i in meant if not is_thin(i)}) > 1:
                several.append(place)
    found = (
        (late, "annotated time lies", "annotated times lie", "after the end of the clip"),
        (thin, "box is", "boxes are", f"thinner than {100 * SMALLEST_SIDE:g} % of the frame"),
        (foreign, "box has", "boxes have", "a class that is not one of the clip's"),
        (
            several,
            "annotated time shows",
            "annotated times show",
            "several sounding classes in a clip without a class (give the clip its classes)",
        ),
    )
    return [
        f"{len(places)} {one if len(places) == 1 else many} {reason} and "
        f"{'is' if len(places) == 1 else 'are'} not used; the first is in {_place(places[0])}"
        for places, one, many, reason in found
        if places
    ]


def unused_clips(
    clips: Sequence[CandidateClip], annotations: Annotations, annotated: bool, window_s: float
) -> list[str]:
    """Return the ids of the clips that no recipe can use, since they have no usable box.

    Parameters
    ----------
    clips
        Of one test set and split.
    annotations
        Their annotations.
    annotated
        Whether any clip of the test set has annotations, in any split. If not, a clip of one class
        is used whole.
    window_s
        Length of a sound.
    """
    return [
        clip.id
        for clip in clips
        if (len(clip.classes) > 1 or (annotated and clip.classes))
        and not annotated_times(clip, annotations.get(clip.id, ()), window_s)
    ]


def inventory(
    clips: Sequence[CandidateClip], annotations: Annotations, window_s: float, split: str, tag: str
) -> str:
    """Return which clips a test set can be made of in a split, as part of a sentence.

    Parameters
    ----------
    clips
        Of the split, with the tag of the test set.
    annotations
        Their annotations.
    window_s
        Length of a sound.
    split, tag
        Their names; an empty tag for a set of all clips.

    >>> inventory([CandidateClip("a", "test", ("dog",), 3.0)], {}, 0.96, "test", "")
    'the test split has 1 clip with one class (dog); none has a usable box'
    """
    where = f"the {split} split has"
    of_tag = f" and the tag {tag!r}" if tag else ""
    if not clips:
        return f"{where} no usable clip{of_tag.replace(' and', ' with')}"
    kinds = (
        ("without a class", [c for c in clips if not c.classes]),
        ("with one class", [c for c in clips if len(c.classes) == 1]),
        ("with two classes", [c for c in clips if len(c.classes) == 2]),
        ("with three classes or more", [c for c in clips if len(c.classes) > 2]),
    )
    parts = [
        f"{len(own)} {'clip' if len(own) == 1 else 'clips'} {kind}{of_tag}{_different(own)}"
        for kind, own in kinds
        if own
    ]
    boxed = sum(bool(annotated_times(c, annotations.get(c.id, ()), window_s)) for c in clips)
    having = f"{boxed or 'none'} {'has' if boxed < 2 else 'have'} a usable box"
    return f"{where} {' and '.join(parts)}; {having}"


def _different(clips: Sequence[CandidateClip]) -> str:
    """Return the classes of clips that have one each, in brackets."""
    if any(len(clip.classes) != 1 for clip in clips):
        return ""
    names = sorted({clip.classes[0] for clip in clips})
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f" ({shown})" if len(names) == 1 else f" ({len(names)} different: {shown})"


def _place(place: tuple[str, float]) -> str:
    return f"clip {place[0]} at {place[1]:g} s"
