"""The first start: what it unpacks, where, and what happens when it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter


def test_namespace_packages_of_several_wheels_are_one(python: Interpreter, tmp_path: Path) -> None:
    code = (
        "def main():\n"
        "    import space.deep.one, space.deep.two, space.three\n"
        "    import importlib.util\n"
        "    print(space.deep.one.x + space.deep.two.x + space.three.x)\n"
    )
    wheels = [
        make_wheel(tmp_path, "one", files={"space/deep/one.py": "x = 1\n", "space/deep/sub/__init__.py": ""}),
        make_wheel(tmp_path, "two", files={"space/deep/two.py": "x = 2\n"}),
        make_wheel(tmp_path, "three", files={"space/three.py": "x = 3\n", "app.py": code}),
    ]
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))
    assert run([python.path, file], environment(tmp_path / "root")).stdout == "6\n"


def test_metadata_resources_and_modes_are_right(newest: Interpreter, tmp_path: Path) -> None:
    code = (
        "def main():\n"
        "    import importlib.metadata as metadata, importlib.resources as resources, os, owner\n"
        "    print(metadata.version('owner'), resources.read_text('owner', 'data.txt'))\n"
        "    print([str(f) for f in metadata.files('owner')][0])\n"
        "    print([e.name for e in metadata.entry_points(group='plug')])\n"
        "    print(os.access(owner.__file__.replace('__init__.py', 'program'), os.X_OK))\n"
        "    print(os.access(owner.__file__, os.X_OK))\n"
    )
    wheel = make_wheel(
        tmp_path,
        "owner",
        "2.5",
        files={"owner/__init__.py": code, "owner/data.txt": "content", "owner/program": "#!/bin/sh\necho run\n"},
        entry_points={"plug": {"a": "owner:main"}},
        executable=("owner/program",),
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], function("owner", "main"))
    lines = run([newest.path, file], environment(tmp_path / "root")).stdout.splitlines()
    assert lines[0] == "2.5 content"
    assert lines[1:] == ["owner/__init__.py", "['a']", "True", "False"]


def test_pth_files_are_honoured(python: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        "hooked",
        files={
            "hooked.pth": "inner\nimport sys; sys.hooked = True\n",
            "inner/found.py": "x = 5\n",
            "app.py": "def main():\n    import found, sys\n    print(found.x, sys.hooked)\n",
        },
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    assert run([python.path, file], environment(tmp_path / "root")).stdout == "5 True\n"


def test_two_apps_share_a_wheel(newest: Interpreter, teller_wheels: list[Path], tmp_path: Path) -> None:
    env = environment(tmp_path / "root")
    other = make_wheel(tmp_path, "other", files={"other.py": "def main():\n    import helper\n"})
    first = bundle_file(tmp_path / "one.pex", teller_wheels, function("teller", "main"))
    second = bundle_file(tmp_path / "two.pex", [*teller_wheels, other], function("other", "main"))
    run([newest.path, first], env, check=False)
    shared = {path: path.stat().st_ino for path in Path(env["PEX_ROOT"]).glob("lite-1/wheels/*")}
    run([newest.path, second], env)
    after = {path: path.stat().st_ino for path in Path(env["PEX_ROOT"]).glob("lite-1/wheels/*")}
    assert len(shared) == 2 and len(after) == 3
    assert shared.items() <= after.items()


def test_sixteen_first_starts_at_once_all_end_well(newest: Interpreter, teller: Path, env: dict[str, str]) -> None:
    started = [
        subprocess.Popen([newest.path, teller], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(16)
    ]
    ended = [(process.communicate()[1], process.returncode) for process in started]
    assert ended == [(b"", 3)] * 16
    assert list(Path(env["PEX_ROOT"]).glob("lite-1/*/.*")) == []


def test_a_home_that_cannot_be_written_has_a_private_place_that_is_found_again(
    newest: Interpreter, teller: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file")
    (tmp_path / "tmp").mkdir()
    env = environment(tmp_path, HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "tmp"))
    del env["PEX_ROOT"]
    for _ in range(2):
        assert run([newest.path, teller], env, check=False).returncode == 3
    (private,) = (tmp_path / "tmp").iterdir()
    assert private.stat().st_mode & 0o777 == 0o700
    assert private.stat().st_uid == os.getuid()


def test_a_private_place_prepared_by_others_is_not_taken(
    newest: Interpreter, teller: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file")
    open_to_all = tmp_path / "tmp" / f"pexlite-{os.getuid()}-aaaa"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    (tmp_path / "tmp" / f"pexlite-{os.getuid()}-bbbb").symlink_to(open_to_all)
    env = environment(tmp_path, HOME=str(tmp_path / "home"), TMPDIR=str(tmp_path / "tmp"))
    del env["PEX_ROOT"]
    assert run([newest.path, teller], env, check=False).returncode == 3
    assert list(open_to_all.iterdir()) == []


def test_a_damaged_file_says_so_and_poisons_nothing(newest: Interpreter, teller: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "root")
    content = bytearray(teller.read_bytes())
    position = content.index(b"PK\x03\x04", 200) + 100
    content[position] ^= 0xFF
    broken = tmp_path / "teller.pex"
    broken.write_bytes(content)
    done = run([newest.path, broken], env, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: teller.pex is damaged") and "Traceback" not in done.stderr
    assert run([newest.path, teller], env, check=False).returncode == 3


def test_after_a_kill_the_next_start_completes(newest: Interpreter, teller: Path, env: dict[str, str]) -> None:
    root = Path(env["PEX_ROOT"])
    run([newest.path, teller], env, check=False)
    (app,) = root.glob("lite-1/apps/*")
    (app / "READY").unlink()  # as if killed before the end
    (app / "pyvenv.cfg").unlink()
    assert run([newest.path, teller], env, check=False).returncode == 3
    assert (app / "READY").exists() and (app / "pyvenv.cfg").exists()


def test_record_names_the_files_of_data_where_they_are(newest: Interpreter, tmp_path: Path) -> None:
    code = (
        "def main():\n"
        "    import importlib.metadata as metadata\n"
        "    print([file.locate().exists() for file in metadata.files('app')], len(metadata.files('app')))\n"
    )
    data = {
        "scripts/tool": "#!python\n",
        "data/share/x": "y",
        "purelib/pure.py": "",
        "platlib/plat/__init__.py": "",
    }
    wheel = make_wheel(tmp_path, "app", files={"app.py": code}, data=data)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    assert run([newest.path, file], environment(tmp_path / "root")).stdout == f"{[True] * 8} 8\n"


def test_what_a_killed_start_left_is_swept(newest: Interpreter, teller: Path, env: dict[str, str]) -> None:
    wheels = Path(env["PEX_ROOT"]) / "lite-1" / "wheels"
    for name, age in ((".old-1", 7200), (".young-2", 60)):
        (wheels / name / "lib").mkdir(parents=True)
        os.utime(wheels / name, (time.time() - age,) * 2)
    run([newest.path, teller], env, check=False)
    assert sorted(path.name for path in wheels.glob(".*")) == [".young-2"]


def test_an_interrupt_while_unpacking_leaves_nothing(newest: Interpreter, tmp_path: Path) -> None:
    noise = os.urandom(64 << 20)
    wheel = make_wheel(tmp_path, "big", files={"big.py": "def main():\n    print('ran')\n", "big.bin": noise})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("big", "main"))
    env = environment(tmp_path / "root")
    wheels = tmp_path / "root" / "lite-1" / "wheels"
    process = subprocess.Popen([newest.path, file], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (wheels.exists() and list(wheels.iterdir())):
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (-signal.SIGINT, b"", b"")
    assert list(wheels.iterdir()) == []
    assert run([newest.path, file], env).stdout == "ran\n"
