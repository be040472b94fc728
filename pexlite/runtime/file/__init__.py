"""The file that was started: its own parts, read and checked, and the zip archives in it."""
