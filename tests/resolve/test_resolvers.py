"""The requested resolver is found; another resolver is another row of the table."""

from __future__ import annotations

import click
import pytest

from pexlite.cli import options
from pexlite.errors import UsageError
from pexlite.resolve.pip import Pip
from pexlite.resolve.resolvers import RESOLVERS, find_resolver


class Third(Pip):
    """A resolver that nobody knows yet."""


class Absent(Pip):
    """A resolver that is not on this machine."""

    @classmethod
    def find(cls) -> None:  # type: ignore[override]
        return None


def test_a_row_of_the_table_makes_a_resolver_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESOLVERS, "third", Third)
    assert type(find_resolver("third")) is Third
    with pytest.raises(UsageError) as caught:
        find_resolver("fourth")
    assert caught.value.hint == "choose one: --resolver auto, uv, pip or third"


def test_one_that_is_absent_is_told_and_passed_over_by_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESOLVERS, "uv", Absent)
    assert find_resolver("auto").name == "pip"
    with pytest.raises(UsageError) as caught:
        find_resolver("uv")
    assert caught.value.message == "uv was asked for and is not here"


def test_the_command_line_offers_auto_and_each_of_them() -> None:
    [option] = [one for one in options.INDEXES if one.name == "resolver"]
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == ["auto", *RESOLVERS]


@pytest.mark.parametrize(("name", "kind"), RESOLVERS.items())
def test_each_has_the_name_of_its_row_and_another_to_try(name: str, kind: type) -> None:
    found = find_resolver(name)
    assert type(found) is kind
    assert found.name == name
    assert found.instead in set(RESOLVERS) - {name}
