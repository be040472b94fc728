"""The README's story of a file that is shipped: its six lines, typed one after the other."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.docs.pages import README, block_after, text_of
from tests.factories import make_project, write_files
from tests.ship.conftest import leftovers
from tests.ssh_server import Server


def typed(server: Server, place: Path, line: str) -> str:
    """The output of a line of the README, typed in `place` by who has an account on the server."""
    line = line.replace("user@server", server.user).replace("'/srv/", f"'{place}/srv/")
    done = server.run("bash", "-c", f"cd '{place}' && {line}")
    assert done.returncode == 0, (line, done.stderr.decode())
    return (done.stdout + done.stderr).decode()


def test_the_lines_of_the_readme_ship_an_application(server: Server, home: Path, tmp_path: Path) -> None:
    built_and_pushed, kept, back, many, delta, applied = block_after("**The next version,", text_of(README))
    project = make_project(
        tmp_path, "app", files={"app.py": "def main(): print(1)\n"}, scripts={"app": "app:main"}
    )
    there = server.home / "bin" / "app.pex"
    there.parent.mkdir(exist_ok=True)
    typed(server, project, built_and_pushed)
    assert server.there("bin/app.pex").stdout == b"1\n"
    shutil.copy2(project / "app.pex", project / "old.pex")
    write_files(project, {"app.py": "def main(): print(2)\n", "hosts.txt": f"{server.user}\n"})
    (project / "srv" / "server").mkdir(parents=True)
    typed(server, project, f"pexlite . -o app.pex --for {server.user} && cp app.pex new.pex")
    typed(server, project, kept)
    assert server.there("bin/app.pex").stdout == b"2\n"
    typed(server, project, back)
    assert server.there("bin/app.pex").stdout == b"1\n"
    typed(server, project, many)
    assert (project / "srv" / "server" / "app.pex").read_bytes() == (project / "new.pex").read_bytes()
    typed(server, project, delta)
    typed(server, project, applied)
    assert (project / "old.pex").read_bytes() == (project / "new.pex").read_bytes()
    assert leftovers(there.parent) == []
    shutil.rmtree(there.parent)
