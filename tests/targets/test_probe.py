"""A probe's file is read back as the same target, from a Python here or from one behind ssh."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from pexlite.errors import HostError, PexliteError, TargetError
from pexlite.model import no_report
from pexlite.targets.find import Described, find_targets
from pexlite.targets.interpreters import named_target, running_target
from pexlite.targets.probe import probe_python, read_target
from tests.interpreters import Interpreter, supported


@pytest.mark.parametrize("interpreter", supported(), ids=str)
def test_a_probed_python_is_the_same_target_without_its_interpreter(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    file = tmp_path / "target.json"
    file.write_text(probe_python(str(interpreter.path)))
    here, there = named_target(str(interpreter.path), running_target()), read_target(file)
    assert (there.python, there.platform, there.libc) == (here.python, here.platform, here.libc)
    assert there.tags == here.tags
    assert there.environment == here.environment
    assert there.interpreter is None


def test_a_target_in_a_file_is_one_of_several(tmp_path: Path) -> None:
    file = tmp_path / "target.json"
    answer = json.loads(probe_python(""))
    environment = answer["environment"] | {"platform_machine": "aarch64"}
    file.write_text(json.dumps(answer | {"platform": "linux-aarch64", "environment": environment}))
    found = find_targets((sys.executable,), (), no_report, Described([file]))
    assert [target.platform for target in found] == [running_target().platform, "linux_aarch64"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"pexlite_target": 2}',
        '{"pexlite_target": 1, "version": 3}',
        '{"pexlite_target": 1, "version": [3], "environment": {}}',
    ],
)
def test_what_no_probe_wrote_is_an_error(text: str, tmp_path: Path) -> None:
    file = tmp_path / "target.json"
    file.write_text(text)
    with pytest.raises(TargetError, match="describes no target") as caught:
        read_target(file)
    assert caught.value.hint == "write it on the machine it is for: pexlite probe -o target.json"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="cannot be read: no such file"):
        read_target(tmp_path / "absent.json")


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called ssh that runs the command here and records how it was called."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    lines = ["#!/bin/sh", f'echo "$@" > {tmp_path}/called', "echo Welcome to this host", "for last; do :; done"]
    program.write_text("\n".join([*lines, 'exec sh -c "$last"']) + "\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "called"


def test_a_host_is_asked_over_ssh(ssh: Path, tmp_path: Path) -> None:
    file = tmp_path / "target.json"
    file.write_text(probe_python("someone@host.example", sys.executable))
    assert read_target(file).tags == running_target().tags
    assert "BatchMode=yes" in ssh.read_text()
    assert "someone@host.example" in ssh.read_text()


@pytest.mark.parametrize("host", ["web", "web-1.example", "10.0.0.5", "ssh://web:2222", "ssh://a@web", "build01"])
def test_a_word_that_is_like_no_python_is_a_host(host: str, ssh: Path, tmp_path: Path) -> None:
    file = tmp_path / "target.json"
    file.write_text(probe_python(host, sys.executable))
    assert read_target(file).tags == running_target().tags
    assert f" {host} " in ssh.read_text()


@pytest.mark.parametrize("word", ["pyhton3", "python9.9", "9.9", "3.x", "cp399", "py312", "python-3.12", "pypy9"])
def test_a_word_that_was_meant_as_a_python_is_none(word: str, ssh: Path) -> None:
    with pytest.raises(TargetError) as caught:
        probe_python(word)
    assert not ssh.exists()
    assert "pexlite probe /usr/bin/python3" in str(caught.value.hint)


def test_a_path_with_an_at_is_a_path(ssh: Path, tmp_path: Path) -> None:
    place = tmp_path / "python@3" / "python"
    place.parent.mkdir()
    place.symlink_to(sys.executable)
    assert json.loads(probe_python(str(place)))["pexlite_target"] == 1
    assert not ssh.exists()


def test_a_host_that_is_none_names_the_file_here(
    ssh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").touch()
    with pytest.raises(HostError) as caught:
        probe_python("mine", "python9.9")
    assert str(caught.value.hint).endswith("pexlite probe ./mine")


def test_a_host_without_that_python_is_told_in_its_own_words(ssh: Path) -> None:
    with pytest.raises(HostError, match="does not say what it can run") as caught:
        probe_python("someone@host.example", "python9.9")
    assert "python9.9" in caught.value.causes[-1]
    assert caught.value.exit_code == 7


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=touch@x", "-fx@y", "a@-fx", "a b@host", "a@b;touch c", "a@b$(c)", "a;b"]
)
def test_what_is_no_host_reaches_no_shell(host: str, ssh: Path) -> None:
    with pytest.raises(TargetError, match="no host to ask"):
        probe_python(host)
    assert not ssh.exists()


@pytest.mark.parametrize("python", ["-c", "python3; touch x", "$(touch x)"])
def test_what_is_no_program_reaches_no_shell(python: str, ssh: Path) -> None:
    with pytest.raises(PexliteError, match="no host to ask"):
        probe_python("someone@host.example", python)
    assert not ssh.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"libc": ["$(touch pwned)", "2.36"]}, "libc is"),
        ({"libc": ["glibc", "2.36 $(x)"]}, "libc is"),
        ({"libc": ["musl", "1.99999999"]}, "libc is"),
        ({"libc": ["musl", "1.2.99999999"]}, "libc is"),
        ({"libc": "glibc"}, "libc is 'glibc'"),
        ({"platform": "linux-x86_64;x"}, "platform is 'linux-x86_64;x'"),
        ({"platform": "linux-x86_64\n"}, "platform is"),
        ({"soabi": "cpython-311$(x)-linux"}, "soabi is"),
        ({"soabi": 5}, "soabi is '5'"),
        ({"macos": "11.0`x`"}, "macos is"),
        ({"version": [3, 10**9, 0]}, "version is"),
        ({"version": [3, True, 0]}, "version is"),
        ({"version": "3.1"}, "version is"),
        ({"pointer_bits": "64"}, "pointer_bits"),
        ({"environment": {}}, "PEP 508"),
        ({"platform_machine": "--index-url=x y"}, "platform_machine is"),
        ({"python_full_version": "--help"}, "python_full_version is"),
        ({"sys_platform": "linux\nx"}, "sys_platform is"),
        ({"platform_version": "\x1b[31m"}, "platform_version is"),
        ({"platform_release": "x" * 501}, "platform_release is"),
        ({"platform_system": None}, "platform_system is 'None'"),
    ],
)
def test_an_answer_holds_what_a_python_could_say(changes: dict[str, object], words: str, tmp_path: Path) -> None:
    answer = json.loads(probe_python(""))
    for name, value in changes.items():
        (answer if name in answer else answer["environment"])[name] = value
    file = tmp_path / "target.json"
    file.write_text(json.dumps(answer))
    with pytest.raises(TargetError, match="describes no target") as caught:
        read_target(file)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [("[]", "no JSON object"), ("{} {}", "not one JSON object"), ("/usr/bin/python3", "pex3 interpreter")],
)
def test_a_file_that_is_no_object_is_told_as_that(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "target.json"
    file.write_text(text)
    with pytest.raises(TargetError, match="describes no target") as caught:
        read_target(file)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("told", "version"),
    [("2.36", (2, 36)), ("2.36-custom", (2, 36)), ("2.36+99999999", (2, 36)), ("2-99999999", None)],
)
def test_a_libc_is_what_its_first_numbers_say(told: str, version: tuple[int, int] | None, tmp_path: Path) -> None:
    answer = json.loads(probe_python("")) | {"libc": ["glibc", told]}
    (tmp_path / "target.json").write_text(json.dumps(answer))
    found = read_target(tmp_path / "target.json").libc
    assert (found and found.version) == version


def test_a_host_that_lies_is_told(ssh: Path, tmp_path: Path) -> None:
    liar = tmp_path / "liar"
    liar.write_text('#!/bin/sh\necho \'{"version": [3, 11, 0], "environment": {"x": "$(y)"}}\'\n')
    liar.chmod(0o755)
    with pytest.raises(HostError, match="does not say what it can run"):
        probe_python("someone@host.example", str(liar))


MAC, WINDOWS = {"platform": "macosx-11.0-universal2", "libc": None}, {"platform": "win-amd64", "libc": None}


@pytest.mark.parametrize(
    ("changes", "machine", "name"),
    [
        ({**MAC, "macos": "14.2.1"}, "arm64", "macosx_14_0_arm64"),
        ({**MAC, "macos": "14"}, "arm64", "macosx_14_0_arm64"),
        (WINDOWS, "AMD64", "win_amd64"),
        ({"platform": "linux-x86_64", "pointer_bits": 32}, "x86_64", "linux_i686"),
        ({"platform": "linux-aarch64", "pointer_bits": 32}, "aarch64", "linux_armv7l"),
    ],
)
def test_the_answer_of_another_system_is_its_target(
    changes: dict[str, object], machine: str, name: str, tmp_path: Path
) -> None:
    answer = json.loads(probe_python("")) | changes
    answer["environment"]["platform_machine"] = machine
    (tmp_path / "target.json").write_text(json.dumps(answer))
    assert name in {tag.platform for tag in read_target(tmp_path / "target.json").tags}


def test_a_system_without_wheels_is_no_target(tmp_path: Path) -> None:
    answer = json.loads(probe_python("")) | {"platform": "freebsd-14.0-amd64", "libc": None}
    (tmp_path / "target.json").write_text(json.dumps(answer))
    with pytest.raises(TargetError, match="runs on freebsd"):
        read_target(tmp_path / "target.json")
