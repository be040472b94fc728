"""A command in another root file system: as an ordinary user, with mounts and processes that end with it."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

USER, HOME = "tester", "/home/tester"
_ID = 1000
_ACCOUNT = f"{USER}:x:{_ID}:{_ID}::{HOME}:/bin/sh"
PATH = "/usr/local/bin:/usr/bin:/bin"
_FORMATS = Path("/proc/sys/fs/binfmt_misc")
# What Debian's qemu-user-static says of a program for arm64: the first bytes of its file, and what runs it.
_ARM64 = Path("/usr/lib/binfmt.d/qemu-aarch64.conf")


@dataclass(frozen=True)
class Done:
    """The end of a command. A `code` of -1 stands for one that did not end in time."""

    code: int
    printed: str
    complained: str


@dataclass(frozen=True)
class Inside:
    """The root file system `root`. `shown` are directories of this machine by their paths there, read-only."""

    root: Path
    home: Path | None = None
    """The user's home, a directory of this machine; it may be that of several machines."""
    shown: Mapping[str, Path] = field(default_factory=dict)
    account: str = USER
    bits: str = ""
    """Which kernel it takes this one for: "linux32", or this one as it is."""

    def run(
        self,
        words: Sequence[str],
        variables: Mapping[str, str] | None = None,
        *,
        directory: str = "/",
        seconds: float = 300,
        stdin: str = "",
    ) -> Done:
        """Run a command in `directory` and return how it ended."""
        environment = {"HOME": HOME, "PATH": PATH, "LANG": "C.UTF-8", **(variables or {})}
        if self.account != USER:
            environment |= {
                "HOME": "/root",
                "PATH": f"{PATH}:/usr/sbin:/sbin",
                "DEBIAN_FRONTEND": "noninteractive",
            }
        entered = ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        entered += [_program("setarch"), self.bits] if self.bits else []
        entered += [
            _program("chroot"),
            *([f"--userspec={_ID}:{_ID}", "--groups="] if self.account == USER else []),
        ]
        # Not `chroot --skip-chdir`: the directory is one inside.
        moved = f"cd {shlex.quote(directory)} && exec {shlex.join(words)}"
        steps = [*self._mounts(), f"exec {shlex.join([*entered, str(self.root), '/bin/sh', '-c', moved])}"]
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", "\n".join(steps)]
        try:
            done = subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired:
            return Done(-1, "", f"it did not end within {seconds:.0f} s")
        return Done(done.returncode, done.stdout, done.stderr)

    def _mounts(self) -> Iterator[str]:
        def inside(path: str) -> str:
            return shlex.quote(str(self.root) + path)

        yield "mount --make-rprivate /"
        yield f"mount -t proc proc {inside('/proc')}"
        yield f"mount --rbind /dev {inside('/dev')}"
        yield f"mount -t tmpfs -o mode=1777 tmpfs {inside('/dev/shm')}"
        if self.account != USER:
            yield f"mount --bind -o ro /etc/resolv.conf {inside('/etc/resolv.conf')}"
            return
        for place in ("/tmp", "/var/tmp"):
            yield f"mount -t tmpfs -o mode=1777 tmpfs {inside(place)}"
        if self.home is not None:
            yield f"mount --bind {shlex.quote(str(self.home))} {inside(HOME)}"
        for place, source in self.shown.items():
            yield f"mkdir -p {inside(place)} && mount --bind -o ro {shlex.quote(str(source))} {inside(place)}"


def _program(name: str) -> str:
    """The path of a program of this machine, as it is called where PATH is another machine's."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    assert found is not None, f"there is no {name} here"
    return found


def furnish(root: Path) -> None:
    """Have the places that mounts need, and the user's account."""
    for place in ("dev", "proc", "tmp", "var/tmp", "etc", HOME[1:]):
        (root / place).mkdir(parents=True, exist_ok=True)
    passwd, group = root / "etc/passwd", root / "etc/group"
    known = passwd.read_text() if passwd.exists() else "root:x:0:0:root:/root:/bin/sh\n"
    if _ACCOUNT not in known:
        passwd.write_text(f"{known}{_ACCOUNT}\n")
        with group.open("a") as opened:
            opened.write(f"{USER}:x:{_ID}:\n")


@contextlib.contextmanager
def programs_of_arm64() -> Iterator[None]:
    """Have the kernel run programs for arm64 by QEMU; afterwards it does what it did before."""
    entry = _FORMATS / "qemu-aarch64"
    if entry.exists():
        yield
        return
    mounted = (_FORMATS / "register").exists()
    if not mounted:
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", _FORMATS], check=True)
    try:
        (_FORMATS / "register").write_text(_ARM64.read_text().strip())
        yield
    finally:
        if entry.exists():
            entry.write_text("-1")
        if not mounted:
            subprocess.run(["umount", _FORMATS], check=False)


def new_home(place: Path) -> Path:
    """An empty directory that is the user's own."""
    place.mkdir(parents=True)
    place.chmod(0o755)
    subprocess.run(["chown", f"{_ID}:{_ID}", place], check=True)
    return place
