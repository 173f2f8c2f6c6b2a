"""Command-line tools beside the pipeline: ``avloc <tool>``."""
