"""Each row of the tables of failures fits its sample, and the words of the real uv and pip that it is about."""

from __future__ import annotations

import dataclasses
import ssl
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pexlite.errors import PexliteError, ResolutionError
from pexlite.model import IndexSettings, Root, Target
from pexlite.resolve.explain import pip_failures, uv_failures
from pexlite.resolve.explain.failure import Failure, Row
from pexlite.resolve.explain.failures import explain, explained
from pexlite.resolve.job import Job
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.resolvers import find_resolver
from pexlite.resolve.run import Outcome
from pexlite.resolve.uv import Uv
from pexlite.targets.interpreters import running_target
from pexlite.targets.platforms import platform_target
from tests.factories import make_project, make_wheel, write_files
from tests.index import serve
from tests.network.server import Server, status

HERE = running_target()
TABLES = {"uv": uv_failures.ROWS, "pip": pip_failures.ROWS}
ROWS = [pytest.param(name, row, id=f"{name}-{row.name}") for name, rows in TABLES.items() for row in rows]
NO_HASH = f"sha256:{'0' * 64}"
OFFLINE = IndexSettings(no_index=True, retries=0)


@pytest.mark.parametrize(("resolver", "row"), ROWS)
def test_a_row_fits_its_sample(resolver: str, row: Row) -> None:
    job = Job((Root(Requirement("core"), "the test"),), (), (), HERE, OFFLINE)
    assert row.seen
    assert row.pattern.search(Failure.of(job, find_resolver(resolver), Outcome(1, "", row.sample)).text)


def test_the_names_of_rows_are_unique() -> None:
    for rows in TABLES.values():
        assert len({row.name for row in rows}) == len(rows)


# -- the real uv and pip, brought to fail --------------------------------------------------------


@dataclass
class Place:
    """A directory of wheels, a web server, and one that nobody vouches for."""

    directory: Path
    server: Server
    tls: Server

    @property
    def links(self) -> IndexSettings:
        """The wheels of the directory `links`, and no index."""
        return dataclasses.replace(OFFLINE, find_links=(str(self.directory),))

    def index(self, path: str) -> IndexSettings:
        return IndexSettings(index_url=self.server.url(path), retries=0)


@dataclass(frozen=True)
class Trial:
    """A resolution that has to fail."""

    requirements: Sequence[str]
    settings: IndexSettings
    hashes: tuple[str, ...] = ()
    """Of the last requirement."""
    universal: bool = False
    target: Target = HERE


def refusing(code: int) -> Callable[[Place], Trial]:
    def trial(place: Place) -> Trial:
        place.server.on("/simple/core/", status(code))
        return Trial(["core"], place.index("/simple/"))

    return trial


def no_archive(place: Place) -> Trial:
    (place.directory / "core-1.0-py3-none-any.whl").write_bytes(b"no zip at all" * 99)
    return Trial(["core"], place.links)


def of_another(place: Place) -> Path:
    wheel = make_wheel(place.directory, "other")
    return wheel.rename(wheel.with_name("core-1.0-py3-none-any.whl"))


def bad_structure(place: Place) -> Trial:
    of_another(place)
    return Trial(["core"], place.links)


def other_directory(place: Place) -> Trial:
    return Trial([f"core @ {of_another(place).as_uri()}"], OFFLINE)


def other_metadata(place: Place) -> Trial:
    wheel = make_wheel(place.directory, "core", "2.0")
    wheel.rename(wheel.with_name("core-1.0-py3-none-any.whl"))
    return Trial(["core"], place.links)


def other_project(place: Place) -> Trial:
    return Trial([f"core @ {make_project(place.directory, 'proper').as_uri()}"], OFFLINE)


def build_requirements(place: Place) -> Trial:
    text = '[build-system]\nrequires = ["nowhere"]\nbuild-backend = "nowhere"\n'
    text += '[project]\nname = "core"\ndynamic = ["version"]\n'
    project = write_files(place.directory / "core", {"pyproject.toml": text})
    return Trial([f"core @ {project.as_uri()}"], OFFLINE)


def failing_build(place: Place) -> Trial:
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": "raise RuntimeError('no such luck')\n",
    }
    return Trial([f"core @ {write_files(place.directory / 'core', files).as_uri()}"], OFFLINE)


def needing(*requirements: str, **details: object) -> Callable[[Place], Trial]:
    """A trial of these, where there are two versions of core, of which `app` needs any and `strict` the first."""

    def trial(place: Place) -> Trial:
        for version in ("1.0", "1.5"):
            make_wheel(place.directory, "core", version)
        make_wheel(place.directory, "app", requires=["core"])
        make_wheel(place.directory, "strict", requires=["core<1.5"])
        make_wheel(place.directory, "late", requires_python=">=3.99")
        return dataclasses.replace(Trial(requirements, place.links), **details)  # type: ignore[arg-type]

    return trial


def foreign(place: Place) -> Trial:
    make_wheel(place.directory, "core", "0.9")
    make_wheel(place.directory, "core", tag="cp313-cp313-macosx_11_0_arm64")
    return Trial(["core>=1"], place.links)


def sdist_alone(place: Place) -> Trial:
    (place.directory / "core-1.0.tar.gz").write_bytes(b"never read")
    index = IndexSettings(index_url=serve(place.server, place.directory), retries=0, only_binary=("core",))
    return Trial(["core"], index, universal=True)


def without_ssl(place: Place) -> Trial:
    """A trial on a Python that has no module `ssl`, as one that was made where OpenSSL's headers were not."""
    environment = place.directory / "python"
    venv.create(environment, symlinks=True)
    (packages,) = environment.glob("lib/python3*/site-packages")
    # Debian's Python has a sitecustomize of its own, which is found first.
    (packages / "without_ssl.pth").write_text("import sys; sys.modules['_ssl'] = sys.modules['ssl'] = None\n")
    target = dataclasses.replace(HERE, interpreter=environment / "bin" / "python")
    return Trial(["core"], IndexSettings(index_url=place.tls.url("/simple/"), retries=0), target=target)


TRIALS: dict[str, Callable[[Place], Trial]] = {
    "certificate": lambda place: Trial(["core"], IndexSettings(index_url=place.tls.url("/simple/"), retries=0)),
    "no ssl": without_ssl,
    "unauthorized": refusing(401),
    "forbidden": refusing(403),
    "no connection": lambda _: Trial(["core"], IndexSettings(index_url="http://127.0.0.1:1/simple/", retries=0)),
    "no such host": lambda _: Trial(["core"], IndexSettings(index_url="https://index.invalid/simple/", retries=0)),
    "offline": lambda place: Trial(["core"], place.index("/simple/")),
    "other project": other_project,
    "no archive": no_archive,
    "other directory": other_directory,
    "bad structure": bad_structure,
    "other metadata": other_metadata,
    "other hash": needing("core==1.0", hashes=(NO_HASH,)),
    "no hash": needing("app", "core==1.0", hashes=(NO_HASH,)),
    "no checkout": lambda _: Trial(["core @ git+file:///nowhere/at/all@main"], OFFLINE),
    "not found": lambda place: Trial([f"core @ {place.server.url('/core-1.0-py3-none-any.whl')}"], OFFLINE),
    "build requirements": build_requirements,
    "build": failing_build,
    "no wheel": foreign,
    "no such project": needing("absent"),
    "other python": needing("late", universal=True),
    "no wheel to take": sdist_alone,
    "contradiction": needing("core==1.0", "core==1.5"),
    "conflict": needing("strict", "core>=1.5"),
    "no version": needing("core==7"),
    "only others": needing("core>=3"),
}


@pytest.fixture
def place(
    tmp_path: Path, server: Server, certificate: Path, no_configuration: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip"))
    # uv would break its sentences there.
    monkeypatch.setenv("COLUMNS", "60")
    (tmp_path / "links").mkdir()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with Server(context) as tls:
        yield Place(tmp_path / "links", server, tls)


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_the_real_program_writes_what_the_row_says(
    name: str, row: Row, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if row.unprovoked:
        assert row.name not in TRIALS
        return
    if row.name == "offline":
        monkeypatch.setenv("UV_OFFLINE", "1")
    trial = TRIALS[row.name](place)
    resolver = find_resolver(name)
    told: list[str] = []

    def noted(self: Resolver, job: Job, outcome: Outcome) -> ResolutionError:
        failure = Failure.of(job, self, outcome)
        told.append(found.name if (found := explained(failure, TABLES[self.name])[1]) else failure.text)
        return explain(job, outcome, self, TABLES[self.name])

    monkeypatch.setattr(type(resolver), "explain", noted)
    last = len(trial.requirements) - 1
    roots = tuple(
        Root(Requirement(text), "the test", trial.hashes if number == last else ())
        for number, text in enumerate(trial.requirements)
    )
    universal = trial.universal and isinstance(resolver, Uv)
    with pytest.raises(PexliteError):
        resolver.resolve(Job(roots, (), (), trial.target, trial.settings, universal=universal))
    assert told == [row.name]


def test_a_target_elsewhere_lacks_a_wheel_in_the_words_of_both(place: Place) -> None:
    make_wheel(place.directory, "core", tag="cp313-cp313-macosx_11_0_arm64")
    linux = platform_target("manylinux_2_28_x86_64-cp-313-cp313")
    job = Job((Root(Requirement("core"), "the test"),), (), (), linux, place.links)
    for name in TABLES:
        with pytest.raises(ResolutionError) as caught:
            find_resolver(name).resolve(job)
        assert caught.value.message.startswith("core 1.0 has no wheel for")
