"""Where videos come from: one module per data set."""
