"""These write many gigabytes and take minutes: `nox -s sizes` runs them, nothing else does."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("PEXLITE_TEST_SIZES") else ["test_*.py"]
