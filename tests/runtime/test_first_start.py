"""The first start: what it unpacks, where, and what happens when it cannot."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from pexlite.model import LaunchOptions
from pexlite.runtime.file import zip as members_of
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter
from tests.runtime.test_unzip import place_of
from tests.runtime.trials import judged, only_temporary


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
    shared = {path: path.stat().st_ino for path in Path(env["PEX_ROOT"]).glob("lite-2/wheels/*")}
    run([newest.path, second], env)
    after = {path: path.stat().st_ino for path in Path(env["PEX_ROOT"]).glob("lite-2/wheels/*")}
    assert len(shared) == 2 and len(after) == 3
    assert shared.items() <= after.items()


def test_sixteen_first_starts_at_once_all_end_well(newest: Interpreter, teller: Path, env: dict[str, str]) -> None:
    started = [
        subprocess.Popen([newest.path, teller], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(16)
    ]
    ended = [(process.communicate()[1], process.returncode) for process in started]
    assert ended == [(b"", 3)] * 16
    assert list(Path(env["PEX_ROOT"]).glob("lite-2/*/.*")) == []


def test_a_home_that_cannot_be_written_has_a_private_place_that_is_found_again(
    newest: Interpreter, teller: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file")
    env = environment(tmp_path, HOME=str(tmp_path / "home"), **only_temporary(tmp_path))
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
    env = environment(tmp_path, HOME=str(tmp_path / "home"), **only_temporary(tmp_path))
    del env["PEX_ROOT"]
    open_to_all = tmp_path / "tmp" / f"pexlite-{os.getuid()}-aaaa"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    link = tmp_path / "tmp" / f"pexlite-{os.getuid()}-bbbb"
    link.symlink_to(open_to_all)
    assert run([newest.path, teller], env, check=False).returncode == 3
    assert list(open_to_all.iterdir()) == []
    assert len(set((tmp_path / "tmp").iterdir()) - {open_to_all, link}) == 1


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
    (app,) = root.glob("lite-2/apps/*")
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
    """Leftovers of this host go at once, for no start is at work while the pruner is; another's when it is old."""
    wheels = Path(env["PEX_ROOT"]) / "lite-2" / "wheels"
    host = zlib.crc32(os.fsencode(os.uname().nodename))
    names = [f".{'a' * 32}-{number}-17{number}-" for number in range(3)]
    left = [
        (names[0] + f"{host:08x}", 60),
        (names[1] + f"{host ^ 1:08x}", 7200),
        (names[2] + f"{host ^ 1:08x}", 60),
    ]
    for name, age in [*left, (".notes", 7200)]:
        (wheels / name / "lib").mkdir(parents=True)
        os.utime(wheels / name, (time.time() - age,) * 2)
    run([newest.path, teller], env, check=False)
    assert sorted(path.name for path in wheels.glob(".*")) == sorted([left[2][0], ".notes"])


def test_an_interrupt_while_unpacking_leaves_nothing(newest: Interpreter, tmp_path: Path) -> None:
    noise = os.urandom(64 << 20)
    wheel = make_wheel(tmp_path, "big", files={"big.py": "def main():\n    print('ran')\n", "big.bin": noise})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("big", "main"))
    env = environment(tmp_path / "root")
    wheels = tmp_path / "root" / "lite-2" / "wheels"
    process = subprocess.Popen([newest.path, file], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (wheels.exists() and list(wheels.iterdir())):
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (-signal.SIGINT, b"", b"")
    assert list(wheels.iterdir()) == []
    assert run([newest.path, file], env).stdout == "ran\n"


def test_a_member_that_inflates_to_much_is_written_in_pieces(newest: Interpreter, tmp_path: Path) -> None:
    if newest.tag.startswith("pp"):
        pytest.skip("PyPy holds pieces that are not needed any more until it collects them: 540 MB at most here")
    program = "import os, zeros\ndef main():\n    print(os.path.getsize(zeros.__path__[0] + '/data'))\n"
    wheel = make_wheel(
        tmp_path, "zeros", files={"zeros/__init__.py": "", "zeros/data": bytes(200 << 20), "run_zeros.py": program}
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], function("run_zeros", "main"))
    code = (
        "import resource, subprocess, sys; out = subprocess.check_output(sys.argv[1:]).decode();"
        " print(out.strip(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    env = environment(tmp_path / "root")
    size, peak = run([newest.path, "-c", code, newest.path, file], env).stdout.split()
    assert int(size) == 200 << 20
    assert int(peak) < (100 << 10 if sys.platform == "linux" else 100 << 20)  # Linux counts in KiB


@pytest.mark.parametrize("size", [0, 1, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, (8 << 20) + 258])
@pytest.mark.parametrize("stored", [True, False])
def test_pieces_are_the_whole_content(size: int, stored: bool, tmp_path: Path) -> None:
    content = bytes(size // 2) + random.Random(size).randbytes(size - size // 2)
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(tmp_path / "x.zip", "w", how) as archive:
        archive.writestr("x", content)
    descriptor = os.open(tmp_path / "x.zip", os.O_RDONLY)
    try:
        (member,) = members_of.read_members(descriptor, place_of((tmp_path / "x.zip").read_bytes()), "x")
        pieces = list(members_of.pieces(descriptor, member))
    finally:
        os.close(descriptor)
    assert b"".join(pieces) == content
    assert max(map(len, pieces), default=0) <= 4 << 20


def test_names_are_utf_8_under_any_locale(python: Interpreter, tmp_path: Path) -> None:
    program = "import os, parts\ndef main():\n    print(os.listdir(os.fsencode(parts.__path__[0])))\n"
    files = {"parts/__init__.py": "", "parts/na\u00efve.txt": "", "names.py": program}
    scripts = {"console_scripts": {"gr\u00fc\u00df": "names:main"}}
    wheel = make_wheel(tmp_path, "parts", files=files, entry_points=scripts)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("names", "main"))
    env = environment(tmp_path / "root", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert "na\\xc3\\xafve.txt" in run([python.path, file], env).stdout
    assert "na\\xc3\\xafve.txt" in run([python.path, file], {**env, "PEX_SCRIPT": "gr\u00fc\u00df"}).stdout


def test_a_cache_whose_path_is_no_text(newest: Interpreter, tmp_path: Path) -> None:
    scripts = {"console_scripts": {"tool": "starts:main"}}
    files = {"starts.py": "import os, sys\ndef main():\n    print(ascii(sys.prefix))\n"}
    wheel = make_wheel(tmp_path, "starts", files=files, entry_points=scripts)
    file = bundle_file(
        tmp_path / "app.pex", [wheel], function("starts", "main"), launch=LaunchOptions(sh_boot=True)
    )
    root = os.fsencode(tmp_path) + b"/\xff"
    env = environment(tmp_path, PEX_ROOT=os.fsdecode(root), PATH=f"{newest.programs}:/usr/bin:/bin")
    for _ in range(2):
        assert "/\\udcff/" in run([file], env).stdout
    (tool,) = Path(os.fsdecode(root)).glob("lite-2/apps/*/bin/tool")
    assert "/\\udcff/" in run([tool], env).stdout


def test_a_relative_home_gives_an_absolute_cache(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "where", files={"where.py": "import sys\ndef main():\n    print(sys.prefix)\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("where", "main"))
    env = environment(tmp_path, HOME="home")
    del env["PEX_ROOT"]
    assert run([newest.path, file], env, cwd=tmp_path).stdout.startswith(f"{tmp_path}/home/.pex/lite-2/")


def test_a_start_of_the_same_process_id_elsewhere_is_left_alone(
    newest: Interpreter, teller: Path, env: dict[str, str]
) -> None:
    """Containers that share a cache share process ids too."""
    wheels = Path(env["PEX_ROOT"]) / "lite-2" / "wheels"
    run([newest.path, teller], env, check=False)
    (place, *_) = wheels.iterdir()
    shutil.rmtree(Path(env["PEX_ROOT"]) / "lite-2" / "apps")
    place.rename(wheels / f".{place.name}-7")
    code = (
        "import os, runpy, sys; os.getpid = lambda: 7; del sys.argv[0];"
        " sys.path.insert(0, sys.argv[0]); runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    assert json.loads(run([newest.path, "-c", code, teller], env, check=False).stdout)["argv"] == [str(teller)]
    assert any((wheels / f".{place.name}-7").iterdir())


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_no_umask_opens_the_cache_or_breaks_the_app(
    umask: int, newest: Interpreter, teller: Path, tmp_path: Path
) -> None:
    env = environment(tmp_path / "not" / "there" / "yet")
    before = os.umask(umask)
    try:
        assert run([newest.path, teller], env, check=False).returncode == 3
    finally:
        os.umask(before)
    made = [tmp_path / "not", *(tmp_path / "not").rglob("*")]
    assert [path for path in made if not path.is_symlink() and path.stat().st_mode & 0o022] == []


# Another start completes the app between this one's look for the launcher and its taking the lock.
OVERTAKEN = """
import os, runpy, subprocess, sys

file, prefix, complete = sys.argv[1:4]
flock = None


def look_late(event, arguments):
    global flock
    if event == "open" and str(arguments[0]).endswith("/locks/prune") and flock is None:
        flock = True
        if complete == "True":
            subprocess.call([sys.executable, file])
        apps.append(os.stat(prefix).st_ino)


apps = []
sys.addaudithook(look_late)
sys.argv[:] = [file]
try:
    runpy.run_path(file, run_name="__main__")
except SystemExit as end:
    assert end.code == 3
assert apps == [os.stat(prefix).st_ino]
"""


@pytest.mark.parametrize("launcher", ["as it was", "cut off"])
def test_a_start_that_is_overtaken_takes_nothing_away(
    launcher: str, newest: Interpreter, teller: Path, env: dict[str, str]
) -> None:
    prefix = Path(json.loads(run([newest.path, teller], env, check=False).stdout)["prefix"])
    if launcher == "as it was":
        shutil.rmtree(env["PEX_ROOT"])
        run([newest.path, "-c", OVERTAKEN, teller, prefix, "True"], env)
    else:
        before = [(prefix / name).stat().st_ino for name in ("", "READY", "bin")]
        (prefix / "_pexlite_launch").write_bytes(b"")
        run([newest.path, "-c", OVERTAKEN, teller, prefix, "False"], env)
        assert [(prefix / name).stat().st_ino for name in ("", "READY", "bin")] == before
    assert run([newest.path, teller], env, check=False).returncode == 3
    assert sorted(path.name for path in prefix.parent.glob("*")) == [prefix.name]


def test_starts_that_begin_while_one_installs_all_run(newest: Interpreter, slow: Path, tmp_path: Path) -> None:
    for attempt in range(4):
        env = environment(tmp_path / str(attempt))
        begun = []
        for _ in range(10):
            begun.append(
                subprocess.Popen(
                    [newest.path, slow], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
            )
            time.sleep(0.03)
        for process in begun:
            output, errors = process.communicate(timeout=60)
            judged(subprocess.CompletedProcess([], process.returncode, output, errors))
