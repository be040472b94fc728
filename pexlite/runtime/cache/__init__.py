"""The cache: its place, its owner, and the names and files in it."""
