"""Scores of one table row on all test sets: maps from anywhere, metrics of the paper."""
