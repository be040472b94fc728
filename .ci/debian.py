"""README.md's two commands on stock Debians, made by debootstrap, as an ordinary user with an empty home.

    python3 .ci/debian.py [12] [13]

Each Debian has what README.md says to install and nothing more; beside its user, another account runs a Python.
They are kept in /var/tmp for the next run. What cannot be made here (without root, debootstrap or mounts, as in
many containers) is left out, and a line says so.

The second command runs those nox sessions that the Debian makes a difference for, since .ci/run has run them all
outside; $CI_SESSIONS names others, as in `CI_SESSIONS=tests,journeys`, and "all" stands for the default ones.
$CI_BEGAN, in seconds since 1970, is when all of it began: what would not end within 38 minutes is left out.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
KEPT = Path("/var/tmp/pexlite-debian")
MOST_MINUTES = 38
USER, ANOTHER = "tester", "neighbour"
PACKAGES = "git,python3-venv,ca-certificates"
# Settings of this machine for its way to the package index; the files they name are shown inside.
_HANDED_OVER = re.compile(r"(?i)pip_|uv_|.*_proxy$|ssl_cert|requests_ca_bundle$|curl_ca_bundle$|git_ssl_")


@dataclass(frozen=True)
class Debian:
    """A release, and the nox sessions for which it is run."""

    release: str
    codename: str
    sessions: str
    minutes: int
    """How long it takes on two cores, debootstrap included."""

    @property
    def root(self) -> Path:
        return KEPT / self.codename

    @property
    def home(self) -> Path:
        return self.root / "home" / USER


DEBIANS = {
    "12": Debian("12", "bookworm", "tests", 13),  # Python 3.11.2, the oldest that there is
    "13": Debian("13", "trixie", "runtime", 8),
}


class CannotRun(Exception):
    """Words that say why a Debian cannot be run here."""


def main() -> int:
    """Run the Debians that are asked for, and return 1 if a command failed in one."""
    failed = False
    for release in sys.argv[1:] or DEBIANS:
        debian = DEBIANS[release]
        try:
            check_time(debian)
            make(debian)
            code = run(debian)
        except CannotRun as problem:
            say(f"Debian {release} was left out: {problem}")
            continue
        say(f"Debian {release}: " + ("both commands are well" if code == 0 else f"failed with {code}"))
        failed = failed or code != 0
    return int(failed)


def say(words: str) -> None:
    print(f"-- {words} --", flush=True)


def check_time(debian: Debian) -> None:
    """Raise CannotRun where the Debian would take longer than there is time for."""
    passed = (time.time() - float(os.environ.get("CI_BEGAN") or time.time())) / 60
    if passed + debian.minutes > MOST_MINUTES:
        raise CannotRun(f"{passed:.0f} minutes have gone; for it alone: python3 .ci/debian.py {debian.release}")


def make(debian: Debian) -> None:
    """Have the system of `debian` lie in its directory. Raises CannotRun."""
    if os.geteuid() != 0:
        raise CannotRun("making it takes root")
    if not shutil.which("unshare") or not shutil.which("pivot_root"):
        raise CannotRun("there is no unshare or pivot_root here: apt-get install util-linux")
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotRun(done.stderr.strip() or "mounts are not allowed here")
    KEPT.mkdir(mode=0o755, exist_ok=True)
    found = KEPT.lstat()
    if found.st_uid != 0 or found.st_mode & 0o022 or not KEPT.is_dir() or KEPT.is_symlink():
        raise CannotRun(f"{KEPT} is not root's alone")
    if debian.root.exists():
        return
    if shutil.which("debootstrap") is None and shutil.which("apt-get"):
        for words in ["update"], ["install", "-y", "debootstrap"]:
            subprocess.run(["apt-get", "-q", *words], stdout=subprocess.DEVNULL, check=False)
    if shutil.which("debootstrap") is None:
        raise CannotRun("there is no debootstrap here: apt-get install debootstrap")
    beside = Path(tempfile.mkdtemp(dir=KEPT))
    beside.chmod(0o755)
    command = [
        "debootstrap",
        "--variant=minbase",
        f"--include={PACKAGES}",
        debian.codename,
        str(beside),
        *mirror(),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        shutil.rmtree(beside, ignore_errors=True)
        raise CannotRun("debootstrap ended with: " + (done.stdout.strip().splitlines() or ["no word"])[-1])
    for account in (USER, ANOTHER):
        subprocess.run(["chroot", beside, "useradd", "--create-home", "--shell", "/bin/bash", account], check=True)
    beside.rename(debian.root)


def mirror() -> list[str]:
    """The server that this machine has Debian from, where it is a Debian; else debootstrap knows one."""
    words = [
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
        "Origin: Debian",
        "Label: Debian",
    ]
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []
    return told[:1]


def run(debian: Debian) -> int:
    """Clone this repository into an empty home, type README.md's commands there, and return how they ended."""
    empty(debian)
    clone = debian.home / "pexlite"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", REPOSITORY, clone], check=True)
    given = pip_settings()
    write_settings(given, debian.home / ".config" / "pip" / "pip.conf")
    subprocess.run(["chroot", debian.root, "chown", "-R", f"{USER}:{USER}", f"/home/{USER}"], check=True)
    variables = {name: value for name, value in os.environ.items() if _HANDED_OVER.match(name)}
    shown = {Path("/etc/resolv.conf"), Path("/etc/hosts"), *paths_in([*variables.values(), *given.values()])}
    if (sessions := os.environ.get("CI_SESSIONS", debian.sessions)) != "all":
        variables["NOXSESSION"] = sessions
    if typed(debian, "true", {}, shown):
        raise CannotRun("nothing can be mounted here")
    first, second = readme_commands()
    say(f"Debian {debian.release}: {first.line}")
    code = typed(debian, f"{{ {first.line}; }} 2>&1 | tee ~/printed", variables, shown)
    if code == 0 and not first.is_shown_by((debian.home / "printed").read_text()):
        print("it did not print what README.md shows")
        code = 1
    if code == 0:
        say(f"Debian {debian.release}: {second.line} ({variables.get('NOXSESSION', 'all sessions')})")
        code = typed(debian, second.line, variables, shown)
    empty(debian)
    return code


def empty(debian: Debian) -> None:
    """Leave of an earlier run only the system: no settings of this machine, and no file of a test."""
    for place in (debian.root / "tmp", debian.root / "var" / "tmp"):
        for entry in place.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    shutil.rmtree(debian.home)
    shutil.copytree(debian.root / "etc" / "skel", debian.home)


@dataclass(frozen=True)
class Shown:
    """A command of README.md, and the lines that it should print; none where they are not shown."""

    line: str
    lines: tuple[str, ...] = ()

    def is_shown_by(self, printed: str) -> bool:
        sys.path.insert(0, str(REPOSITORY))
        from tests.console import matches

        return matches(self.lines, printed)


def readme_commands() -> tuple[Shown, Shown]:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    first = re.search(r"^```console\n\$ (.*)\n((?:.*\n)*?)```$", text, flags=re.MULTILINE)
    second = re.search(r"^```sh\n(.*nox)\n```$", text, flags=re.MULTILINE)
    assert first and second
    return Shown(first[1], tuple(first[2].splitlines())), Shown(second[1])


def pip_settings() -> dict[str, str]:
    """The settings of pip here: {"global.cert": "/etc/ssl/…"}."""
    own = REPOSITORY / ".venv" / "bin" / "python"
    words = [own if own.exists() else sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    pairs = (line.partition("=")[::2] for line in told.splitlines() if not line.startswith(":env:"))
    return {name: ast.literal_eval(value) for name, value in pairs}


def write_settings(settings: Mapping[str, str], file: Path) -> None:
    """Write pip's configuration, for its owner only: an address in it may hold a password."""
    written = configparser.RawConfigParser()
    for name, value in settings.items():
        section, _, option = name.partition(".")
        if not written.has_section(section):
            written.add_section(section)
        written.set(section, option, value)
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8") as opened:
        written.write(opened)


def paths_in(values: Iterable[str]) -> Iterator[Path]:
    """The files and directories here that settings name: by path, or by the URL of an index beside its files."""
    for found in re.finditer(r"(?:^|\s|(file://))(/[^\s]+)", "\n".join(values)):
        path = Path(found[2]).parent if found[1] else Path(found[2])
        if path.exists() and len(path.parts) > 2 and path.parts[1] not in ("dev", "proc", "sys", "tmp"):
            yield path


def typed(debian: Debian, line: str, variables: Mapping[str, str], shown: Set[Path]) -> int:
    """The exit code of a command that the user types in the clone.

    Its mounts and processes are its own, and end with it. `shown` are files of this machine to be read there.
    """
    whole = {path for path in shown if not any(parent in shown for parent in path.parents)}
    environment = {"HOME": f"/home/{USER}", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", **variables}
    as_user = shlex.join(_become(USER, environment))
    neighbour = shlex.join(
        [*_become(ANOTHER, {"PATH": "/usr/bin:/bin"}), "python3", "-c", "import time; time.sleep(9999)"]
    )
    steps = [
        "set -e",
        "mount --make-rprivate /",
        f"mount --bind {debian.root} {debian.root}",
        f"cd {debian.root}",
        "mount -t proc proc proc",
        "mount --rbind /dev dev",
        *(step for path in sorted(whole) for step in _showing(debian, path)),
        # Not chroot: a process in one may not make the namespaces that the tests leave the network by.
        "mkdir -p mnt/outside && pivot_root . mnt/outside && cd / && umount -l /mnt/outside",
        f"{neighbour} &",
        f"cd /home/{USER}/pexlite && {as_user} bash -o pipefail -c {shlex.quote(line)} </dev/null",
    ]
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", "\n".join(steps)]
    return subprocess.run(words, check=False, timeout=1500).returncode


def _become(account: str, environment: Mapping[str, str]) -> list[str]:
    variables = [f"{name}={value}" for name, value in environment.items()]
    return ["setpriv", "--reuid", account, "--regid", account, "--init-groups", "env", "-i", *variables]


def _showing(debian: Debian, path: Path) -> Iterator[str]:
    place = debian.root / path.relative_to("/")
    # Not through a link of the Debian's own, whose end may lie outside of it.
    if place.is_symlink():
        place.unlink()
    if path.is_dir():
        yield f"mkdir -p {shlex.quote(str(place))}"
    else:
        yield f"mkdir -p {shlex.quote(str(place.parent))} && touch {shlex.quote(str(place))}"
    yield f"mount --bind -o ro {shlex.quote(str(path))} {shlex.quote(str(place))}"


if __name__ == "__main__":
    sys.exit(main())
