"""Index settings reach uv and pip whole, and passwords never as arguments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pexlite.model import IndexSettings
from pexlite.resolve.pip_program import PipProgram
from pexlite.resolve.run import Program, child_environment
from pexlite.resolve.uv_program import UvProgram, index_arguments

UV = UvProgram(("uv",))
PIP = PipProgram(("python", "-m", "pip"))
SECRET = "https://someone:secret-for-test@index.example"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("program", [UV, PIP], ids=lambda program: program.name)
def test_no_password_is_an_argument(program: Program) -> None:
    settings = IndexSettings(
        index_url=f"{SECRET}/simple",
        extra_index_urls=(f"{SECRET}/extra",),
        find_links=(f"{SECRET}/links",),
        proxy="http://someone:secret-for-test@proxy.example:3128",
    )
    assert "secret-for-test" not in " ".join(index_arguments(settings))
    values = " ".join(child_environment(program, settings).values())
    assert all(f"{SECRET}/{part}" in values for part in ("simple", "extra", "links"))
    assert "proxy.example" in values


@pytest.mark.parametrize(
    ("settings", "variable", "value"),
    [
        (IndexSettings(no_index=True), "PIP_NO_INDEX", "1"),
        (IndexSettings(prereleases=True), "PIP_PRE", "1"),
        (IndexSettings(only_binary=("a", "b")), "PIP_ONLY_BINARY", "a,b"),
        (IndexSettings(extra_index_urls=("https://a.example", "https://b.example")), "PIP_EXTRA_INDEX_URL",
         "https://a.example https://b.example"),
        (IndexSettings(find_links=("/with a space",)), "PIP_FIND_LINKS", "file:///with%20a%20space"),
        (IndexSettings(timeout=7.5), "PIP_DEFAULT_TIMEOUT", "7.5"),
        (IndexSettings(certificate=Path("/ca.pem")), "PIP_CERT", "/ca.pem"),
    ],
)  # fmt: skip
def test_pip_gets_each_setting_as_a_variable(settings: IndexSettings, variable: str, value: str) -> None:
    assert child_environment(PIP, settings)[variable] == value


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        (IndexSettings(no_index=True), ["--no-index"]),
        (IndexSettings(prereleases=True), ["--prerelease", "allow"]),
        (IndexSettings(uploaded_prior_to="2026-01-01"), ["--exclude-newer=2026-01-01"]),
        (IndexSettings(trusted_hosts=("a.example",)), ["--allow-insecure-host=a.example"]),
        (IndexSettings(keyring_provider="import"), ["--keyring-provider", "subprocess"]),
        (IndexSettings(keyring_provider="disabled"), []),
        (IndexSettings(extra_index_urls=("https://a.example",)), ["--index-strategy", "unsafe-best-match"]),
        (IndexSettings(), []),
    ],
)
def test_uv_gets_the_others_as_arguments(settings: IndexSettings, arguments: list[str]) -> None:
    assert index_arguments(settings) == arguments


def test_uv_gets_find_links_by_variable_without_those_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_FIND_LINKS", "/theirs")
    (tmp_path / "a b,c").mkdir()
    links = (str(tmp_path / "a b,c"), str(tmp_path / "absent"), "https://a.example/x?a,b")
    settings = IndexSettings(find_links=links)
    assert index_arguments(settings) == []
    assert child_environment(UV, settings)["UV_FIND_LINKS"].split(",") == [
        "/theirs",
        f"{tmp_path.as_uri()}/a%20b%2Cc",
        "https://a.example/x?a%2Cb",
    ]


def test_uv_does_without_a_cache_that_it_cannot_write_to(tmp_path: Path) -> None:
    nowhere = {"XDG_CACHE_HOME": "/dev/null/here"}
    assert UvProgram(("uv",)).variables(IndexSettings(), nowhere)["UV_NO_CACHE"] == "1"
    for there in ({"XDG_CACHE_HOME": str(tmp_path / "made later")}, {**nowhere, "UV_CACHE_DIR": str(tmp_path)}):
        assert "UV_NO_CACHE" not in UvProgram(("uv",)).variables(IndexSettings(), there)


def test_uv_variables_of_the_person_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX", "https://theirs.example/simple")
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "99")
    environment = child_environment(UV, IndexSettings(extra_index_urls=("https://ours.example",), timeout=3))
    assert environment["UV_INDEX"] == "https://theirs.example/simple https://ours.example"
    assert environment["UV_HTTP_TIMEOUT"] == "99"


def test_variables_that_would_divert_pip_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_TARGET", "PIP_USER", "PIP_REQUIREMENT", "PIP_NO_DEPS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_CACHE_DIR", "/kept")
    environment = child_environment(PIP, IndexSettings())
    assert not {"PIP_TARGET", "PIP_USER", "PIP_REQUIREMENT", "PIP_NO_DEPS"} & set(environment)
    assert environment["PIP_CACHE_DIR"] == "/kept"
