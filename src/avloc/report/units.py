"""The units that scenes are made of: what comes and goes together in the bootstrap."""

from collections.abc import Mapping, Sequence

#: Kind of unit -> per scene the names of those that it is made of.
SceneUnits = Mapping[str, Sequence[Sequence[str]]]

VIDEO = "video"


def scene_units(
    videos: Sequence[Sequence[str]], shared: Mapping[str, Mapping[str, str]]
) -> SceneUnits:
    """Return the units of each scene by kind: photos and sounds where videos share them.

    Parameters
    ----------
    videos
        Per scene the ids of the videos that it shows.
    shared
        Video -> kind -> name of what it shares with others (`avloc.datasets.DownloadResult`). A
        video that shares nothing is a unit of its own.

    >>> scene_units([("a", "b")], {"a": {"photo": "a.jpg", "sound": "x.wav"}})
    {'photo': [['a.jpg']], 'sound': [['x.wav']], 'video': [['b']]}
    """
    of_videos = [[shared.get(video, {VIDEO: video}) for video in scene] for scene in videos]
    kinds = sorted({kind for scene in of_videos for units in scene for kind in units})
    return {
        kind: [[units[kind] for units in scene if kind in units] for scene in of_videos]
        for kind in kinds
    }


def count(units: SceneUnits) -> dict[str, int]:
    """Return how many units there are of each kind."""
    return {kind: len({name for own in scenes for name in own}) for kind, scenes in units.items()}
