"""Training: batches, the loop that all methods share, and checkpoints."""
