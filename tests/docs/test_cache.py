"""docs/cache.md says what the runtime's door says, and what a start leaves in a cache."""

from __future__ import annotations

import marshal
import os
import re
import sys
import zipfile
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from pexlite.archive.runtime_files import LAYOUT, ROOM_DIRECTORY
from pexlite.model import LaunchOptions
from tests.bundles import bundle_file, environment, function, run
from tests.docs.tables import page, table
from tests.factories import make_wheel

DOOR = (ROOM_DIRECTORY / "__init__.py").read_text(encoding="utf-8")
LATER = ("_pexlite_switches", "_pexlite_checked", "_pexlite_mended", "/pythons")
KEY = re.compile(r"(cp|pp)3\d+t?-[0-9a-f]{10}")


def rules(text: str, emphasis: str) -> list[str]:
    """The words in which each rule of the protocol begins, in their order."""
    mark = re.escape(emphasis)
    return [words.rstrip(".") for words in re.findall(rf"^\d\. {mark}(.+?){mark}", text, flags=re.MULTILINE)]


def test_the_rules_are_those_on_the_door() -> None:
    assert rules(page("cache"), "**") == rules(DOOR, "*")
    assert len(rules(DOOR, "*")) == 7


def sentences(text: str) -> list[str]:
    """The sentences of the rules in `text`, without marks and line ends."""
    plain = " ".join(re.sub(r"[*`]", "", re.sub(r"^\d\. ", "", text, flags=re.MULTILINE)).split())
    return re.split(r"(?<=\.) (?=[A-Z])", plain)


def test_every_sentence_of_a_rule_on_the_door_is_on_the_page() -> None:
    known = sentences(page("cache").partition("<!-- rules -->")[2])
    door = DOOR.partition("The protocol\n============\n")[2].partition('"""')[0]
    # The page has the form of a temporary name among the other names.
    missing = [said for said in sentences(door) if said not in known and not said.startswith("A temporary name")]
    assert missing == []


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root into which one file has unpacked itself, with an sh header."""
    place = tmp_path_factory.mktemp("started")
    wheel = make_wheel(place, "app", files={"app.py": "def main(): pass", "other/__init__.py": ""})
    file = bundle_file(place / "app.pex", [wheel], function("app", "main"), launch=LaunchOptions(sh_boot=True))
    root = place / "root"
    run([sys.executable, file], environment(root))
    return root


def in_words(path: Path, root: Path) -> str:
    """The path as the page writes it."""
    text = "<root>/" + path.relative_to(root).as_posix() + ("/" if path.is_dir() else "")
    text = re.sub(r"\b[0-9a-f]{32}\b", "<sha256, 32 hex>", text)
    text = re.sub(r"\.(cp\d+t?)\.([0-9a-f]{10})\.sh$", r".\1-\2.sh", text)  # a pointer has dots
    return KEY.sub("<python key>", re.sub(r"\b[0-9a-f]{16}\b", "<build id>", text))


def test_a_start_leaves_the_names_of_the_page_and_no_others(started: Path) -> None:
    shown = page("cache").partition("<!-- tree -->\n```text\n")[2].partition("```")[0].splitlines()
    (app,) = started.glob(f"{LAYOUT}/apps/*-*")
    ours = [path for path in app.iterdir() if path.name.startswith("_pexlite") or path.name == "READY"]
    left = [*started.glob("*"), *started.glob("*/*"), *started.glob("*/*/*"), *ours]
    named = {in_words(path, started) for path in left}
    places = {f"<root>/{LAYOUT}/{part}" for part in ("", "apps/", "wheels/", "locks/")}
    later = {line for line in shown if line.endswith(LATER)}
    # Only files that bring a Python have these (tests/own_python).
    own = {line for line in shown if "/interpreters/" in line or line.endswith("locks/<sha256, 32 hex>")}
    assert named - places == set(shown) - later - own and len(own) == 2
    written = "".join(path.read_text() for path in ROOM_DIRECTORY.rglob("*.py"))
    assert all(line.rpartition("/")[2] in written for line in later)


def test_ready_has_the_lines_of_the_page(started: Path) -> None:
    (ready,) = started.glob(f"{LAYOUT}/apps/*/READY")
    lines = ready.read_text().split("\n")
    assert lines.pop() == ""
    shown = [row[0].strip("`") for row in table("cache", "ready")]
    assert [line.partition(" ")[0] for line in lines[:4]] == [line.partition(" ")[0] for line in shown[:4]]
    assert shown[4:] == ["(empty)", "<name>"] and lines[4] == ""
    names = {path.name for path in started.glob(f"{LAYOUT}/apps/*/lib/*/site-packages/*")}
    assert lines[5:] == sorted(names - {"__pycache__"})


def test_the_launcher_holds_what_the_page_says(started: Path) -> None:
    (launcher,) = started.glob(f"{LAYOUT}/apps/*/_pexlite_launch")
    sentence = page("cache").partition("<!-- launcher -->")[2].partition("as marshalled code")[0]
    said = set(re.findall(r"`([a-z_]+)`", sentence)) - {"__main__"}
    assert said | {"become", "program"} == set(marshal.loads(launcher.read_bytes()[4:]))
    assert "it has more: `become` and `program` with `--sh-boot`," in page("cache")


def test_beside_the_launcher_is_what_the_page_says(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    root = tmp_path / "root"
    run([sys.executable, file, "warm"], environment(root, PEX_TOOLS="1"))
    said = re.findall(
        "`(_pexlite_[a-z_]+)`", page("cache").partition("<!-- beside -->")[2].partition(" are modules")[0]
    )
    found = {path.name: path.read_bytes() for path in root.glob(f"{LAYOUT}/apps/*/_pexlite_*")}
    launcher = marshal.loads(found.pop("_pexlite_launch")[4:])
    assert sorted(found) == sorted(said)
    assert not {name.removeprefix("_pexlite_") for name in found} & set(launcher)
    with zipfile.ZipFile(file) as opened:
        parts = opened.read("__pexlite__.txt").decode().split("\f")
    carried = dict(part.split("\n", 1) for part in parts if part)
    for name, content in found.items():
        module = name.removeprefix("_pexlite_")
        name = f"app/{module}.py"
        code = compile(carried[name], f"<pexlite>/{name}", "exec", dont_inherit=True, optimize=2)
        assert content[:4] == MAGIC_NUMBER and marshal.loads(content[4:]) == code


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("cache/turn", "_PRUNER", "10 s"),
        ("cache/turn", "_ANOTHER_START", "300 s"),
        ("upkeep/mend", "_LONGEST_WAIT", "60 s"),
        ("app/launch", "_LONGEST_WAIT", "10 s"),
    ],
)
def test_a_lock_is_waited_for_as_long_as_the_page_says(module: str, name: str, words: str) -> None:
    source = (ROOM_DIRECTORY / f"{module}.py").read_text(encoding="utf-8")
    assert f"\n{name} = {words.partition(' ')[0]}" in source
    assert any(words in row[3] for row in table("cache", "locks"))


@pytest.mark.parametrize(
    ("root", "switch", "told"),
    [
        ("file/x", "", ""),
        ("file/x", "1", "/file/x cannot be written: using"),
        ("open", "", "mode 777"),
    ],
)
def test_a_private_root_is_told_of_when_the_page_says(root: str, switch: str, told: str, tmp_path: Path) -> None:
    assert "where it only cannot be written, `PEX_VERBOSE=1` shows it" in page("cache")
    tmp_path.chmod(0o700)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "file").touch()
    # One that is found before those which this user may have in /var/tmp.
    (tmp_path / f"pexlite-{os.getuid()}-x").mkdir(mode=0o700)
    wheel = make_wheel(tmp_path, "app", files={"app.py": "import sys\ndef main(): print(sys.prefix)"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    variables = environment(tmp_path / root) | {"TMPDIR": str(tmp_path), "PEX_VERBOSE": switch}
    ended = run([sys.executable, file], variables)
    assert ended.stdout.startswith(f"{tmp_path}/pexlite-")
    assert told in ended.stderr and bool(told) == bool(ended.stderr)
