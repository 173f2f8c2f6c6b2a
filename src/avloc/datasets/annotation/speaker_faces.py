"""Annotate each val and test clip of VoxCeleb2 with the face of its speaker."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc import media
from avloc.data.annotations import AnnotatedObject, AnnotatedTime, Annotations
from avloc.data.clips import Clip, Seconds
from avloc.data.masks import Box
from avloc.datasets.annotation import faces
from avloc.files import write_json
from avloc.progress import track

#: Height of the frames in which faces are detected: that of the videos on YouTube.
FACE_FRAME_PX = 360

#: Rate of the sound, which is decoded with the frame but not used.
SOUND_HZ = 16000


def annotate_faces(
    clips: Sequence[Clip], detector: faces.Detector, time_s: float, raw: Path
) -> Annotations:
    """Return the largest face of each val and test clip at one time, with the speaker as class.

    A clip without a face has no annotation, and so is in no scene. The number of faces and the mean
    share of the frame that they cover are printed and written to ``faces.json``.

    Parameters
    ----------
    clips
        The available clips; the first class of val and test clips is the speaker.
    detector
        Finds faces.
    time_s
        Time of the frame, seconds from the start of the clip.
    raw
        Folder of the data set's videos, and for ``faces.json``.
    """
    labelled = [clip for clip in clips if clip.split != "train"]
    boxes = dict[str, Box]()
    unreadable = 0
    for clip in track(labelled, len(labelled), "faces"):
        try:
            frame = frame_at(raw / clip.path, time_s)
        except media.Unusable as unusable:
            unreadable += 1
            print(f"voxceleb2: no frame of {clip.id} at {time_s:g} s: {unusable}", flush=True)
            continue
        if box := faces.largest(detector(frame)):
            boxes[clip.id] = box
    areas = [faces.area(boxes[c.id]) for c in labelled if c.id in boxes and c.split == "test"]
    percent = 100 * sum(areas) / len(areas) if areas else 0.0
    without_face = len(labelled) - len(boxes) - unreadable
    summary = {
        "clips": len(labelled),
        "with_face": len(boxes),
        "without_face": without_face,
        "unreadable": unreadable,
        "test_faces": len(areas),
        "mean_test_face_area_percent": round(percent, 2),
    }
    write_json(raw / "faces.json", summary)
    print(
        f"voxceleb2: {len(boxes)} of {len(labelled)} val and test clips have a face at {time_s:g} "
        f"s, {without_face} have none, {unreadable} could not be read; the {len(areas)} faces of "
        f"the test split cover {percent:.1f} % of the frame on average",
        flush=True,
    )
    return {
        clip.id: (
            AnnotatedTime(
                Seconds(time_s), (AnnotatedObject(clip.classes[0], boxes[clip.id], True, None),)
            ),
        )
        for clip in labelled
        if clip.id in boxes
    }


def frame_at(path: Path, time_s: float) -> NDArray[np.uint8]:
    """Return the frame on screen at a time.

    Parameters
    ----------
    path
        The video.
    time_s
        Seconds from its start, above 0.

    Returns
    -------
    ndarray
        (H, W, 3) RGB, in the aspect ratio in which it is shown.

    Raises
    ------
    Unusable
        If the video cannot be read or ends earlier.
    """
    # At 1 / time_s frames a second, frame 1 is the one at time_s.
    video = media.decode_unsquashed(path, 1 / time_s, FACE_FRAME_PX, SOUND_HZ, 2 * time_s)
    if len(video.frames) < 2:
        raise media.Unusable(f"shorter than {time_s:g} s")
    return np.asarray(video.frames[1])
