"""Clips, annotations, masks, coverage and shards: the data that stages hand to one another."""
