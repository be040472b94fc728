"""Says hello, and shows what a web server answers."""
