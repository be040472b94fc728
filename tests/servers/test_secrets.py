"""A password that is put anywhere an address can be is found nowhere but there, however a build or a lock ends."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.factories import make_wheel
from tests.index import serve
from tests.network.server import Server, content
from tests.pylock.values import sha256
from tests.servers.conftest import Machine

# Another one in each process of the tests, which can see the programs of the others.
MARK = f"mark-{os.getpid()}-in-a-test"
_ODD = "%40%3A%2F%C3%A4"

# How somebody writes it: a user before the host, and parameters behind the path.
FORMS = {
    "a password": (f"someone:{MARK}@", ""),
    "a password with other characters": (f"someone:{_ODD}{MARK}{_ODD}@", ""),
    "a token": (f"{MARK}@", ""),
    "a token with an empty password": (f"{MARK}:@", ""),
    "a parameter": ("", f"?token={MARK}"),
    "both": (f"someone:{MARK}@", f"?X-Amz-Signature={MARK}&ref=v1"),
}
Address = Callable[[str], str]


@dataclass(frozen=True)
class Said:
    """A person's words in one place: arguments, variables, and their own files."""

    arguments: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def lock_of(url: str, digest: str, more: str = "") -> str:
    file = f'{{ url = "{url}", hashes = {{ sha256 = "{digest}" }} }}'
    return (
        'lock-version = "1.0"\ncreated-by = "tests"\n\n[[packages]]\nname = "where"\nversion = "1.0"\n'
        f"{more}wheels = [{file}]\n"
    )


# In each, {index}, {wheel}, {text} and {proxy} are addresses with the mark, HOME the person's directory.
PLACES: dict[str, Said] = {
    "-i": Said(["where", "-i", "{index}"]),
    "--extra-index-url": Said(["where", "-i", "{plain}", "--extra-index-url", "{index}"]),
    "--index": Said(["where", "-i", "{plain}", "--index", "mine={index}"]),
    "-f": Said(["where", "--no-index", "-f", "{index}where/"]),
    "a requirement": Said(["where @ {wheel}", "-i", "{plain}"]),
    "a requirement from git": Said(["where @ git+{index}where.git@v1", "-i", "{plain}"]),
    "a requirement by ssh": Said(["where @ git+ssh://git:" + MARK + "@127.0.0.1:1/where.git", "-i", "{plain}"]),
    "an address alone": Said(["{wheel}", "-i", "{plain}"]),
    "--override": Said(["where", "-i", "{plain}", "--override", "where @ {wheel}"]),
    "--constraint": Said(["where", "-i", "{plain}", "--constraint", "{text}"]),
    "-r": Said(["-r", "{text}", "-i", "{plain}"]),
    "an option that is none": Said(["where", "-i", "{plain}", "--indx-url={index}"]),
    "an option without its value": Said(["where", "-i", "{plain}", "{index}", "--extra-index-url"]),
    "PIP_INDEX_URL": Said(["where"], {"PIP_INDEX_URL": "{index}"}),
    "PIP_EXTRA_INDEX_URL": Said(["where", "-i", "{plain}"], {"PIP_EXTRA_INDEX_URL": "{index}"}),
    "PIP_FIND_LINKS": Said(["where", "--no-index"], {"PIP_FIND_LINKS": "{index}where/"}),
    "PIP_CONSTRAINT": Said(["where", "-i", "{plain}"], {"PIP_CONSTRAINT": "{text}"}),
    "PIP_PROXY": Said(["where", "-i", "http://files.test/simple/"], {"PIP_PROXY": "{proxy}"}),
    "HTTP_PROXY": Said(["where", "-i", "http://files.test/simple/"], {"HTTP_PROXY": "{proxy}"}),
    "UV_DEFAULT_INDEX": Said(["where"], {"UV_DEFAULT_INDEX": "{index}", "PIP_INDEX_URL": "{plain}"}),
    "UV_INDEX": Said(["where", "-i", "{plain}"], {"UV_INDEX": "mine={index}"}),
    "UV_FIND_LINKS": Said(["where", "--no-index"], {"UV_FIND_LINKS": "{index}where/"}),
    "pip.conf": Said(
        ["where"], {"PIP_CONFIG_FILE": "HOME/pip.conf"}, {"pip.conf": "[global]\nindex-url = {index}\n"}
    ),
    "a requirements file": Said(["-r", "HOME/r.txt"], files={"r.txt": "-i {index}\nwhere @ {wheel}\n-c {text}\n"}),
    "a file of nonsense": Said(["-r", "HOME/r.txt", "-i", "{plain}"], files={"r.txt": "where @@ {wheel}\n"}),
    "a constraints file": Said(
        ["where", "-i", "{plain}", "--constraint", "HOME/c.txt"], files={"c.txt": "where @ {wheel}\n"}
    ),
    "a lock": Said(["--lock", "HOME/pylock.toml"], files={"pylock.toml": "LOCK"}),
    "netrc": Said(
        ["where", "-i", "{plain}"],
        {"NETRC": "HOME/netrc"},
        {"netrc": f"machine 127.0.0.1 login someone password {MARK}\n"},
    ),
}


@dataclass(frozen=True)
class Filled:
    """The places of a text where an address goes in."""

    server: Server
    form: str
    host: str
    digest: str

    def __call__(self, text: str, home: Path) -> str:
        """`text` with the addresses of one form of the mark."""
        text = text.replace("LOCK", lock_of("{wheel}", self.digest, 'index = "{index}"\n')).replace(
            "HOME", str(home)
        )
        plain = self.server.url("/simple/", host=self.host)
        filled = {
            "{index}": self.address("/simple/"),
            "{wheel}": self.address("/files/where-1.0-py3-none-any.whl"),
            "{text}": self.address("/text.txt"),
            "{proxy}": self.address(""),
            "{plain}": plain,
        }
        for name, address in filled.items():
            text = text.replace(name, address)
        return text

    def address(self, path: str) -> str:
        user, parameters = FORMS[self.form]
        return self.server.url(path, host=self.host).replace("://", f"://{user}", 1) + parameters


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An index of one project, which heeds no password."""
    (tmp_path / "where").mkdir()
    wheel = make_wheel(tmp_path / "where", "where", files={"where.py": "x = 1\n"})
    with Server() as running:
        serve(running, tmp_path / "where")
        for _, parameters in FORMS.values():
            running.on(f"/files/{wheel.name}{parameters}", content(wheel.read_bytes()))
            running.on(f"/text.txt{parameters}", content(b"where==1.0\n"))
        yield running


class Watched:
    """Looks for the mark in the command lines of all processes, as anybody can who is on the machine."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    words = path.read_bytes().decode("utf-8", "replace")
                    if MARK in words:
                        self.seen.add(words.replace("\0", " "))


def _is_typed(line: str) -> bool:
    """Whether it is the command line that a person types."""
    return "-m pexlite" in line


def _is_not_ours(line: str) -> bool:
    """Whether a command line is typed by a person, or made by pip or git for programs of their own."""
    program = line.partition(" ")[0].rpartition("/")[2]
    # `false` stands for ssh, which git asks what it can (-G) and then has connect.
    by_git = program.startswith("git") or program == "false" or " git-upload-pack " in line
    return _is_typed(line) or "pip-build-env-" in line or by_git


def marks() -> list[bytes]:
    """The mark as it is, and as it is in a header that somebody might log."""
    proofs = [base64.b64encode(user.removesuffix("@").encode()) for user, _ in FORMS.values() if user]
    return [MARK.encode(), *proofs]


def found_in(machine: Machine) -> Iterator[str]:
    """Every name and file with the mark, also inside zips, but for the person's own."""
    for path in machine.directory.rglob("*"):
        if machine.directory / "home" in path.parents:
            continue
        contents = [str(path).encode()]
        if path.is_file():
            contents.append(path.read_bytes())
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    contents += [archive.read(name) for name in archive.namelist()]
        if any(mark in text for mark in marks() for text in contents):
            yield str(path)


@settings(
    max_examples=int(os.environ.get("PEXLITE_TEST_SECRETS", "15")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    place=st.sampled_from(sorted(PLACES)),
    form=st.sampled_from(sorted(FORMS)),
    command=st.sampled_from(["build", "lock"]),
    resolver=st.sampled_from(["uv", "pip"]),
    manner=st.lists(st.sampled_from(["-v", "--json", "--dry-run"]), unique=True),
    there=st.booleans(),
)
@example(place="--override", form="a password", command="lock", resolver="uv", manner=[], there=True)
@example(place="a lock", form="both", command="build", resolver="pip", manner=["-v", "--json"], there=False)
@example(place="a requirement from git", form="a token", command="build", resolver="uv", manner=[], there=True)
@example(place="a requirement by ssh", form="a token", command="build", resolver="pip", manner=[], there=True)
def test_it_is_nowhere_else(
    place: str,
    form: str,
    command: str,
    resolver: str,
    manner: list[str],
    there: bool,
    machine: Machine,
    server: Server,
    tmp_path: Path,
) -> None:
    fresh = machine.directory
    shutil.rmtree(fresh)
    for name in ("home", "work", "tmp"):
        (fresh / name).mkdir(parents=True)
    said, home = PLACES[place], fresh / "home"
    # Nobody is at the other address.
    host = "127.0.0.1" if there else "127.0.0.2"
    fill = Filled(server, form, host, sha256(next((tmp_path / "where").iterdir())))
    for name, text in said.files.items():
        (home / name).write_text(fill(text, home))
        (home / name).chmod(0o600)
    output = "pylock.toml" if command == "lock" else "app.pex"
    given_words = [fill(word, home) for word in said.arguments]
    manner = [word for word in manner if command == "build" or word == "-v"]
    variables = {name: fill(text, home) for name, text in said.variables.items()}
    quick = {"PIP_RETRIES": "0", "PIP_TIMEOUT": "3", "UV_HTTP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    quick |= {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "false"}
    words = [command, *given_words, "-o", output, "--resolver", resolver, *manner]
    with Watched() as watched:
        done = machine.run(*words, **(quick | variables))
    assert [mark for mark in marks() if mark in (done.stdout + done.stderr).encode()] == [], done.stderr
    assert list(found_in(machine)) == []
    assert [line for line in watched.seen if not _is_not_ours(line)] == []
    assert any(map(_is_typed, watched.seen)) == any(MARK in word for word in words)


def test_what_looks_for_the_mark_finds_it(machine: Machine, tmp_path: Path) -> None:
    with zipfile.ZipFile(machine.work / "x.pex", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PEX-INFO", f"https://someone:{MARK}@a.test " * 9)
    (machine.work / f"{MARK}.txt").touch()
    (machine.work / "log").write_bytes(b"Authorization: Basic " + base64.b64encode(f"someone:{MARK}".encode()))
    assert len(list(found_in(machine))) == 3
