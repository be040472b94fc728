"""The command line: options, help, words, progress, exit codes. Only this room prints or exits."""

from pexlite.cli.main import main as main
