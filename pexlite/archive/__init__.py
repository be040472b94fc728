"""Bundle -> file, and file -> Manifest. Same input, same bytes."""

from pexlite.archive.reader import read_manifest as read_manifest
from pexlite.archive.writer import measure as measure
from pexlite.archive.writer import write as write
