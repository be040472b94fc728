"""The file that is started, read and checked: zip archives in it, and its own parts."""
