"""Do the tests notice when losses, metrics or the gate are wrong? `make mutants` finds out."""
