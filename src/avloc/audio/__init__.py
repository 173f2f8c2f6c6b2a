"""Waveforms, mixtures, windows and log-mel spectrograms: functions of tensors."""
