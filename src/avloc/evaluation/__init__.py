"""Metrics of the paper: numpy arrays in, numbers out."""
