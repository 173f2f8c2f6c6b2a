"""Clips, annotations, masks and shards: what the stages hand to one another."""
