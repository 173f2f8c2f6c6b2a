"""params.yaml, and the settings of each row."""
