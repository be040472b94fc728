"""Coverage compared with what tests/README.md says of it: `nox -s coverage` runs it."""
