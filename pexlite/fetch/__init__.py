"""Lock -> Wheels in the store: download, build, local code."""
