"""Tools for built files and for the caches: info, verify, extract, venv, activate, cache."""
