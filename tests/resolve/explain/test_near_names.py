"""A misspelt project is told with the one that was meant, if an index has it; and no index is asked for much."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from pexlite.cli.commands import COMMANDS
from pexlite.cli.main import run
from pexlite.cli.mistaken import refuse_commands
from pexlite.model import IndexSettings
from pexlite.resolve.explain.near_names import names_on, near_name
from pexlite.resolve.explain.well_known import IMPORTED_FROM, WELL_KNOWN
from tests.factories import make_wheel
from tests.index import page, serve
from tests.network.server import Server

_AS_JSON = '{"meta": {"api-version": "1.0"}, "projects": [{"name": "Weather_Tools"}, {"name": "rain"}]}'
_AS_HTML = '<!DOCTYPE html><html><body><a href="/simple/weather-tools/">Weather_Tools</a><A href="x">\nrain</A>'


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    (tmp_path / "wheels").mkdir()
    for name in ("requests", "weather-tools", "pillow"):
        make_wheel(tmp_path / "wheels", name, files={f"{name.replace('-', '_')}.py": "def main():\n    pass\n"})
    return tmp_path / "wheels"


@pytest.mark.parametrize("text", [_AS_JSON, _AS_HTML])
def test_the_first_page_of_an_index_is_read_in_both_forms(text: str) -> None:
    assert names_on(text) == ["Weather_Tools", "rain"]


@pytest.mark.parametrize("text", ["", "{", "{}", '{"projects": [1]}', "<html>", "[1]"])
def test_another_page_has_no_names(text: str) -> None:
    assert names_on(text) == []


@pytest.mark.parametrize("text", [_AS_JSON, _AS_HTML])
def test_an_index_that_lists_few_projects_names_the_nearest(text: str, server: Server, wheels: Path) -> None:
    settings = IndexSettings(index_url=serve(server, wheels))
    server.on("/simple/", page(text))
    assert near_name("wether-tools", settings) == "weather-tools"
    assert near_name("snow", settings) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("requsts", "requests"), ("Reqeusts", "requests"), ("PIL", "pillow"), ("djagno", None), ("where", None)],
)
def test_a_well_known_project_is_named_only_if_the_index_has_it(
    typed: str, meant: str | None, server: Server, wheels: Path
) -> None:
    assert near_name(typed, IndexSettings(index_url=serve(server, wheels))) == meant


def test_a_long_list_is_not_read(server: Server, wheels: Path) -> None:
    sent = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        try:
            while True:
                sent.append(request.wfile.write(b'<a href="x">requsts-too</a>\n' * 4096))
        except OSError:
            return

    settings = IndexSettings(index_url=serve(server, wheels))
    server.on("/simple/", endless)
    assert near_name("requsts", settings) == "requests"
    assert sum(sent) < 32 << 20  # what the buffers between the two took
    server.on("/simple/", page('<a href="x">requsts-too</a>\n' * 100_000))
    assert near_name("requsts", settings) == "requests"


def test_few_questions_are_asked(server: Server, wheels: Path) -> None:
    near_name("requests-oauth", IndexSettings(index_url=serve(server, wheels), retries=5))
    assert sum(server.count(f"/simple/{name}/") for name in WELL_KNOWN) <= 2


def test_a_directory_names_its_nearest_without_an_index(wheels: Path) -> None:
    settings = IndexSettings(no_index=True, find_links=(str(wheels),))
    assert near_name("weathertools", settings) == "weather-tools"
    assert near_name("numpi", settings) is None


def test_the_names_are_spelt_as_indexes_spell_them() -> None:
    assert [name for name in (*WELL_KNOWN, *IMPORTED_FROM) if canonicalize_name(name) != name] == []
    assert list(WELL_KNOWN) == sorted(set(WELL_KNOWN))
    assert set(IMPORTED_FROM.values()) <= set(WELL_KNOWN)


def test_no_well_known_project_is_taken_for_a_command(tmp_path: Path) -> None:
    names = tuple(set(WELL_KNOWN) - set(COMMANDS))
    assert len(names) > 400
    refuse_commands({"requirements": names, "entry_point": None, "scripts": ()}, COMMANDS, tmp_path)


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_the_hint_is_a_name_that_can_be_built(
    resolver: str,
    server: Server,
    wheels: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bare_machine: None,
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["-i", serve(server, wheels), "--resolver", resolver, "-o", "x.pex", "-q"]
    assert run(["requsts", *options]) == 3
    told = capsys.readouterr().err
    assert told.splitlines()[-1] == "hint: did you mean requests?"
    assert run(["requests", *options]) == 0
