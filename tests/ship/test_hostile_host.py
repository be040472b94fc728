"""A host that answers with anything: one clear error, in bounded time and memory, and nothing is written here."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import environment_with_pexlite
from tests.ship.conftest import Pair

# Stands in for ssh: reads what a push says, and answers what `answer` makes of it.
_HOST = """
import json, os, sys, zlib
from binascii import a2b_base64, b2a_base64

stdin, stdout = sys.stdin.buffer, sys.stdout.buffer

def heard():
    return json.loads(zlib.decompress(a2b_base64(stdin.readline().split()[0])).decode("utf-8", "surrogatepass"))

def packed(text):
    return b2a_base64(zlib.compress(text if isinstance(text, bytes) else text.encode()))

def say(said):
    stdout.write(packed(json.dumps(said)))
    stdout.flush()

def begin():
    stdin.readline()
    asked = heard()
    stdout.write(("\\n%s\\n" % asked["mark"]).encode())
    return asked

machine = {"platform": "linux_x86_64", "python": "cp311", "pythons": [], "libc": ["glibc", [2, 36]]}
room = {"device": 1, "free": 1 << 40, "old": 0}
state = {"each": {"0": room}, "first": 0, "zlib": [1, 2], "codecs": ["xz"], "part": [0, ""], "script": [0, ""],
         "files": [], "cached": []}

def described():
    begin()
    say(dict(machine, each=[{}]))
    heard()
"""

ANSWERS = {
    "prints without end": "while True: stdout.write(b'welcome ' * 9999 + b'\\n')",
    "prints a line without end": "while True: stdout.write(b'welcome ' * 9999)",
    "complains without end": "for _ in range(20000): os.write(2, b'\\x1b[2J%080d\\n' * 99)\nsys.exit(255)",
    "answers without end": "begin()\nwhile True: stdout.write(b'A' * 99999)",
    "inflates without end": "begin()\nstdout.write(packed(bytes(1 << 30)))",
    "nests without end": "begin()\nstdout.write(packed('[' * 900000))",
    "no base64": "begin()\nstdout.write(b'\\xff\\x1b[31m<>\\n')",
    "no object": "begin()\nsay([1])",
    "empty": "begin()\nsay({})",
    "too few": "begin()\nsay(dict(machine, each=[]))",
    "each is a number": "begin()\nsay(dict(machine, each=[7]))",
    "no machine": "begin()\nsay({'each': [{}]})",
    "a name of escapes": "begin()\nsay(dict(machine, each=[{}], platform='\\x1b[2J'))",
    "refuses with escapes": (
        "begin()\nsay({'each': [{'refused': 'no directory', 'directory': '\\x1b[2J' * 99999}]})"
    ),
    "no state": "described()\nsay({})",
    "another place": "described()\nsay(dict(state, first=99))",
    "a place of no kind": "described()\nsay(dict(state, first=[]))",
    "huge sizes": "described()\nsay(dict(state, part=[10 ** 4000, '']))",
    "negative sizes": "described()\nsay(dict(state, script=[-5, '']))",
    "a wheel outside": (
        "described()\nsay(dict(state, files=[{'wheels': [], 'own': [], 'changed': [{'project': 'patched', "
        "'sha256': '0' * 64, 'offset': -(1 << 70), 'members': [['../../x', 1 << 90, 1, 1, 1, 0]]}]}]))"
    ),
    "tells without end": "described()\nsay(state)\nheard()\nwhile True: say({'arrived': 5})",
    "speaks of another place": "described()\nsay(state)\nheard()\nsay({'done': True, 'at': 3})",
    "never fits": (
        "described()\nsay(state)\nwhile True:\n"
        "    heard()\n    say({'misfit': '\\x1b[2J' * 999, 'wheels': [[1], {}]})"
    ),
    "never fits, and says no more": "described()\nsay(state)\nheard()\nsay({'misfit': 1, 'wheels': 7})",
    "ends": "sys.exit(0)",
    "sh with nonsense": "begin()\nstdout.write(b'sh Linux x86_64 glibc 2.x file 9 \\xff 0 - 7\\n')",
    "sh with huge numbers": (
        "begin()\nstdout.write(b'sh Linux x86_64 glibc 2.9 file ' + b'9' * 9999 + b' a 0 - 7\\n')"
    ),
}


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 22, 1 << 22))


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_host_that_answers_with_nonsense_is_one_error(pair: Pair, tmp_path: Path, answer: str) -> None:
    environment = environment_with_pexlite(tmp_path)
    (tmp_path / "host.py").write_text(_HOST + answer + "\nstdout.flush()\n")
    ssh = tmp_path / "bin" / "ssh"
    ssh.write_text(f"#!/bin/sh\nexec {sys.executable} -I -S {tmp_path}/host.py\n")
    ssh.chmod(0o755)
    here = tmp_path / "here"
    here.mkdir()
    done = subprocess.run(
        ["pexlite", "push", pair.new, "server:bin/app.pex"],
        cwd=here,
        env=environment,
        capture_output=True,
        check=False,
        timeout=60,
        preexec_fn=_bounded if os.name == "posix" else None,
    )
    assert done.returncode == 7, done.stderr[-2000:]
    first, *_ = done.stderr.splitlines()
    assert first.startswith(b"error: ") and b"server" in first
    assert b"a bug in pexlite" not in done.stderr and b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stderr and len(done.stderr) < 20_000
    assert list(here.iterdir()) == []
