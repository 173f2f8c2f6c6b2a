"""The gate: which metrics are worse than those of another commit, by more than seeds differ."""
