"""Waveforms, mixtures and log-mel spectrograms; pure torch, no configuration."""
