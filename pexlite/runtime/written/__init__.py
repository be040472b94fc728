"""Files copied unchanged into an app's directory, where its Python runs them; this room never imports them."""
