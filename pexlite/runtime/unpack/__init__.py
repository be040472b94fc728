"""Wheels out of the file into the store, and an app's tree out of the store."""
