"""Several rows at a time: their processes, the order in which they begin, and what is shown."""
