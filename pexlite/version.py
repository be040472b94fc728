"""The version of pexlite."""

__version__ = "0.1.0"
