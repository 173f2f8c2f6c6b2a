"""Writes shards, one clip at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc.data.clips import Clip
from avloc.data.shards.format import INDEX, LEDGER, SETTINGS, IndexEntry, files_of
from avloc.data.shards.growing_array import GrowingArray
from avloc.files import atomic


class ShardWriter:
    """Appends clips to a shard one by one, so that memory never holds the whole shard.

    Parameters
    ----------
    shard
        Name of the shard, ``<split>-00000``.
    frames, audio
        Its two files.

    Attributes
    ----------
    entries
        Index entries of the clips so far.
    """

    def __init__(self, shard: str, frames: GrowingArray, audio: GrowingArray) -> None:
        self.shard, self.entries = shard, list[IndexEntry]()
        self._frames, self._audio = frames, audio

    def add(self, clip: Clip, frames: NDArray[np.uint8], waveform: NDArray[np.int16]) -> None:
        """Append the frames and the waveform of a clip.

        Parameters
        ----------
        clip
            Its entry in the manifest.
        frames
            (T, S, S, 3) RGB.
        waveform
            (N,) mono.

        Raises
        ------
        ValueError
            If a shape or a type is wrong.
        """
        first_frame, first_sample = self._frames.append(frames), self._audio.append(waveform)
        self.entries.append(
            IndexEntry(
                clip.id, clip.split, clip.classes, self.shard,
                first_frame, len(frames), first_sample, len(waveform),
            )
        )  # fmt: skip


@contextmanager
def write_shard(folder: Path, shard: str, size_px: int) -> Iterator[ShardWriter]:
    """Yield the writer of a shard; its two files appear when the block ends without an error.

    Parameters
    ----------
    folder
        Folder of shards.
    shard
        Name of the shard, ``<split>-00000``.
    size_px
        Side S of the frames, in pixels.
    """
    frames_path, audio_path = files_of(folder, shard)
    with (
        atomic(frames_path) as temporary_frames,
        atomic(audio_path) as temporary_audio,
        temporary_frames.open("wb") as frames_file,
        temporary_audio.open("wb") as audio_file,
    ):
        frames = GrowingArray(frames_file, "u1", (size_px, size_px, 3))
        audio = GrowingArray(audio_file, "<i2", ())
        yield ShardWriter(shard, frames, audio)
        frames.write_header()
        audio.write_header()


def remove_shards(folder: Path) -> None:
    """Remove all shards and tables of a folder, beginning with ``shards.json``."""
    for path in (folder / SETTINGS, folder / INDEX, folder / LEDGER, *sorted(folder.glob("*.npy"))):
        path.unlink(missing_ok=True)
