"""The Spark versions that files are tested on: the last of the 3.5 line, and the newest."""

from __future__ import annotations

import pytest

VERSIONS = ("3.5.9", "4.3.0")
only_newest = pytest.mark.parametrize("spark_home", VERSIONS[-1:], indirect=True)
