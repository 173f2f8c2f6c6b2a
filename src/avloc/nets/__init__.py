"""Networks: the two towers and their similarity, a U-Net, and clustering."""
