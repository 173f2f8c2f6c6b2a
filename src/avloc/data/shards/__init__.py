"""Shards: large files with the frames and waveforms of many clips, read through memory maps."""
