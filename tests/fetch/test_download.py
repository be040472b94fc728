from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from pexlite.errors import FetchError, HashMismatch
from pexlite.fetch.collect import collect
from pexlite.model import IndexSettings, Progress, Target, Wheel, no_report
from pexlite.resolve.pip import Pip
from pexlite.resolve.pip_program import PipProgram
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from tests.factories import make_wheel
from tests.network import server as replies
from tests.network.server import Server
from tests.pylock.values import lock_of, sha256, wheel_entry

# Never run by what is tested here.
NO_RESOLVER = Pip(PipProgram(("false",)))
IMPATIENT = IndexSettings(timeout=0.5, retries=2)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "demo", files={"demo.py": "value = 1\n" * 5000, "noise": os.urandom(300_000)})


def fetched(
    lock: Pylock,
    store: Store,
    target: Target,
    settings: IndexSettings = IMPATIENT,
    progress: list[Progress] | None = None,
) -> tuple[Wheel, ...]:
    report = (progress if progress is not None else []).append
    return collect(lock, Workshop(store, settings, NO_RESOLVER, (target,), report))


def left_behind(store: Store) -> Sequence[Path]:
    return [path for path in store.root.rglob("*") if path.is_file() and path.name != "key"]


def test_a_wheel_is_downloaded_once_and_found_afterwards(
    server: Server, store: Store, target: Target, wheel: Path
) -> None:
    server.on("/demo.whl", replies.content(wheel.read_bytes()))
    lock = lock_of(wheel_entry(wheel, server.url("/demo.whl"), name=wheel.name))
    first = fetched(lock, store, target)
    again = fetched(lock, store, target)
    assert [found.filename for found in first] == [wheel.name]
    assert first[0].path.read_bytes() == wheel.read_bytes()
    assert first[0].sha256 == sha256(wheel)
    assert again[0].path == first[0].path
    assert server.count("/demo.whl") == 1


FAILURES_THAT_PASS = {
    "the connection drops half-way": [replies.half],
    "it drops twice": [replies.half, replies.half],
    "500": [lambda body: replies.status(500)],
    "503 with Retry-After": [lambda body: replies.status(503, Retry_After="0")],
    "429": [lambda body: replies.status(429)],
    "it ends half-way, unannounced": [replies.half_of_unknown_length],
    "500, then dropped": [lambda body: replies.status(500), replies.half],
}


@pytest.mark.parametrize("failures", FAILURES_THAT_PASS.values(), ids=FAILURES_THAT_PASS.keys())
def test_what_fails_for_a_moment_is_tried_again(
    failures: list[replies.Maker], server: Server, store: Store, target: Target, wheel: Path
) -> None:
    body = wheel.read_bytes()
    server.on("/" + wheel.name, *(make(body) for make in failures), replies.content(body))
    progress: list[Progress] = []
    lock = lock_of(wheel_entry(wheel, server.url("/" + wheel.name), size=len(body)))
    found = fetched(lock, store, target, progress=progress)
    assert found[0].path.read_bytes() == body
    assert server.count("/" + wheel.name) == len(failures) + 1
    assert progress[-1].done == len(body)


@pytest.mark.parametrize(
    ("reply", "says", "tries"),
    [
        (replies.status(500), "500", 3),
        (replies.status(404), "404", 1),
        (replies.status(410), "410", 1),
        (replies.status(401), "wants credentials and got none", 1),
        (replies.status(403), "wants credentials and got none", 1),
        (replies.half(b"x" * 1000), "500 of 1000 bytes|broke", 3),
    ],
)
def test_what_fails_for_good_is_an_error_and_nothing_is_stored(
    reply: replies.Reply, says: str, tries: int, server: Server, store: Store, target: Target, wheel: Path
) -> None:
    server.on("/" + wheel.name, reply)
    with pytest.raises(FetchError, match=says) as caught:
        fetched(lock_of(wheel_entry(wheel, server.url("/" + wheel.name))), store, target)
    assert wheel.name in caught.value.message
    assert caught.value.exit_code == 3
    assert server.count("/" + wheel.name) == tries
    assert left_behind(store) == []


def test_another_file_than_the_locked_one_is_refused_and_not_stored(
    server: Server, store: Store, target: Target, wheel: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = make_wheel(tmp_path / "other", "demo", files={"demo.py": "value = 2\n"})
    server.on("/" + wheel.name, replies.content(other.read_bytes()))
    with pytest.raises(HashMismatch) as caught:
        fetched(lock_of(wheel_entry(wheel, server.url("/" + wheel.name))), store, target)
    told = "\n".join([caught.value.message, *caught.value.causes])
    assert wheel.name in told
    assert sha256(wheel) in told
    assert sha256(other) in told
    assert server.count("/" + wheel.name) == 1
    assert left_behind(store) == []


@pytest.mark.parametrize("algorithm", ["sha512", "blake2b"])
def test_a_lock_with_other_digests_is_checked_by_those(
    algorithm: str, server: Server, store: Store, target: Target, wheel: Path
) -> None:
    server.on("/" + wheel.name, replies.content(wheel.read_bytes()))
    good = hashlib.new(algorithm, wheel.read_bytes()).hexdigest()
    url = server.url("/" + wheel.name)
    found = fetched(lock_of(wheel_entry(wheel, url, hashes={algorithm: good})), store, target)
    assert found[0].sha256 == sha256(wheel)
    with pytest.raises(HashMismatch, match=wheel.name):
        fetched(lock_of(wheel_entry(wheel, url, hashes={algorithm: "0" * len(good)})), store, target)


@pytest.mark.parametrize("difference", [-10, 10])
def test_another_size_than_the_lock_says_is_refused(
    difference: int, server: Server, store: Store, target: Target, wheel: Path
) -> None:
    server.on("/" + wheel.name, replies.content(wheel.read_bytes()))
    entry = wheel_entry(wheel, server.url("/" + wheel.name), size=wheel.stat().st_size + difference)
    with pytest.raises(FetchError):
        fetched(lock_of(entry), store, target)
    assert left_behind(store) == []


def test_all_failures_of_a_run_are_told_together(
    server: Server, store: Store, target: Target, tmp_path: Path
) -> None:
    wheels = [make_wheel(tmp_path, f"demo{number}", files={"x.py": str(number)}) for number in range(6)]
    for wheel in wheels[3:]:
        server.on("/" + wheel.name, replies.content(wheel.read_bytes()))
    lock = lock_of(*(wheel_entry(wheel, server.url("/" + wheel.name)) for wheel in wheels))
    with pytest.raises(FetchError, match="3 of 6") as caught:
        fetched(lock, store, target)
    for wheel in wheels[:3]:
        assert any(wheel.name in cause for cause in caught.value.causes)
    assert store.find(sha256(wheels[5])) is not None


def test_a_server_that_is_away_is_waited_for_once_and_not_for_every_file(
    store: Store, target: Target, tmp_path: Path, server: Server
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    wheels = [make_wheel(tmp_path, f"demo{number}", files={"x.py": str(number)}) for number in range(60)]
    began = time.monotonic()
    with pytest.raises(FetchError, match="60 of 60"):
        fetched(lock_of(*(wheel_entry(wheel, nobody + wheel.name) for wheel in wheels)), store, target)
    # One round of pauses (0.4 s and 0.8 s), not four.
    assert time.monotonic() - began < 4


def test_redirects_are_followed_and_credentials_stay_with_their_host(
    server: Server, store: Store, target: Target, wheel: Path
) -> None:
    server.on("/a/" + wheel.name, replies.redirect(server.url("/b/" + wheel.name, host="localhost")))
    server.on("/b/" + wheel.name, replies.content(wheel.read_bytes()))
    url = server.url("/a/" + wheel.name, user="someone:secret-for-test")
    assert fetched(lock_of(wheel_entry(wheel, url)), store, target)[0].filename == wheel.name
    assert [authorization is not None for _, authorization in server.requests] == [True, False]


def test_endless_redirects_end(server: Server, store: Store, target: Target, wheel: Path) -> None:
    server.on("/" + wheel.name, replies.redirect("/" + wheel.name))
    with pytest.raises(FetchError, match="redirects"):
        fetched(lock_of(wheel_entry(wheel, server.url("/" + wheel.name))), store, target)


@pytest.mark.parametrize("where", ["url", "index", "extra index", "find-links", "netrc"])
def test_credentials_come_from_the_url_the_settings_or_netrc(
    where: str,
    server: Server,
    store: Store,
    target: Target,
    wheel: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.on("/" + wheel.name, replies.only_for("someone", "secret-for-test:/@", wheel.read_bytes()))
    user = "someone:secret-for-test%3A%2F%40"
    index = server.url("/simple", user=user)
    settings = {
        "index": replace(IMPATIENT, index_url=index),
        "extra index": replace(IMPATIENT, extra_index_urls=("http://127.0.0.1:1/simple", index)),
        "find-links": replace(IMPATIENT, find_links=("/nowhere", index)),
    }.get(where, IMPATIENT)
    if where == "netrc":
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password secret-for-test:/@\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        settings = replace(IMPATIENT, index_url=server.url("/simple"))
    url = server.url("/" + wheel.name, user=user if where == "url" else "")
    assert fetched(lock_of(wheel_entry(wheel, url)), store, target, settings)[0].filename == wheel.name
    stored = b"".join(path.read_bytes() + str(path).encode() for path in store.root.rglob("*.json"))
    assert b"secret" not in stored


def test_refused_credentials_are_never_shown(server: Server, store: Store, target: Target, wheel: Path) -> None:
    server.on("/" + wheel.name, replies.only_for("someone", "else", b""))
    url = server.url("/" + wheel.name, user="someone:secret-for-test")
    with pytest.raises(FetchError, match="refuses the credentials") as caught:
        fetched(lock_of(wheel_entry(wheel, url)), store, target)
    assert "secret" not in "\n".join([caught.value.message, *caught.value.causes, caught.value.hint or ""])


def test_a_keyring_is_asked_through_pip_where_the_server_wants_credentials(
    server: Server, store: Store, target: Target, wheel: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A `keyring` program on PATH, as pip's subprocess provider wants it."""
    server.on("/" + wheel.name, replies.only_for("someone", "secret-for-test", wheel.read_bytes()))
    keyring = tmp_path / "bin" / "keyring"
    keyring.parent.mkdir()
    creds = '{"username": "someone", "password": "secret-for-test"}'
    keyring.write_text(f"#!/bin/sh\ncase $1 in --mode*) echo '{creds}';; *) echo secret-for-test;; esac\n")
    keyring.chmod(0o755)
    monkeypatch.setenv("PATH", f"{keyring.parent}{os.pathsep}{os.environ['PATH']}")
    index = server.url("/simple", user="someone")
    settings = IndexSettings(timeout=5, retries=0, keyring_provider="subprocess", index_url=index)
    lock = lock_of(wheel_entry(wheel, server.url("/" + wheel.name)))
    pip = Pip(PipProgram((sys.executable, "-m", "pip")))
    found = collect(lock, Workshop(store, settings, pip, (target,), no_report))
    assert found[0].sha256 == sha256(wheel)


def test_proxies_of_settings_and_environment_are_used(
    server: Server, store: Store, target: Target, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server plays the proxy: it is asked for the whole URL."""
    url = "http://files.example/" + wheel.name
    server.on(url, replies.content(wheel.read_bytes()))
    lock = lock_of(wheel_entry(wheel, url))
    settings = replace(IMPATIENT, proxy=server.url("", user="someone:secret-for-test"))
    assert fetched(lock, store, target, settings)[0].filename == wheel.name
    monkeypatch.setenv("HTTP_PROXY", server.url(""))
    assert fetched(lock, Store(store.root / "second"), target)[0].filename == wheel.name
    assert server.count(url) == 2
    monkeypatch.setenv("NO_PROXY", "files.example")
    with pytest.raises(FetchError, match=r"files\.example"):
        fetched(lock, Store(store.root / "third"), target, replace(settings, retries=0))


def test_progress_tells_bytes_and_their_total(
    server: Server, store: Store, target: Target, tmp_path: Path
) -> None:
    wheels = [make_wheel(tmp_path, f"demo{number}", files={"x.py": os.urandom(9000)}) for number in range(5)]
    for wheel in wheels:
        server.on("/" + wheel.name, replies.content(wheel.read_bytes()))
    entries = [wheel_entry(wheel, server.url("/" + wheel.name), size=wheel.stat().st_size) for wheel in wheels]
    progress: list[Progress] = []
    fetched(lock_of(*entries), store, target, progress=progress)
    total = sum(wheel.stat().st_size for wheel in wheels)
    assert {step.stage for step in progress} == {"fetch"}
    assert (progress[-1].done, progress[-1].total) == (total, total)


def test_ctrl_c_ends_it_quickly_and_leaves_nothing(
    server: Server, store: Store, wheel: Path, tmp_path: Path
) -> None:
    over = threading.Event()
    server.on("/" + wheel.name, replies.stalls(wheel.read_bytes(), over))
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import signal
            import sys
            from pathlib import Path
            from packaging.markers import default_environment
            from packaging.tags import sys_tags
            from pexlite.fetch.collect import collect
            from pexlite.model import IndexSettings, Target, no_report
            from pexlite.resolve.pip import Pip
            from pexlite.resolve.pip_program import PipProgram
            from pexlite.sources.workshop import Workshop
            from pexlite.store.store import Store
            from tests.pylock.values import lock_of, wheel_entry

            # A shell has its background jobs ignore Ctrl-C, tests among them.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            wheel, url, root = sys.argv[1:]
            target = Target("cp311", "linux_x86_64", None, tuple(sys_tags()), default_environment())
            pip = Pip(PipProgram(("false",)))
            workshop = Workshop(Store(Path(root)), IndexSettings(timeout=60), pip, (target,), no_report)
            collect(lock_of(wheel_entry(Path(wheel), url)), workshop)
            """
        )
    )
    command = [sys.executable, str(program), str(wheel), server.url("/" + wheel.name), str(store.root)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as running:
        incoming = store.root / "incoming"
        patience = time.monotonic() + 20
        while time.monotonic() < patience and not (
            incoming.is_dir() and any(path.stat().st_size for path in incoming.iterdir())
        ):
            time.sleep(0.02)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    over.set()
    assert b"KeyboardInterrupt" in said
    assert time.monotonic() - began < 3
    assert left_behind(store) == []
