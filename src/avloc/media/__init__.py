"""Reads and writes video files with ffmpeg, and says which ffmpeg is used."""

from avloc.media.decoding import Media, decode, decode_sound, decode_unsquashed
from avloc.media.encoding import encode
from avloc.media.process import Unusable, ffmpeg_binary

__all__ = [
    "Media",
    "Unusable",
    "decode",
    "decode_sound",
    "decode_unsquashed",
    "encode",
    "ffmpeg_binary",
]
