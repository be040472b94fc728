"""The requested resolver is found; another resolver is another row of the table."""

from __future__ import annotations

import subprocess
import sys

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
    monkeypatch.setitem(RESOLVERS, "third", lambda: Third)
    assert type(find_resolver("third")) is Third
    with pytest.raises(UsageError) as caught:
        find_resolver("fourth")
    assert caught.value.hint == "choose one: --resolver auto, uv, pip or third"


def test_one_that_is_absent_is_told_and_passed_over_by_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESOLVERS, "uv", lambda: Absent)
    assert find_resolver("auto").name == "pip"
    with pytest.raises(UsageError) as caught:
        find_resolver("uv")
    assert caught.value.message == "uv was asked for and is not here"


def test_the_command_line_offers_auto_and_each_of_them() -> None:
    [option] = [one for one in options.INDEXES if one.name == "resolver"]
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == ["auto", *RESOLVERS]


@pytest.mark.parametrize("name", RESOLVERS)
def test_each_has_the_name_of_its_row_and_another_to_try(name: str) -> None:
    found = find_resolver(name)
    assert type(found) is RESOLVERS[name]()
    assert found.name == name
    assert found.instead in set(RESOLVERS) - {name}


def test_a_build_by_uv_imports_nothing_of_pip_nor_what_only_projects_and_unusable_locks_need() -> None:
    program = (
        "import sys, pexlite.pipeline.decide\nfrom pexlite.resolve.resolvers import find_resolver\n"
        "find_resolver('uv')\nprint('\\n'.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    imported = set(done.stdout.split())
    assert "pexlite.resolve.uv" in imported
    unneeded = ["pexlite.resolve.pip", "pexlite.resolve.patched_pip", "importlib.metadata", "email", "urllib3"]
    unneeded += ["pexlite.resolve.foreign.pinned", "pexlite.pylock.write", "pexlite.pipeline.earlier_lock"]
    unneeded += ["pexlite.requirements.declared", "pexlite.pipeline.unusable_lock", "pexlite.resolve.pins"]
    assert not imported & set(unneeded)
