"""The generator behind the embedded data set: looks, timbres and moving scenes."""
