"""Test scenes: first planned as a list that can be diffed, then rendered to arrays."""
