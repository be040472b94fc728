"""Two accounts on one host: directories that both may write into, and what one has left for the other."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pexlite.errors import HostError
from pexlite.ship import push as shipping
from pexlite.ship.destination import Destination
from pexlite.ship.many import Planner
from pexlite.ship.new_file import new_file
from pexlite.ship.old_contents import ContentsHere
from pexlite.ship.rollback import roll_back
from pexlite.ship.shipment import Failed, PushOptions, Shipment
from tests import needs
from tests.ship.conftest import Pair, leftovers
from tests.ship.test_hosts import PROGRAMS
from tests.ssh_server import Server, running_server

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root has a second account to push as: sudo")
_OTHER = 65534  # nobody
_AS_OTHER = f'exec {{}} --reuid {_OTHER} --regid {_OTHER} --clear-groups sh -c "$SSH_ORIGINAL_COMMAND"'
PART = ".app.pex.pexlite-part"


@dataclass(frozen=True)
class Accounts:
    """A directory that everybody may write into, as /tmp is, and servers for the second account."""

    shared: Path
    other: Server
    bare: Server
    """Without a Python."""


@pytest.fixture(scope="module")
def machines() -> Iterator[Accounts]:
    setpriv = needs.program("setpriv")
    # Nobody may look into pytest's own directories.
    with tempfile.TemporaryDirectory(prefix="pexlite-accounts-") as name:
        place = Path(name)
        for each in (place, place / "other", place / "bare", place / "programs"):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        for program in (*PROGRAMS, "id"):
            (place / "programs" / program).symlink_to(needs.program(program))
        before = _AS_OTHER.format(setpriv)
        with (
            running_server(place / "other", before=before) as other,
            running_server(place / "bare", path=str(place / "programs"), before=before) as bare,
        ):
            yield Accounts(place / "shared", other, bare)


@pytest.fixture
def accounts(machines: Accounts) -> Iterator[Accounts]:
    machines.shared.mkdir()
    machines.shared.chmod(0o1777)
    yield machines
    shutil.rmtree(machines.shared)


def push(by: Server, file: Path, to: Path, *, keep: bool = False, told: str | None = None) -> None:
    """Push, and end well, or with what is `told`."""
    expected = pytest.raises(HostError, match=re.escape(told)) if told else contextlib.nullcontext()
    with pytest.MonkeyPatch.context() as change, new_file(file) as opened, expected:
        change.setenv("PATH", by.environment["PATH"])
        options, planner = PushOptions(keep=keep), Planner(ContentsHere())
        shipping.push(Shipment(opened, Destination(by.user, str(to)), options, planner, lambda _sent, _all: None))


def test_a_file_that_may_not_be_replaced_is_told_of_at_once(accounts: Accounts, pair: Pair) -> None:
    path = accounts.shared / "app.pex"
    shutil.copy2(pair.old, path)
    for by in (accounts.other, accounts.bare):
        push(by, pair.new, path, told="is another account's, and its directory lets nobody replace that")
    assert path.read_bytes() == pair.old.read_bytes()
    assert [found.name for found in accounts.shared.iterdir()] == ["app.pex"]


def test_a_push_that_another_account_began_is_left_alone(server: Server, accounts: Accounts, pair: Pair) -> None:
    path = accounts.shared / "app.pex"
    (accounts.shared / PART).write_bytes(b"of root")
    (accounts.shared / PART).chmod(0o600)
    push(accounts.other, pair.new, path)
    assert path.read_bytes() == pair.new.read_bytes() and path.stat().st_uid == _OTHER
    assert leftovers(accounts.shared) == [PART]
    push(server, pair.old, path)
    assert path.read_bytes() == pair.old.read_bytes() and path.stat().st_uid == 0
    assert leftovers(accounts.shared) == []


def test_a_file_of_another_account_is_replaced_where_the_directory_allows_it(
    accounts: Accounts, pair: Pair
) -> None:
    path = accounts.shared / "app.pex"
    shutil.copy2(pair.old, path)
    accounts.shared.chmod(0o777)
    push(accounts.other, pair.new, path, keep=True)
    assert path.read_bytes() == pair.new.read_bytes() and path.stat().st_uid == _OTHER
    assert path.with_name("app.pex.previous").read_bytes() == pair.old.read_bytes()
    path.write_bytes(b"a secret of root's")
    os.chown(path, 0, 0)
    path.chmod(0o600)
    push(accounts.other, pair.new, path)
    assert path.read_bytes() == pair.new.read_bytes()
    assert leftovers(accounts.shared) == []


@pytest.mark.parametrize("kind", ["link", "second name", "pipe", "directory", "their file"])
def test_nothing_that_another_account_has_put_there_is_written_to(
    server: Server, accounts: Accounts, pair: Pair, kind: str
) -> None:
    path, part, precious = (accounts.shared / name for name in ("app.pex", PART, "precious"))
    precious.write_bytes(b"precious")
    if kind == "link":
        part.symlink_to(precious)
    elif kind == "second name":
        part.hardlink_to(precious)
    elif kind == "pipe":
        os.mkfifo(part)
    elif kind == "directory":
        part.mkdir()
    else:
        part.touch(0o666)
        os.chown(part, _OTHER, _OTHER)
    push(server, pair.old, path)
    assert path.read_bytes() == pair.old.read_bytes() and path.stat().st_uid == 0
    assert precious.read_bytes() == b"precious"
    assert leftovers(accounts.shared) == [PART]


@pytest.mark.parametrize("is_link", [True, False])
def test_without_a_python_nothing_of_another_account_is_written_to(
    accounts: Accounts, pair: Pair, is_link: bool
) -> None:
    precious, part = accounts.shared / "precious", accounts.shared / PART
    precious.write_bytes(b"precious")
    precious.chmod(0o666)
    part.symlink_to(precious) if is_link else part.touch(0o666)
    push(accounts.bare, pair.old, accounts.shared / "app.pex", told="is another account's")
    assert precious.read_bytes() == b"precious"


def test_a_directory_that_is_not_theirs_is_told_of(accounts: Accounts, pair: Pair) -> None:
    for by, mode in ((accounts.other, 0o700), (accounts.bare, 0o755)):
        accounts.shared.chmod(mode)
        push(by, pair.old, accounts.shared / "app.pex", told=f"you may not write into {accounts.shared}")


def test_a_kept_file_of_another_is_told_of_at_once(accounts: Accounts, pair: Pair) -> None:
    shutil.copy2(pair.old, accounts.shared / "app.pex")
    os.chown(accounts.shared / "app.pex", _OTHER, _OTHER)
    (accounts.shared / "app.pex.previous").write_bytes(b"of root")
    told = "app.pex.previous on root@server is another account's"
    push(accounts.other, pair.new, accounts.shared / "app.pex", keep=True, told=told)
    with pytest.MonkeyPatch.context() as change:
        change.setenv("PATH", accounts.other.environment["PATH"])
        [failed] = roll_back([Destination(accounts.other.user, str(accounts.shared / "app.pex"))])
    assert isinstance(failed, Failed) and told in failed.error.message
    assert (accounts.shared / "app.pex").read_bytes() == pair.old.read_bytes()
    assert (accounts.shared / "app.pex.previous").read_bytes() == b"of root"
    assert leftovers(accounts.shared) == []
