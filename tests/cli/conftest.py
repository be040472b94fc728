"""A pipeline that notes what it was asked for, for tests of the words around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pexlite.model import (
    BuildRequest,
    BuildResult,
    EntryPoint,
    Libc,
    Progress,
    Report,
    StartKind,
    Variant,
)
from tests.bundle.values import target, wheel


@dataclass
class Pipeline:
    """Stands where the pipeline stands: `requests` is what came in; `act` may raise, report or do nothing."""

    requests: list[BuildRequest] = field(default_factory=list)
    act: Callable[[Report], None] = lambda report: None
    notices: tuple[str, ...] = ()

    def build(self, request: BuildRequest, report: Report) -> BuildResult:
        self.requests.append(request)
        self.act(report)
        return finished(request.directory / (request.output or "app.pex"), self.notices)


def finished(path: Path, notices: tuple[str, ...] = ()) -> BuildResult:
    path.write_bytes(b"x" * 1_234_567)
    variant = Variant(("cp39", "cp310", "cp311"), "linux_x86_64", Libc("glibc", (2, 17)), None, (0, 1))
    return BuildResult(
        path=path,
        size=1_234_567,
        build_id="0123456789abcdef",
        wheels=(wheel("click-8.1.0"), wheel("requests-2.32.0")),
        targets=(target(),),
        variants=(variant,),
        runs_on="CPython 3.9 to 3.11 on linux x86_64 (glibc 2.17+)",
        entry_point=EntryPoint(StartKind.FUNCTION, "my_cli", "main"),
        notices=notices,
        seconds=0.42,
    )


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipeline:
    """The stand-in, with an empty directory to work in."""
    stand_in = Pipeline()
    monkeypatch.setattr("pexlite.pipeline.build", stand_in.build)
    monkeypatch.chdir(tmp_path)
    return stand_in


def reported(*steps: Progress) -> Callable[[Report], None]:
    def act(report: Report) -> None:
        for step in steps:
            report(step)

    return act
