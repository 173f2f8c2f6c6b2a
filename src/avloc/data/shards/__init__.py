"""Memory-mapped shards of frames and waveforms: one format, one loader."""
