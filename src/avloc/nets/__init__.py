"""Image and audio towers and the audio-visual similarity."""
