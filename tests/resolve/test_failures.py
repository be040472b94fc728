"""What uv and pip say becomes one sentence about the requirements, whatever words they chose."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from pexlite.installers import Installer, Outcome
from pexlite.model import IndexSettings, Root
from pexlite.resolve.failures import explain
from pexlite.resolve.job import Job
from pexlite.targets.interpreters import running_target
from pexlite.targets.platforms import platform_target

HERE = running_target()
FOREIGN = platform_target("linux_x86_64-cp-312-cp312")


def job(*requirements: str, by: str = "uv", foreign: bool = False) -> Job:
    roots = tuple(Root(Requirement(text), "the test") for text in requirements)
    return Job(roots, (), (), FOREIGN if foreign else HERE, IndexSettings(), Installer(by, (by,)))


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
            "error: Failed to build\n  cause: Package metadata name `proper` does not match given name `core`\n",
            "the project at its URL is called proper, not core",
        ),
    ],
)  # fmt: skip
def test_what_uv_says_is_one_sentence(stderr: str, message: str) -> None:
    error = explain(job("app", "core>=1.5", "strict"), Outcome(1, "", stderr))
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
    error = explain(job("app", "core>=1.5", "strict", by="pip"), Outcome(1, stdout, stderr))
    assert error.message == "no versions of strict and core>=1.5 fit together"
    assert error.causes[:2] == ("The user requested core>=1.5", "strict 1.0 depends on core<1.5")
    assert "requirements.in" not in " ".join(error.causes)


def test_pip_that_takes_wheels_only_does_not_say_that_a_project_is_missing() -> None:
    stderr = (
        "ERROR: Could not find a version that satisfies the requirement core (from versions: none)\n"
        "ERROR: No matching distribution found for core\n"
    )
    error = explain(job("core", by="pip", foreign=True), Outcome(1, "", stderr))
    assert error.message == (
        "there is no project core in the package index, or no wheel of it for cp312 on linux_x86_64"
    )


def test_an_unknown_failure_is_quoted_with_another_way_to_go() -> None:
    error = explain(job("core"), Outcome(2, "", "error: something never seen before\n"))
    assert error.message == f"uv could not resolve core for {HERE.name}"
    assert error.causes == ("something never seen before",)
    assert error.hint == "try the other resolver: --resolver pip"
