"""Damage in the cache, found and mended; and apps that nobody uses, removed."""
