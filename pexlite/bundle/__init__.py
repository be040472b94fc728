"""Wheels -> Bundle: which wheels each target gets, what starts, and on which Pythons the file will run.

Pure: values in, values out. No disk, no network, no clock, no environment.
"""
