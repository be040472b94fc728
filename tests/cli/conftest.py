"""A stand-in for the pipeline that records requests, for tests of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pexlite.model import (
    BuildRequest,
    BuildResult,
    BundledWheel,
    Decision,
    Draft,
    EntryPoint,
    Libc,
    Progress,
    Report,
    StartKind,
    Variant,
)


@dataclass
class Pipeline:
    """A stand-in for the pipeline: `requests` records what came in; `act` may raise or report."""

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
    wheels = (bundled("click", "8.1.0", 100_000), bundled("requests", "2.32.0", 200_000))
    decision = Decision(
        platform="py3-none-any",
        draft=Draft("0123456789abcdef", b"", wheels, (b"", b""), rest=b"x" * (1_234_567 - 300_000)),
        name="app.pex",
        targets=("cp311 on linux_x86_64",),
        variants=(variant,),
        runs_on="CPython 3.9 to 3.11 on linux x86_64 (glibc 2.17+)",
        entry_point=EntryPoint(StartKind.FUNCTION, "my_cli", "main"),
        notices=notices,
        repeatable=False,
    )
    return BuildResult(path=path, decision=decision, seconds=0.42)


def bundled(name: str, version: str, size: int) -> BundledWheel:
    filename = f"{name}-{version}-py3-none-any.whl"
    return BundledWheel(name, version, filename, Path(filename), "0" * 64, size)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipeline:
    """The stand-in, with an empty directory to work in."""
    stand_in = Pipeline()
    monkeypatch.setattr("pexlite.pipeline.build.build", stand_in.build)
    monkeypatch.chdir(tmp_path)
    return stand_in


def reported(*steps: Progress) -> Callable[[Report], None]:
    def act(report: Report) -> None:
        for step in steps:
            report(step)

    return act
