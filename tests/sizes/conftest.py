"""Leave these tests to `nox -s sizes`: they write many gigabytes and take minutes."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("PEXLITE_TEST_SIZES") else ["test_*.py"]
