"""The picture at the top of the README: a file is built, copied to a server and run there.

__main__      types the commands, here and on a server that it starts: python -m tests.programs.recording
picture       the lines of a terminal as an SVG, and read back out of one
"""
