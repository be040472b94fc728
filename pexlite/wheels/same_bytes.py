"""`wheel`'s WheelFile, with times and modes that do not depend on when, where and by whom a wheel is written."""

from __future__ import annotations

import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from wheel.wheelfile import WheelError, WheelFile

_CREATED_ON_UNIX = 3


class SameBytes(WheelFile):  # type: ignore[misc]
    """A wheel being written; RECORD, which WheelFile writes at the end, has our time and mode too."""

    def __init__(self, path: Path, info: str, moment: int, stored: bool) -> None:
        try:
            super().__init__(path, "w")
        except WheelError as problem:
            raise ValueError(str(problem)) from problem
        # Not every backend spells it as the file is called.
        self.dist_info_path, self.record_path = info, f"{info}/RECORD"
        self._moment = time.gmtime(moment)[:6]
        self._method = ZIP_STORED if stored else ZIP_DEFLATED

    def add(self, name: str, content: bytes, *, executable: bool = False) -> None:
        """Write a member."""
        super().writestr(self._entry(name, 0o100755 if executable else 0o100644), content)

    def writestr(self, name: str, content: str, compression: int | None = None) -> None:
        """Write RECORD, as WheelFile does when it is closed."""
        super().writestr(self._entry(name, 0o100644), content, compression)

    def _entry(self, name: str, mode: int) -> ZipInfo:
        entry = ZipInfo(name, self._moment)
        entry.compress_type = self._method
        entry.create_system = _CREATED_ON_UNIX
        entry.external_attr = mode << 16
        return entry
