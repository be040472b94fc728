"""Requirements -> Lock: read what was asked for, find the index settings, let uv or pip resolve."""
