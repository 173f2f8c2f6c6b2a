"""Test scenes: planned as a list (recipes), then cached as arrays for the networks."""
