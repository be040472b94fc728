"""Requirements with `file:` URLs are found in METADATA wherever, and only where, they are."""

from __future__ import annotations

import pytest

from pexlite.wheels.path_requirements import with_other_urls


@pytest.mark.parametrize(
    ("line", "told", "without"),
    [
        ("Requires-Dist: core @ file:///srv/core", ("core", "file:///srv/core"), "Requires-Dist: core"),
        ("Requires-Dist: core@file:///srv/core", ("core", "file:///srv/core"), "Requires-Dist: core"),
        ("Requires-Dist: core[a,b] @ file:///x", ("core", "file:///x"), "Requires-Dist: core[a,b]"),
        (
            "Requires-Dist: Core.x @ file:///my code/x ; extra == 'all'",
            ("Core.x", "file:///my code/x"),
            "Requires-Dist: Core.x ; extra == 'all'",
        ),
        ("Requires-Dist: core @ https://index.example/core.zip", None, None),
        ("Requires-Dist: core>=1 ; python_version > '3'", None, None),
        ("Summary: core @ file:///srv/core", None, None),
        ("\nRequires-Dist: core @ file:///srv/core", None, None),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_url_is_replaced_or_taken_away(
    end: str, line: str, told: tuple[str, str] | None, without: str | None
) -> None:
    metadata = f"Metadata-Version: 2.1\nName: app\n{line}\nVersion: 1.0\n".replace("\n", end).encode()
    seen: list[tuple[str, str]] = []

    def kept(name: str, url: str) -> str:
        seen.append((name, url))
        return url

    with_other_urls(metadata, kept)
    assert seen == ([told] if told else [])
    expected = metadata.decode().replace(line.replace("\n", end), (without or line).replace("\n", end))
    assert with_other_urls(metadata, lambda *_: "").decode() == expected
    if told:
        assert b" @ file:///new" in with_other_urls(metadata, lambda *_: "file:///new")
