"""Two indexes with one name: which of them a project comes from is said, and can be decided."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories import make_project, make_wheel
from tests.index import serve
from tests.network import server as replies
from tests.network.server import Server
from tests.repositories import committed
from tests.servers.conftest import Machine, both


@dataclass(frozen=True)
class Two:
    """An index of the public, where core is at 99.0, and a private one, where it is at 1.0 and 2.0."""

    public: str
    private: str

    @property
    def asked(self) -> list[str]:
        return ["--index-url", self.public, "--extra-index-url", self.private]


@pytest.fixture
def two(server: Server, wheels: Path, tmp_path: Path) -> Two:
    """`wheels` is the private index; the public one has another core, and gadget, which needs core."""
    public = tmp_path / "public"
    public.mkdir()
    make_wheel(public, "core", "99.0", files={"core.py": "version = 'not ours'\n"})
    make_wheel(public, "gadget", "1.0", requires=["core"])
    return Two(serve(server, public, at="/public"), serve(server, wheels, at="/private"))


def wheels_in(machine: Machine, name: str) -> str:
    return machine.well("info", name, "--json")


@both
def test_the_best_version_of_all_is_taken_as_pip_does_and_said(resolver: str, machine: Machine, two: Two) -> None:
    said = machine.well("core", *two.asked, "--resolver", resolver)
    assert "core-99.0" in wheels_in(machine, "core.pex")
    assert said.count("the best version of all is taken, as pip does; --index-strategy first-index takes") == 1
    public, private = two.public.rstrip("/"), two.private.rstrip("/")
    assert f"core 99.0 came from {public}/, and {private}/ has another core" in said


WAYS = {
    "option": (["--index-strategy", "first-index"], {}),
    "variable": ([], {"UV_INDEX_STRATEGY": "first-index"}),
    "file": ([], {"UV_CONFIG_FILE": "uv.toml"}),
}


@both
@pytest.mark.parametrize("way", WAYS)
def test_the_first_index_that_has_a_project_is_the_one_where_somebody_says_so(
    way: str, resolver: str, machine: Machine, two: Two
) -> None:
    (machine.work / "uv.toml").write_text('index-strategy = "first-index"\n')
    options, variables = WAYS[way]
    if "UV_CONFIG_FILE" in variables:
        variables = {"UV_CONFIG_FILE": str(machine.work / "uv.toml")}
    arguments = ["gadget", "-o", "app.pex", *two.asked, *options, "--resolver", resolver]
    said = machine.well(*arguments, **variables)
    assert "core-2.0" in wheels_in(machine, "app.pex")
    assert "as pip does" not in said
    assert "core 2.0 came from" in said


@both
def test_an_index_that_does_not_answer_is_not_passed_over_for_the_next(
    resolver: str, machine: Machine, two: Two, server: Server
) -> None:
    server.on("/private/simple/core/", replies.status(403))
    arguments = ["core", *two.asked, "--index-strategy", "first-index", "--resolver", resolver]
    machine.badly(3, *arguments, PIP_RETRIES="0")


@both
def test_a_pinned_project_comes_from_its_index_alone_also_where_others_need_it(
    resolver: str, machine: Machine, two: Two
) -> None:
    options = ["-i", two.public, "--index", f"ours={two.private}", "--from", "ours=Core", "--resolver", resolver]
    machine.well("gadget", "-o", "app.pex", *options)
    assert "core-2.0" in wheels_in(machine, "app.pex")
    # And from that index nothing else: it has app, the public one does not.
    assert "app" in machine.badly(3, "app", *options)


@both
def test_a_named_index_that_nothing_is_pinned_to_is_one_more(resolver: str, machine: Machine, two: Two) -> None:
    options = ["-i", two.public, "--index", f"ours={two.private}", "--resolver", resolver]
    said = machine.well("app", "-o", "app.pex", *options)
    assert "core-99.0" in wheels_in(machine, "app.pex")
    assert "2 indexes are asked" in said


@both
def test_an_index_with_the_very_same_files_is_a_mirror_and_nothing_to_tell(
    resolver: str, machine: Machine, wheels: Path, server: Server
) -> None:
    urls = [serve(server, wheels, at=f"/{name}") for name in ("one", "two")]
    said = machine.well("app", "-i", urls[0], "--extra-index-url", urls[1], "--resolver", resolver)
    assert "has another" not in said


@both
def test_a_directory_with_the_name_of_what_came_from_an_index_is_told(
    resolver: str, machine: Machine, two: Two
) -> None:
    (machine.work / "here").mkdir()
    make_wheel(machine.work / "here", "core", "3.0")
    arguments = ["core", "-i", two.public, "--resolver", resolver]
    said = machine.well(*arguments, "--wheels", "here")
    assert "core 99.0 came from an index, and" in said
    assert "has another core" in said
    make_wheel(machine.work / "here", "core", "100.0")
    assert "another core" not in machine.well(*arguments, "--wheels", "here")


def test_indexes_that_only_uv_knows_of_are_asked_in_uv_s_way(machine: Machine, two: Two) -> None:
    said = machine.well("core", "-i", two.public, "--resolver", "uv", UV_INDEX=two.private)
    assert "core-2.0" in wheels_in(machine, "core.pex")
    assert "as pip does" not in said


def test_an_index_that_does_not_say_what_it_has_is_named(machine: Machine, two: Two, server: Server) -> None:
    server.on("/private/simple/core/", replies.status(503))
    said = machine.well("core", *two.asked, "--resolver", "pip", PIP_RETRIES="0")
    assert f"{two.private} does not say which projects it has" in said


def test_pip_refuses_what_only_uv_can_do(machine: Machine, two: Two) -> None:
    arguments = ["core", *two.asked, "--index-strategy", "unsafe-first-match"]
    machine.well(*arguments, "--resolver", "uv")
    said = machine.badly(3, *arguments, "--resolver", "pip")
    assert "pip cannot take the first index with a version that fits" in said
    assert "--resolver uv" in said


def test_pip_builds_nothing_whose_requirements_it_would_take_from_any_index(machine: Machine, two: Two) -> None:
    make_project(machine.work, "free", files={"free.py": ""})
    make_project(
        machine.work, "bound", files={"bound.py": ""}, build_system='requires = ["core"]\nbuild-backend = "core"'
    )
    options = [*two.asked, "--index-strategy", "first-index", "--resolver", "pip", "-o", "x.pex"]
    machine.well("./free", *options)
    assert "pip cannot build bound with --index-strategy first-index" in machine.badly(3, "./bound", *options)


@both
def test_nor_does_it_build_a_repository(resolver: str, machine: Machine, two: Two) -> None:
    project = make_project(machine.work, "free", files={"free.py": ""})
    committed(project)
    options = [*two.asked, "--index-strategy", "first-index", "--resolver", resolver, "-o", "x.pex"]
    said = machine.badly(3, f"free @ git+{project.as_uri()}", *options)
    assert "with --index-strategy first-index" in said
    assert "pin projects to the other indexes" in said


@both
def test_a_strategy_that_is_none_is_refused(resolver: str, machine: Machine, two: Two) -> None:
    said = machine.badly(3, "core", *two.asked, "--resolver", resolver, UV_INDEX_STRATEGY="first")
    assert "there is no index strategy 'first'" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--index", "a=https://a.test/", "--index", "a=https://b.test/"], "there are two indexes called a"),
        (["--index", "a=a.test/simple"], "--index a=a.test/simple names no URL"),
        (["--index", "a=https://a.test/ https://b.test/"], "names no URL"),
        (["--index", "a=https://a.test/", "--from", "a=core>=1"], "--from a=core>=1 names no project"),
        (["--from", "a=core"], "--from a=core names no index"),
        (["--index", "a=https://a.test", "--no-index"], "--index names an index, and --no-index asks none"),
        (["--index", "https://a.test"], "'https://a.test' is not NAME=URL"),
        (["--index", "https://someone:secret@a.test"], "'a.test' is not NAME=URL"),
    ],
)
def test_what_contradicts_itself_is_said(options: list[str], message: str, machine: Machine) -> None:
    said = machine.badly(2, "core", *options)
    assert message in said
    assert "secret" not in said
