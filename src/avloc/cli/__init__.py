"""Command-line tools beside the pipeline: ``python -m avloc.cli.<tool>``."""
