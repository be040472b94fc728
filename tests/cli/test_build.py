"""Options become a request; a result becomes words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.cli import outcome
from pexlite.cli.main import run
from pexlite.model import BuildRequest, IndexSettings, InheritPath, LaunchOptions, Progress
from tests.cli.conftest import Pipeline, finished, reported

Output = pytest.CaptureFixture[str]
CLOSING = "wrote app.pex  1.2 MB  2 wheels  CPython 3.9-3.11 on linux x86_64 (glibc 2.17+)"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["requests"], {"requirements": ("requests",)}),
        (["-r", "a.txt", "--requirement", "b.txt"], {"requirement_files": ("a.txt", "b.txt")}),
        (["--constraint", "c.txt"], {"constraint_files": ("c.txt",)}),
        (["--lock", "pylock.toml"], {"lock": Path("pylock.toml")}),
        (["--locked"], {"locked": True}),
        (["--no-lock"], {"ignore_locks": True}),
        (["--exclude", "a", "--exclude", "b<2"], {"excluded": ("a", "b<2")}),
        (["--override", "a==1"], {"overrides": ("a==1",)}),
        (["--strict"], {"strict": True}),
        (["--dry-run"], {"dry_run": True}),
        (["--group", "a", "--group", "b"], {"groups": ("a", "b")}),
        (["--extra", "a"], {"extras": ("a",)}),
        (["-D", "src"], {"source_directories": (Path("src"),)}),
        (["--include", ".env"], {"included": (".env",)}),
        (["-Dsrc"], {"source_directories": (Path("src"),)}),
        (["--target", "a.json"], {"target_files": (Path("a.json"),)}),
        (["--for", "me@a", "--for", "b"], {"hosts": ("me@a", "b")}),
        (["--exe", "job.py"], {"executable": Path("job.py")}),
        (["-c", "my_cli:main"], {"script": "my_cli:main"}),
        (["--script", "a"], {"script": "a"}),
        (["--console-script", "b"], {"script": "b"}),
        (["-e", "m:f"], {"entry_point": "m:f"}),
        (["-m", "m"], {"entry_point": "m"}),
        (["--entry-point", "m"], {"entry_point": "m"}),
        (["--python", "3.12", "--python", "pypy3"], {"pythons": ("3.12", "pypy3")}),
        (["--platform", "linux_x86_64-cp-311-cp311"], {"platforms": ("linux_x86_64-cp-311-cp311",)}),
        (["--resolver", "pip"], {"resolver": "pip"}),
        (["-o", "x.pex"], {"output": Path("x.pex")}),
        (["-i", "https://a.test/simple"], {"index": IndexSettings(index_url="https://a.test/simple")}),
        (["--extra-index-url", "https://b.test"], {"index": IndexSettings(extra_index_urls=("https://b.test",))}),
        (["--no-index", "-f", "wheels"], {"index": IndexSettings(no_index=True, find_links=("wheels",))}),
        (["-f", "x", "--wheels", "src"], {"index": IndexSettings(find_links=("src", "x"))}),
        (["--pre"], {"index": IndexSettings(prereleases=True)}),
        (["--inherit-path"], {"launch": LaunchOptions(inherit_path=InheritPath.PREFER)}),
        (["--inherit-path", "--refresh"], {
            "launch": LaunchOptions(inherit_path=InheritPath.PREFER), "index": IndexSettings(refresh=True)
        }),
        (["--refresh"], {"index": IndexSettings(refresh=True)}),
        (["--prefer-pure"], {"index": IndexSettings(prefer_pure=True)}),
        (["--uploaded-prior-to", "2026-01-31"], {"index": IndexSettings(uploaded_prior_to="2026-01-31")}),
        (["--trusted-host", "a.test"], {"index": IndexSettings(trusted_hosts=("a.test",))}),
        (["--inject-args", "'a b'", "--inject-args=x"], {"launch": LaunchOptions(inject_args=("a b", "x"))}),
        (["--inject-env=A=1=", "--inject-env=B="], {"launch": LaunchOptions(inject_env=(("A", "1="), ("B", "")))}),
        (["--inject-python-args", "-W ignore"], {"launch": LaunchOptions(inject_python_args=("-W", "ignore"))}),
        (["--inherit-path", "fallback"], {"launch": LaunchOptions(inherit_path=InheritPath.FALLBACK)}),
        (["--lazy-imports", "--not-lazy", "a", "--not-lazy=b"], {
            "launch": LaunchOptions(lazy_imports="all", not_lazy=("a", "b"))
        }),
        (["--lazy-imports", "off"], {}),
        (["--bin-path", "append"], {"launch": LaunchOptions(bin_path="append")}),
        (["--sh-boot"], {"launch": LaunchOptions(sh_boot=True)}),
        (["--python-shebang", "/usr/bin/python3"], {"launch": LaunchOptions(shebang="/usr/bin/python3")}),
        (["--runtime-pex-root", "/var/cache/pex"], {"launch": LaunchOptions(pex_root="/var/cache/pex")}),
    ],
)  # fmt: skip
def test_an_option_says_what_the_request_is(
    arguments: list[str], expected: dict[str, object], pipeline: Pipeline, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    for name in ("pylock.toml", "job.py", "a.json"):
        (tmp_path / name).touch()
    assert run(arguments) == 0
    assert pipeline.requests == [BuildRequest(**{"directory": tmp_path, **expected})]  # type: ignore[arg-type]


def test_of_several_starts_none_is_chosen(pipeline: Pipeline, capsys: Output) -> None:
    assert run(["app", "--script", "a", "--console-script", "b", "-e", "m"]) == 2
    said = capsys.readouterr().err
    assert "a file starts in one way, and several are given" in said
    assert [line.strip() for line in said.splitlines() if line.strip().startswith("-")] == ["-c a", "-c b", "-e m"]
    assert pipeline.requests == []


def test_the_closing_line_says_what_was_written(pipeline: Pipeline, capsys: Output) -> None:
    pipeline.notices = ("my_cli is in no wheel, so ./my_cli.py here is bundled",)
    assert run(["requests", "-o", "app.pex", "--no-progress"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == ["note: my_cli is in no wheel, so ./my_cli.py here is bundled", CLOSING]


def test_the_closing_line_says_which_pythons_import_lazily(tmp_path: Path) -> None:
    result = finished(tmp_path / "a.pex")
    decision = replace(result.decision, runs_on="CPython 3.9 to 3.15", lazy_imports=True)
    assert outcome.closing_lines(replace(result, decision=decision), tmp_path) == (
        "wrote a.pex  1.2 MB  CPython 3.9-3.15; imports lazily from CPython 3.15 on",
    )


PLACE = "CPython 3.9 to 3.11 on linux x86_64 (glibc 2.17+)"
SHORT_PLACE = PLACE.replace(" to ", "-")


@pytest.mark.parametrize(
    ("name", "runs_on", "shown"),
    [
        ("app.pex", "CPython 3.11", ["wrote app.pex  1.2 MB  2 wheels  CPython 3.11  0.4 s"]),
        ("app.pex", "CPython 3.6 to 3.15", ["wrote app.pex  1.2 MB  2 wheels  CPython 3.6 to 3.15  0.4 s"]),
        (
            "app.pex",
            "CPython 3.9 to 3.11 on linux x86_64",
            ["wrote app.pex  1.2 MB  2 wheels  CPython 3.9 to 3.11 on linux x86_64  0.4 s"],
        ),
        ("a.pex", PLACE, [f"wrote a.pex  1.2 MB  2 wheels  {SHORT_PLACE}"]),
        ("my_application.pex", PLACE, [f"wrote my_application.pex  1.2 MB  {SHORT_PLACE}"]),
        (
            "my_very_large_application.pex",
            PLACE,
            ["wrote my_very_large_application.pex  1.2 MB  2 wheels  0.4 s", f"  {SHORT_PLACE}"],
        ),
        (
            "a.pex",
            f"{PLACE}; {PLACE}",
            ["wrote a.pex  1.2 MB  2 wheels  0.4 s", f"  {SHORT_PLACE}", f"  {SHORT_PLACE}"],
        ),
        ("long" * 20, "CPython 3.11", [f"wrote {'long' * 20}", "  1.2 MB  2 wheels  0.4 s", "  CPython 3.11"]),
    ],
)
def test_the_closing_line_has_80_columns(name: str, runs_on: str, shown: list[str], tmp_path: Path) -> None:
    result = finished(tmp_path / name)
    lines = outcome.closing_lines(replace(result, decision=replace(result.decision, runs_on=runs_on)), tmp_path)
    assert list(lines) == shown
    assert [line for line in lines if len(line) > 80 and name not in line] == []


def test_a_file_written_elsewhere_is_named_in_full(pipeline: Pipeline, capsys: Output, tmp_path: Path) -> None:
    directory = tmp_path / "inside"
    directory.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        assert run(["requests", "-o", str(tmp_path / "app.pex"), "--no-progress"]) == 0
    assert capsys.readouterr().err.startswith(f"wrote {tmp_path / 'app.pex'}")


def test_quiet_says_nothing(pipeline: Pipeline, capsys: Output) -> None:
    pipeline.notices = ("a note",)
    pipeline.act = reported(Progress("resolve", "requests"))
    assert run(["requests", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_json_is_alone_on_stdout_and_says_it_all(pipeline: Pipeline, capsys: Output, tmp_path: Path) -> None:
    pipeline.notices = ("a note",)
    assert run(["requests", "--json", "-o", "app.pex"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert CLOSING in captured.err
    assert told["path"] == str(tmp_path / "app.pex")
    assert told["size"] == 1_234_567
    assert len(told["sha256"]) == 64
    assert told["entry_point"] == "my_cli:main"
    assert [(wheel["name"], wheel["version"]) for wheel in told["wheels"]] == [
        ("click", "8.1.0"),
        ("requests", "2.32.0"),
    ]
    assert told["variants"] == [
        {
            "pythons": ["cp39", "cp310", "cp311"],
            "platform": "linux_x86_64",
            "libc": "glibc 2.17",
            "macos": None,
            "wheels": [0, 1],
        }
    ]
    assert told["targets"] == ["cp311 on linux_x86_64"]
    assert told["notices"] == ["a note"]


STEPS = reported(
    Progress("resolve", "requests"),
    Progress("fetch", "", 0, 2_000_000),
    Progress("fetch", "click.whl", 1_000_000, 2_000_000),
    Progress("write", "click.whl", 0, 10),
)


def test_away_from_a_terminal_each_stage_is_one_line(pipeline: Pipeline, capsys: Output) -> None:
    pipeline.act = STEPS
    assert run(["requests", "-o", "app.pex"]) == 0
    assert capsys.readouterr().err.splitlines() == ["resolving", "fetching wheels", "writing the file", CLOSING]


def test_verbose_shows_every_step(pipeline: Pipeline, capsys: Output) -> None:
    pipeline.act = STEPS
    assert run(["requests", "-v", "-o", "app.pex"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "resolve: requests",
        "fetching wheels",
        "fetch: click.whl",
        "write: click.whl",
        CLOSING,
    ]
