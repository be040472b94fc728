"""Files put into a venv, and the RECORD that tells installers of them."""

import base64
import csv
import hashlib
import os

from ..cache import app, files

INSTALLER = b"pexlite\n"


def make_way(path: str) -> None:
    """Remove the file or link at `path`, if there is one."""
    if os.path.lexists(path):
        os.unlink(path)


def write_record(place: str, record: str, names: "list[str]") -> None:
    """Write INSTALLER and RECORD of a distribution in the venv at `place`: all its `names`, relative to that."""
    packages = app.site_packages("").lstrip("/")
    installer = os.path.dirname(record) + "/INSTALLER"
    for name in (installer, record):
        make_way(place + "/" + name)
    files.write(place + "/" + installer, INSTALLER)
    with open(place + "/" + record, "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.writer(file, lineterminator="\n")
        for name in sorted(set(names)) + [installer]:
            with open(place + "/" + name, "rb") as content:
                found = content.read()
            digest = base64.urlsafe_b64encode(hashlib.sha256(found).digest()).decode("ascii").rstrip("=")
            rows.writerow((_from(packages, name), "sha256=" + digest, len(found)))
        rows.writerow((_from(packages, record), "", ""))


def _from(packages: str, name: str) -> str:
    return os.path.relpath(name, packages).replace(os.sep, "/")
