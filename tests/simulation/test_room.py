"""The room is loaded as from a file: flat or in folders, anew for each process, on that process's system."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.programs.simulation.disk import Disk
from tests.programs.simulation.process import Process
from tests.programs.simulation.room import Imports, Room
from tests.programs.simulation.scheduler import Faults, Scheduler

_ROOM = {
    "__init__.py": "import os\ncount = 0\n",
    "install.py": "from .cache import app\nfrom .cache.app import place\nfrom .upkeep import check as looked\n",
    "cache/__init__.py": "",
    "cache/app.py": "import os.path\nfrom .. import count\nplace = os.path.join('/a', 'b')\n",
    "upkeep/__init__.py": "",
    "upkeep/check.py": """
        from __future__ import annotations
        import os

        def size(path):
            from ..cache import app
            import __pexlite__.cache.app
            assert __pexlite__.cache.app is app
            with open(path, "rb") as file:
                return len(file.read()) + os.stat(path).st_size

        def foreign():
            import subprocess

        def launched(code):
            names = {}
            exec(compile(code, "there", "exec"), names)
            return names["os"]
    """,
}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    for name, text in _ROOM.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return Room(tmp_path)


def imports(room: Room, disk: Disk) -> Imports:
    scheduler = Scheduler("", disk, Faults(kinds=(), chance=0.0), 1)
    return Imports(Process("one", 1, scheduler, lambda process: None, {}), room, None, {})


def test_modules_in_folders_find_each_other(room: Room) -> None:
    install = imports(room, Disk()).load("__pexlite__.install")
    assert install.place == install.app.place == "/a/b"
    assert install.looked.__package__ == "__pexlite__.upkeep"


def test_what_a_module_opens_is_on_the_simulated_disk(room: Room) -> None:
    disk = Disk()
    disk.put("/file", b"12345", 0o644)
    assert imports(room, disk).load("__pexlite__.upkeep.check").size("/file") == 10


def test_code_that_a_module_runs_is_on_the_same_system(room: Room) -> None:
    found = imports(room, Disk())
    check = found.load("__pexlite__.upkeep.check")
    assert check.launched("import os") is found.process.modules["os"] is check.os


def test_each_process_has_modules_of_its_own(room: Room) -> None:
    disk = Disk()
    one, two = (imports(room, disk).load("__pexlite__") for _ in range(2))
    one.count = 1
    assert two.count == 0
    assert one.os is not two.os


def test_a_module_that_would_reach_the_real_system_is_refused(room: Room) -> None:
    with pytest.raises(AssertionError, match="subprocess is not simulated"):
        imports(room, Disk()).load("__pexlite__.upkeep.check").foreign()
