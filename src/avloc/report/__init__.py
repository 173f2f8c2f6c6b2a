"""Tables and figures, drawn from metrics and saved maps, without PyTorch."""
