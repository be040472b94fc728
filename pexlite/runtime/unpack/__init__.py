"""Unpacking: wheels from the file into the store, and an app's tree from the store."""
