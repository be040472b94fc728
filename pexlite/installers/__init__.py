"""uv and pip as programs: where they are, how to pass them index settings, how to run them."""
