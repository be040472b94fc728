"""Upkeep of the cache: damage found and mended, unused apps removed."""
