"""What generated videos show and play: invented instruments and scenes, and photos."""
