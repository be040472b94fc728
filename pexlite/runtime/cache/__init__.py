"""The cache: where it is, whose it is, and what lies where in it."""
