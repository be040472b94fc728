"""Rows of files that go to a server: bytes on the wire and seconds, beside scp and rsync. `--only ship`.

The server is an sshd on 127.0.0.1, so seconds are the tools' own; every connection goes through a relay, which
counts what passes, encrypted, in both directions. Takes rsync, sshd and the package index. Each round begins with
the old version on the server: at the path that the new one goes to, or beside it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.programs.bench.results import Row, row
from tests.programs.bench.setting import Setting, text
from tests.programs.bench.targets import Target
from tests.programs.bench.timing import Contender, Figure, Run, WrongOutputError, failed, figure, run
from tests.ssh_server import Server, running_server

RELAY = Path(__file__).with_name("relay.py")
HOSTS = 20


@dataclass(frozen=True)
class Pair:
    """Two versions of an application, and the most that a push of the second may put on the wire."""

    name: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    limit: int
    """In bytes; a question and its answer are part of it."""
    index: Path | None = None
    """A directory with the wheels, where they are not from the package index."""


_SCIENCE = ("pandas==2.3.2", "pyarrow==21.0.0", "scipy==1.16.1")
PAIRS = (
    Pair("a changed line", (*_SCIENCE, "numpy==2.3.2"), (*_SCIENCE, "numpy==2.3.2"), 130_000),
    Pair("numpy's patch release", (*_SCIENCE, "numpy==2.3.1"), (*_SCIENCE, "numpy==2.3.2"), 600_000),
    Pair(
        "certifi's release in a large file",
        (*_SCIENCE, "numpy==2.3.2", "requests==2.32.5", "certifi==2025.8.3"),
        (*_SCIENCE, "numpy==2.3.2", "requests==2.32.5", "certifi==2025.10.5"),
        200_000,
    ),
    # The last one is pushed to many places as well, so it is small.
    Pair(
        "certifi's release",
        ("requests==2.32.5", "certifi==2025.8.3"),
        ("requests==2.32.5", "certifi==2025.10.5"),
        200_000,
    ),
)


def rows(setting: Setting, rounds: int, pairs: Sequence[Pair] = PAIRS) -> Iterator[Row]:
    """The rows of all pairs, of a file that is there already, and of many hosts."""
    missing = [name for name in ("rsync", "ssh", "sshd") if not shutil.which(name, path=_WHERE)]
    if missing:
        yield row("ship", "", "not measured", {"all": failed(f"there is no {', '.join(missing)} here")})
        return
    with tempfile.TemporaryDirectory(prefix="pexlite-bench-") as name:
        directory = Path(name)
        with running_server(directory, f"{setting.python.parent}:/usr/local/bin:/usr/bin:/bin") as server:
            counted = _count_what_passes(directory)
            for pair in pairs:
                old, new = (_file(setting, pair, version) for version in ("1", "2"))
                shipping = _Shipping(setting, server, counted, pair, old, new)
                yield from shipping.over_the_old(rounds)
                yield from shipping.beside_the_old(rounds)
            yield shipping.there_already(rounds)
            yield shipping.to_many(min(rounds, 3))


_WHERE = "/usr/local/bin:/usr/bin:/bin:/usr/sbin"


def _count_what_passes(directory: Path) -> Path:
    """Have ssh connect by a relay, and return the directory in which each connection leaves its count."""
    counted = directory / "counted"
    counted.mkdir()
    config = directory / "config"
    lines = config.read_text().replace("Host server", "Host server host-*", 1)
    relay = f"ProxyCommand {sys.executable} -I -S {RELAY} %h %p {counted}"
    config.write_text(f"{lines}{relay}\n")
    return counted


def _file(setting: Setting, pair: Pair, version: str) -> Path:
    """The file of a version of the pair's application, whose own code has one line that says so."""
    place = setting.directory / "ship" / pair.name.replace(" ", "-") / version
    file = place / "app.pex"
    if not file.exists():
        place.mkdir(parents=True, exist_ok=True)
        lines = [*(f"VALUE_{number} = {number}" for number in range(200)), f"print('version {version}')"]
        (place / "bench_ship.py").write_text("\n".join(lines) + "\n")
        house: list[str | Path] = ["--no-index", "--find-links", pair.index] if pair.index else []
        words: list[str | Path] = [setting.program("pexlite", "pexlite"), *house, "--python", setting.python]
        words += [*(pair.old if version == "1" else pair.new), "-m", "bench_ship", "-D", place, "-q", "-o", file]
        text(words, setting.environment(setting.state("build", "pexlite")))
    return file


@dataclass(frozen=True)
class _Shipping:
    """One pair and one server."""

    setting: Setting
    server: Server
    counted: Path
    pair: Pair
    old: Path
    new: Path

    def over_the_old(self, rounds: int) -> Iterator[Row]:
        """Rows of the new version in the place of the old one."""
        yield from self._compared("over the old version", self._contenders("app.pex"), rounds)

    def beside_the_old(self, rounds: int) -> Iterator[Row]:
        """Rows of the new version under another name."""
        yield from self._compared("beside the old version", self._contenders("app-2.pex"), rounds)

    def there_already(self, rounds: int) -> Row:
        """The row of a push of what is there, beside a connection that does nothing."""
        nothing = Contender("ssh true", (*self._command("ssh"), "server", "true"), self._environment("ssh"))
        own = self._contender(
            "pexlite", [self._pexlite(), "push", self.new, "server:app.pex"], self.new, "app.pex"
        )
        times = {one.tool: [ended.wall for ended, _ in self._runs(one, rounds)] for one in (nothing, own)}
        figures = {tool: figure(values) for tool, values in times.items()}
        return row("ship", self.pair.name, "there already", figures, [Target("pexlite", 1.5, ("ssh true",))])

    def to_many(self, rounds: int) -> Row:
        """The row of a push to twenty hosts, each a directory here, beside a push to one."""
        figures = {}
        for tool, count in (("pexlite to one", 1), ("pexlite", HOSTS)):
            hosts = self.counted.parent / f"hosts-{count}"
            hosts.write_text("".join(f"host-{number}\n" for number in range(count)))
            words = [self._pexlite(), "push", self.new, "--hosts", hosts, "{host}/app.pex"]
            places = [f"host-{number}/app.pex" for number in range(count)]
            done = self._runs(self._contender(tool, words, self.old, *places), rounds)
            figures[tool] = figure([ended.wall for ended, _ in done])
        return row("ship", self.pair.name, f"{HOSTS} hosts", figures, [Target("pexlite", 3, ("pexlite to one",))])

    def _contenders(self, name: str) -> list[Contender]:
        to = f"server:{name}"
        rsync = ["rsync", "--ignore-times", "-e", *self._command("ssh")]
        made = {
            "pexlite": [self._pexlite(), "push", self.new, to],
            "rsync": [*rsync, self.new, to],
            "rsync --fuzzy": [*rsync, "--fuzzy", self.new, to],
            "scp": [*self._command("scp"), self.new, to],
        }
        return [self._contender(tool, words, self.old, "app.pex") for tool, words in made.items()]

    def _contender(self, tool: str, words: Sequence[object], there: Path, *places: str) -> Contender:
        """A tool that finds `there` at these places on the server, and nothing else."""

        def prepare() -> None:
            for path in self.server.home.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            for place in places:
                (self.server.home / place).parent.mkdir(exist_ok=True)
                shutil.copy2(there, self.server.home / place)

        return Contender(tool, tuple(map(str, words)), self._environment(tool), prepare=prepare)

    def _compared(self, way: str, contenders: Sequence[Contender], rounds: int) -> Iterator[Row]:
        seconds: dict[str, Figure] = {}
        sent: dict[str, Figure] = {}
        for one in contenders:
            try:
                done = self._runs(one, rounds)
            except WrongOutputError as failure:
                seconds[one.tool] = sent[one.tool] = failed(str(failure))
                continue
            seconds[one.tool] = figure([ended.wall for ended, _ in done], [ended.cpu for ended, _ in done])
            sent[one.tool] = figure([passed for _, passed in done])
        yield row("ship", self.pair.name, f"{way}, sent", sent, [Target("pexlite", self.pair.limit)], "B")
        yield row("ship", self.pair.name, way, seconds)

    def _runs(self, contender: Contender, rounds: int) -> list[tuple[Run, int]]:
        """Each run, and the bytes that passed in it."""
        found = []
        for _ in range(rounds):
            for count in self.counted.iterdir():
                count.unlink()
            if contender.prepare:
                contender.prepare()
            ended = run(contender)
            found.append((ended, sum(int(count.read_text()) for count in self.counted.iterdir())))
        return found

    def _environment(self, tool: str) -> dict[str, str]:
        found = self.setting.environment(self.setting.state("ship", tool.replace(" ", "")))
        return {**found, "PATH": f"{self.server.programs}:{found['PATH']}"}

    def _command(self, name: str) -> list[str]:
        return [str(self.server.programs / name)]

    def _pexlite(self) -> Path:
        return self.setting.program("pexlite", "pexlite")
