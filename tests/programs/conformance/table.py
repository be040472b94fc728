"""All rows, and the rows that the usual test run takes."""

from __future__ import annotations

from tests.programs.conformance.libraries import LIBRARIES
from tests.programs.conformance.processes import PROCESSES
from tests.programs.conformance.programs import PROGRAMS

APPLICATIONS = (*PROGRAMS, *LIBRARIES, *PROCESSES)

# One of each kind that has ever shown something: data files, compiled code, namespaces, children, plugins.
_JOURNEYS = {
    *("cowsay", "httpie", "black", "pytest-xdist", "ipython", "sphinx", "mkdocs", "nbconvert", "ansible-core"),
    *("data", "cryptography", "grpcio", "google-cloud-storage", "zope.interface", "mypy", "ruff", "nodeenv"),
    *("yamllint", "django", "celery", "distributed", "joblib", "spawn"),
}
JOURNEYS = tuple(row for row in APPLICATIONS if row.name in _JOURNEYS)
