"""Files that go into an app's directory as they are, and are run there by its Python, never from this room."""
