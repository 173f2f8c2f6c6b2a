"""From checkpoints and cached scenes to the metrics of a row."""
