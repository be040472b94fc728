"""Look inside a built file."""
