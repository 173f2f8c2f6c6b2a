"""params.yaml, the rows of the tables, and the code that a stage's result depends on."""
