"""Reads and writes video files with ffmpeg, and says which ffmpeg is used."""

from avloc.media.decoding import Media, decode, decode_sound, decode_unsquashed
from avloc.media.encoding import encode
from avloc.media.faults import Unusable
from avloc.media.process import CHILD_VARIABLES, child_environment, ffmpeg_binary

__all__ = [
    "CHILD_VARIABLES",
    "Media",
    "Unusable",
    "child_environment",
    "decode",
    "decode_sound",
    "decode_unsquashed",
    "encode",
    "ffmpeg_binary",
]
