"""A failure of uv or pip becomes one sentence about the requirements, whatever words they chose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pexlite.model import IndexSettings, Root
from pexlite.resolve.job import Job
from pexlite.resolve.pip import Pip
from pexlite.resolve.resolvers import find_resolver
from pexlite.resolve.run import Outcome
from pexlite.resolve.uv import Uv
from pexlite.resolve.uv_program import UvProgram
from pexlite.targets.interpreters import running_target
from tests.factories import make_wheel

HERE = running_target()


RESOLVERS = {"uv": Uv(UvProgram(("uv",))), "pip": Pip()}


def job(*requirements: str) -> Job:
    roots = tuple(Root(Requirement(text), "the test") for text in requirements)
    return Job(roots, (), (), HERE, IndexSettings(no_index=True))


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        (
            "error: No solution found\n  cause: Because all versions of strict depend on core<1.5 and you require "
            "core>=1.5, we can conclude that your requirements and all versions of strict are incompatible.\n"
            "         And because you require strict, we can conclude that your requirements are unsatisfiable.\n",
            "no versions of core>=1.5 and strict fit together",
        ),
        (
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because strict==1 depends on core<1.5 and "
            "you require core>=1.5\n      and strict, we can conclude that your requirements "
            "are\n      unsatisfiable.\n",
            "no versions of core>=1.5 and strict fit together",
        ),
        (
            "error: No solution found\n  cause: Because strict depends on a<1 and a>2 and you require strict, "
            "we can conclude that your requirements are unsatisfiable.\n",
            "no versions of what strict needs fit together",
        ),
        (
            "error: Request failed\n  cause: Failed to fetch: https://someone:secret-for-test@index.example/simple/x/\n"
            "  cause: dns error\n",
            "the package index cannot be reached: no connection to index.example",
        ),
        (
            "error: No solution found\n  cause: Because core was not found in the package registry and you "
            "require core, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL "
            "could not be queried due to a lack of valid authentication credentials (401 Unauthorized)\n",
            "the package index refuses access",
        ),
        (
            "error: No solution found\n  cause: Because you require core==1 and core==2, we can conclude that "
            "your requirements are unsatisfiable.\n",
            "no versions of core==1 and core==2 fit together",
        ),
        (
            "error: Failed to build\n  cause: Package metadata name `proper` does not match given name `core`\n",
            "the project at its URL is called proper, not core",
        ),
    ],
)  # fmt: skip
def test_what_uv_says_is_one_sentence(stderr: str, message: str) -> None:
    error = RESOLVERS["uv"].explain(job("app", "core>=1.5", "strict"), Outcome(1, "", stderr))
    assert error.message == message
    assert error.hint
    assert "secret-for-test" not in " ".join(error.causes)


def test_pip_names_requirements_and_not_lines_of_our_file() -> None:
    stdout = (
        "The conflict is caused by:\n    The user requested core>=1.5\n    strict 1.0 depends on core<1.5\n\n"
        "To fix this you could try to:\n"
    )
    stderr = (
        "ERROR: Cannot install -r /x/pexlite-resolve-ab1/requirements.in (line 3) and core>=1.5 because these "
        "package versions have conflicting dependencies.\nERROR: ResolutionImpossible: for help visit https://a.example\n"
    )
    error = RESOLVERS["pip"].explain(job("app", "core>=1.5", "strict"), Outcome(1, stdout, stderr))
    assert error.message == "no versions of strict and core>=1.5 fit together"
    assert error.causes[:2] == ("The user requested core>=1.5", "strict 1.0 depends on core<1.5")
    assert "requirements.in" not in " ".join(error.causes)


@pytest.mark.parametrize(
    ("there", "hint"),
    [
        (True, "the other resolver finds all of it: --resolver pip"),
        (False, "check the names, versions and indexes that are asked for; -v shows more"),
    ],
)
def test_the_other_resolver_is_named_where_it_finds_what_is_asked_for(
    there: bool, hint: str, tmp_path: Path
) -> None:
    if there:
        make_wheel(tmp_path, "core")
    asked = replace(job("core"), settings=IndexSettings(no_index=True, find_links=(str(tmp_path),)))
    error = find_resolver("uv").explain(asked, Outcome(2, "", "error: something never seen before\n"))
    assert error.message == f"uv could not resolve core for {HERE.name}"
    assert error.causes == ("something never seen before",)
    assert error.hint == hint


GIT = "gone @ git+file:///srv/gone@main"
PIP_WITHOUT_A_REPOSITORY = (
    "  Running command git clone --quiet file:///srv/gone /tmp/pip-install-67de0nbs/gone\n"
    "  fatal: '/srv/gone' does not appear to be a git repository\n"
    "error: subprocess-exited-with-error\n"
    "git clone --quiet file:///srv/gone /tmp/pip-install-67de0nbs/gone did not run successfully.\n"
)
UV_WITHOUT_A_BRANCH = (
    "error: Failed to download and build `gone @ git+file:///srv/gone@main`\n  cause: Git operation failed\n"
    "  cause: failed to fetch into: /home/someone/.cache/uv/git-v1/db/25245fb51a23c9ef\n"
    "  cause: process didn't exit successfully: `/usr/bin/git fetch --force` (exit status: 128)\n"
    "         --- stderr\n         fatal: couldn't find remote ref refs/tags/main\n"
)


@pytest.mark.parametrize(
    ("by", "stderr", "cause"),
    [
        ("pip", PIP_WITHOUT_A_REPOSITORY, "fatal: '/srv/gone' does not appear to be a git repository"),
        ("uv", UV_WITHOUT_A_BRANCH, "fatal: couldn't find remote ref refs/tags/main"),
    ],
)
def test_a_repository_that_cannot_be_had_is_named(by: str, stderr: str, cause: str) -> None:
    error = RESOLVERS[by].explain(job(GIT), Outcome(1, "", stderr))
    assert error.message == "git+file:///srv/gone@main cannot be checked out"
    assert error.causes == (cause,)
    assert error.hint
    assert "git ls-remote" in error.hint


@pytest.mark.parametrize(
    ("by", "stderr"),
    [
        ("uv", "  ╰─▶ HTTP status client error (404 Not Found) for url (http://host.example/gone-1.whl)\n"),
        ("pip", "ERROR: HTTP error 404 while getting http://****@host.example/gone-1.whl\n"),
    ],
)
def test_an_address_with_nothing_there_is_named_without_its_password(by: str, stderr: str) -> None:
    address = "http://someone:secret-for-test@host.example/gone-1.whl"
    error = RESOLVERS[by].explain(job(f"gone @ {address}"), Outcome(1, "", stderr))
    assert error.message == "there is nothing at http://host.example/gone-1.whl"
    assert error.hint == "check the address"


@pytest.mark.parametrize(
    ("by", "stderr", "causes"),
    [
        (
            "uv",
            "error: Failed to download and build `core==1`\n"
            "  cause: Failed to resolve requirements from `build-system.requires`\n"
            "  cause: No solution found when resolving: `setuptools>=45.0`\n"
            "  cause: Because setuptools was not found in the provided package locations and you require "
            "setuptools>=45.0, we can conclude that your requirements are unsatisfiable.\n",
            ("there is no setuptools",),
        ),
        (
            "pip",
            "error: subprocess-exited-with-error\n"
            "× installing build dependencies for core did not run successfully.\n│ exit code: 1\n",
            ("installing build dependencies for core did not run successfully.",),
        ),
    ],
)
def test_what_a_build_requires_is_told_from_what_was_asked_for(
    by: str, stderr: str, causes: tuple[str, ...]
) -> None:
    error = RESOLVERS[by].explain(job("core"), Outcome(1, "", stderr))
    assert error.message.startswith("what it takes to build core")
    assert error.causes == causes
