"""The benchmark measures, checks what it measures, and tells it the same way everywhere.

More than 400 lines, since what is measured, judged and written is asked of one made run.
"""

from __future__ import annotations

import functools
import io
import json
import math
import os
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.checkout import REPOSITORY
from tests.programs.bench import __main__ as command
from tests.programs.bench import chart, instructions, kinds, report, results, simultaneous, starts, timing, weights
from tests.programs.bench.results import Results, Row, row
from tests.programs.bench.setting import Setting
from tests.programs.bench.targets import MET, MISSED, UNDECIDED, Target, in_words
from tests.programs.bench.timing import Contender, Figure, WrongOutputError, figure, paired, run
from tests.programs.bench.tools import TOOLS
from tests.programs.bench.workloads import MADE_BY_CODE, WORKLOADS, of_files, of_wheels

PEXLITE = [TOOLS["pexlite"]]
MACHINE = {
    "processor": "x",
    "cores": 2,
    "memory_gb": 4,
    "system": "Linux",
    "python": "3.11.1",
    "date": "2026-01-02",
    "load": 0.5,
}


def seconds(**medians: float) -> dict[str, Figure]:
    return {tool: figure([value]) for tool, value in medians.items()}


def test_starts_are_measured_beside_a_plain_venv(setting: Setting) -> None:
    rows = [
        *starts.warm(setting, MADE_BY_CODE, PEXLITE, 2),
        *starts.cold(setting, MADE_BY_CODE, PEXLITE, 1),
        *starts.second(setting, MADE_BY_CODE, PEXLITE, 1),
    ]
    ways = [(one.concern, one.way) for one in rows]
    assert ways == [
        ("warm", "./app"),
        ("warm", "python app"),
        ("warm", "with PYTHONPATH, as Spark sets it"),
        ("cold", "to the first line"),
        ("second version", "./app"),
    ]
    assert {"cp -r", "unsquashfs", starts.LISTED} < set(rows[3].figures)
    for one in rows:
        for tool, found in one.figures.items():
            if tool == "unsquashfs" and "apt-get install squashfs-tools" in found.note:
                continue
            assert found.runs, f"{tool}: {found.note}"
            assert 0 < found.least <= found.median <= found.most
    assert [said.claim for said in rows[0].verdicts] == ["pexlite ≤ 1.03 × venv"]


def test_the_next_one_waits_until_a_start_list_s_rest_is_unpacked(tmp_path: Path) -> None:
    app = tmp_path / "state" / "pex" / "lite-2" / "apps" / "0123-cp311"
    program = f"mkdir -p {app}; (sleep 0.3; touch {app}/READY) > /dev/null 2>&1 & echo first"
    contender = Contender(
        "x", ("sh", "-c", program), dict(os.environ), "first", settle=starts.whole_at(tmp_path / "state")
    )
    assert run(contender).wall < 0.3
    assert (app / "READY").exists()


def test_a_rest_that_nobody_unpacks_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starts, "_LONGEST_REST", 0.1)
    (tmp_path / "pex" / "lite-2" / "apps" / "0123-cp311").mkdir(parents=True)
    with pytest.raises(WrongOutputError, match="nobody has unpacked"):
        run(Contender("x", ("true",), dict(os.environ), settle=starts.whole_at(tmp_path)))


def test_without_squashfs_there_is_a_word(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, missing = starts._beside_large_ones(setting, MADE_BY_CODE, ())
    assert missing["unsquashfs"].note == "there is no unsquashfs: apt-get install squashfs-tools"


def test_peers_are_measured_with_the_flags_that_make_them_fast() -> None:
    about = {name: tool.about for name, tool in TOOLS.items()}
    assert about["pex-venv"].startswith("--venv --sh-boot") and about["pyinstaller"] == "--onefile"
    assert (about["shiv"], about["shiv-fast"]) == ("as it is", "--uncompressed")
    assert {"lazy", "instant"} <= set(command.ON_DEMAND)


def test_every_kind_of_start_is_measured_beside_a_plain_file_and_a_venv(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instructions, "counter", lambda: lambda contender: len(contender.command))
    time, counted = kinds.rows(setting, 1)
    names = ["venv", kinds.PLAIN.tool, *(kind.tool for kind in kinds.OTHERS)]
    for one in (time, counted):
        assert {tool: found.note for tool, found in one.figures.items()} == dict.fromkeys(names, "")
    assert [said.claim for said in counted.verdicts] == [f"{name} ≤ 1.1 × pexlite plain" for name in names[2:]]
    monkeypatch.setattr(instructions, "counter", lambda: None)
    assert [one.way for one in kinds.rows(setting, 1)] == ["time"]


def test_warm_starts_of_small_applications_are_counted_in_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    small = next(one for one in WORKLOADS.values() if one.name == "tiny")
    tools = {
        "venv": 100,
        "pexlite": 109,
        "pexlite-sh": 101,
        "pyinstaller": 0,
        "pex": 0,
        "sh exec": 1,
        "least zip": 2,
    }
    contenders = [Contender(name, ("true",), {"COUNT": str(count)}) for name, count in tools.items()]
    monkeypatch.setattr(instructions, "counter", lambda: lambda contender: int(contender.environment["COUNT"]))
    (counted,) = starts._in_instructions(small, contenders)
    assert {said.claim: said.state for said in counted.verdicts} == {
        "pexlite ≤ 1.1 × venv": "met",
        "pexlite-sh ≤ 1 × venv": "missed",
    }
    assert not {"pyinstaller", "pex"} & counted.figures.keys()
    assert not list(starts._in_instructions(MADE_BY_CODE, contenders))


def test_instructions_are_those_of_all_programs_that_a_process_becomes(setting: Setting) -> None:
    count = instructions.counter()
    if count is None:
        pytest.skip("nothing here counts instructions: apt-get install valgrind")
    python = (str(setting.python), "-I", "-S", "-c")
    again = (*python, "import os, sys; os.execv(sys.argv[1], sys.argv[1:])")
    once, twice = (
        count(Contender("x", command, dict(os.environ), "1"))
        for command in ((*python, "print(1)"), (*again, *python, "print(1)"))
    )
    assert 1.5 * once < twice < 2.5 * once


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ("30512345,,instructions:u,20123456,100.00,,\n", 30512345),
        ("<not supported>,,instructions:u,0,100.00,,\n", None),
    ],
)
def test_what_perf_could_not_count_is_no_number(counts: str, found: int | None) -> None:
    assert instructions._of_perf(counts) == found


def test_starts_at_once_are_timed_and_the_lost_counted(setting: Setting) -> None:
    time, lost = simultaneous.rows(setting, MADE_BY_CODE, PEXLITE, 1, 4)
    assert list(time.figures) == ["pexlite", "pexlite warm", "pexlite warm + unpack"]
    assert (time.way, lost.way) == ("4 at once", "4 at once, lost")
    assert all(found.runs == 1 and found.median > 0 for found in time.figures.values())
    assert [said.claim for one in (time, lost) for said in one.verdicts] == [
        "pexlite ≤ 1.5 × pexlite warm + unpack",
        "pexlite ≤ 0 lost",
    ]


def test_a_start_is_lost_without_its_line_or_with_another_exit_code(tmp_path: Path) -> None:
    """The first that comes says something else, the second fails, all others are right."""
    code = (
        'n=0; until mkdir "$0/$n" 2>/dev/null; do n=$((n + 1)); done; '
        "test $n = 0 && echo other || echo line; test $n != 1"
    )
    found = simultaneous.at_once(
        Contender("x", ("/bin/sh", "-c", code, str(tmp_path)), dict(os.environ), "line"), 5
    )
    assert found.lost == 2
    assert found.complaint in ("exit code 0: other", "exit code 1: line")
    assert found.wall > 0


def test_weights_are_those_of_the_file(setting: Setting) -> None:
    file, runtime = weights.size(setting, MADE_BY_CODE, PEXLITE)
    [found] = (setting.directory / "apps" / "made").glob("*.pex")
    wheels = sum(wheel.stat().st_size for wheel in setting.wheels(MADE_BY_CODE))
    assert file.figures["pexlite"].median == found.stat().st_size
    with zipfile.ZipFile(found) as parts:
        packs = sum(one.compress_size for one in parts.infolist() if one.filename.startswith(".bytecode/"))
    assert abs(found.stat().st_size - wheels - packs - runtime.figures["pexlite"].median) < 1500
    files, content = weights.written(setting, MADE_BY_CODE, PEXLITE)
    assert 0 < files.figures["pexlite"].median <= 60
    # The launcher has most of it, and each wheel's RECORD as pip would have written it.
    assert 0 < content.figures["pexlite"].median <= 82_000


@pytest.mark.parametrize(
    ("words", "contains"),
    [(("-c", "print('other')"), "expected"), (("-c", "print('expected'); exit(3)"), "expected")],
)
def test_what_does_not_do_its_work_has_no_figure(setting: Setting, words: tuple[str, ...], contains: str) -> None:
    contender = Contender("x", (str(setting.python), *words), {}, contains)
    with pytest.raises(WrongOutputError):
        run(contender)
    assert not paired([contender], 2)["x"].runs


def test_what_cannot_be_started_has_no_figure(tmp_path: Path) -> None:
    with pytest.raises(WrongOutputError, match="could not be started"):
        run(Contender("x", (str(tmp_path / "nothing"),), {}))


def test_each_turn_begins_with_another_tool_and_every_run_is_prepared(setting: Setting) -> None:
    order: list[str] = []
    command = (str(setting.python), "-c", "")
    contenders = [Contender(tool, command, {}, prepare=functools.partial(order.append, tool)) for tool in "abc"]
    paired(contenders, 3)
    assert "".join(order) == "abcbcacab"


@pytest.mark.parametrize(
    ("target", "figures", "met"),
    [
        (Target("pexlite", 0.5, ("pex", "shiv")), seconds(pexlite=1, pex=2, shiv=3), True),
        (Target("pexlite", 0.5, ("pex", "shiv")), seconds(pexlite=1.1, pex=2, shiv=3), False),
        (Target("pexlite", 0.06, ("warm",), difference=True), seconds(pexlite=1.05, warm=1), True),
        (Target("pexlite", 0.06, ("warm",), difference=True), seconds(pexlite=1.07, warm=1), False),
        (Target("pexlite", 40), seconds(pexlite=40), True),
        (Target("pexlite", 40), seconds(pexlite=41), False),
    ],
)
def test_a_target_is_held_against_the_best(target: Target, figures: dict[str, Figure], met: bool) -> None:
    verdict = target.judge(figures, "s")
    assert verdict is not None
    assert (verdict.state == MET) is met


def test_a_target_without_both_sides_says_nothing() -> None:
    assert Target("pexlite", 1, ("pex",)).judge(seconds(pexlite=1), "s") is None
    assert Target("pexlite", 1, ("pex",)).judge(seconds(pex=1), "s") is None


def test_a_missed_target_is_told_with_what_nothing_can_go_below(tmp_path: Path) -> None:
    target = Target("pexlite", 1.1, ("venv",), floors=("zipapp",))
    one = row("warm", "tiny", "./app", seconds(venv=1, pexlite=1.21, zipapp=1.19), [target])
    whole = Results(MACHINE, {}, {}, (one,))
    results.write(whole, tmp_path / "results.json")
    said = report.markdown(results.read(tmp_path / "results.json"))
    assert "- warm start, *tiny*, ./app: pexlite ≤ 1.1 × venv: 1.21 ×; zipapp alone 1.19 ×\n" in said
    met = row("warm", "tiny", "./app", seconds(venv=1, pexlite=1.01, zipapp=1.19), [target])
    assert "alone" not in report.markdown(Results(MACHINE, {}, {}, (met,)))


def test_what_nothing_can_go_below_may_be_compared_with_its_own_like() -> None:
    target = Target("pexlite +P", 1.03, ("pexlite",), floors=("zipapp +P",), floor_over="zipapp")
    verdict = target.judge({"pexlite": figure([1]), "pexlite +P": figure([1.2]), "zipapp +P": figure([3])}, "s")
    assert verdict is not None and verdict.floors == ()
    figures = {name: figure([value]) for name, value in {"zipapp": 2.5, "zipapp +P": 3.0}.items()}
    verdict = target.judge({"pexlite": figure([1]), "pexlite +P": figure([1.2]), **figures}, "s")
    assert verdict is not None and verdict.floors == (("zipapp +P", 1.2),)


def test_so_may_a_difference() -> None:
    target = Target("pexlite 9", 0.5, ("pexlite 1",), True, ("venv 9", "none"), "venv 1")
    values = {"pexlite 1": 1, "pexlite 9": 2, "venv 1": 0.5, "venv 9": 1.25}
    one = row("growth", "files", "warm", {name: figure([value]) for name, value in values.items()}, [target])
    assert one.verdicts[0].floors == (("venv 9", 0.75),)
    said = report.markdown(Results(MACHINE, {}, {}, (one,)))
    assert "pexlite 9 ≤ pexlite 1 + 500.0 ms: 1.00 s; venv 9 alone 750.0 ms\n" in said


def drifting(slowness: list[float], times: float) -> Figure:
    return figure([times * one for one in slowness], [times for _ in slowness])


def test_a_ratio_is_the_median_of_the_rounds_however_the_machine_drifts() -> None:
    """The medians would say 1.2 here."""
    ours, theirs = figure([1.0, 2.0, 12.0, 13.0, 14.0]), figure([1.0, 2.0, 10.0, 20.0, 28.0])
    verdict = Target("pexlite", 1.03, ("venv",)).judge({"pexlite": ours, "venv": theirs}, "s")
    assert verdict is not None
    assert (verdict.value, verdict.quartiles, verdict.state) == (1.0, (0.65, 1.0), MET)
    slower = [1.0, 2.0, 9.0, 3.0]
    figures = {"pexlite": drifting(slower, 1.01), "venv": drifting(slower, 1.0)}
    verdict = Target("pexlite", 1.03, ("venv",)).judge(figures, "s")
    assert verdict is not None
    assert verdict.quartiles == pytest.approx((1.01, 1.01)) and verdict.cpu_quartiles == pytest.approx(
        (1.01, 1.01)
    )
    verdict = Target("pexlite", 0.06, ("venv",), difference=True).judge(figures, "s")
    assert verdict is not None and verdict.value == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("ratios", "state"),
    [
        ([1.00, 1.01, 1.02, 1.02, 1.03], MET),
        ([1.00, 1.01, 1.02, 1.04, 1.05], UNDECIDED),
        ([1.02, 1.03, 1.04, 1.05, 1.06], UNDECIDED),
        ([1.03, 1.04, 1.05, 1.06, 1.07], MISSED),
        ([1.02, 1.04], MET),
        ([1.03, 1.05], MISSED),
        ([0.0, 0.0, 0.0], MET),
    ],
)
def test_a_limit_between_the_quartiles_decides_nothing(ratios: list[float], state: str) -> None:
    figures = {"pexlite": figure(ratios), "venv": figure([1.0] * len(ratios))}
    one = row("warm", "tiny", "./app", figures, [Target("pexlite", 1.03, ("venv",))])
    assert one.verdicts[0].state == state
    said = report.markdown(Results(MACHINE, {}, {}, (one,)))
    assert f"{int(state == MET)} of 1 targets are met" in said
    assert ("1 is undecided" in said, "Undecided, since" in said) == (state == UNDECIDED,) * 2
    assert ("Missed, with" in said) == (state == MISSED)
    console = Console(file=io.StringIO(), width=100)
    report.show(Results(MACHINE, {}, {}, (one,)), console)
    assert isinstance(console.file, io.StringIO)
    assert f"{state}: warm tiny ./app" in console.file.getvalue() or state == MET


def test_quartiles_come_back_as_they_were_written(tmp_path: Path) -> None:
    figures = {"pexlite": drifting([1.0, 2.0, 3.0], 1.02), "venv": drifting([1.0, 2.0, 3.0], 1.0)}
    one = row("warm", "tiny", "./app", figures, [Target("pexlite", 1.03, ("venv",))])
    results.write(Results(MACHINE, {}, {}, (one,)), tmp_path / "results.json")
    [again] = results.read(tmp_path / "results.json").rows
    assert again.verdicts[0].quartiles == pytest.approx((1.02, 1.02))
    assert again.verdicts[0].cpu_quartiles == pytest.approx((1.02, 1.02))


def test_what_takes_long_is_run_three_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_LONGEST", 1.0)
    slow = Contender("slow", ("sh", "-c", "sleep 0.6; echo well"), dict(os.environ), "well")
    quick = Contender("quick", ("sh", "-c", "echo well"), dict(os.environ), "well")
    figures = paired([slow, quick], 6)
    assert (figures["slow"].runs, figures["quick"].runs) == (3, 6)


def test_of_a_busy_machine_cpu_time_is_shown_and_judged_by() -> None:
    figures = {"venv": figure([0.5], [0.020]), "pexlite": figure([0.9], [0.021])}
    rows = (row("warm", "tiny", "./app", figures, [Target("pexlite", 1.1, ("venv",))]),)
    quiet = report.markdown(Results(MACHINE, {}, {}, rows))
    assert "| 500.0 ms | 900.0 ms |" in quiet
    assert "0 of 1 targets are met" in quiet
    busy = report.markdown(Results({**MACHINE, "load": 9.0}, {}, {}, rows))
    assert "| 20.0 ms | 21.0 ms |" in busy
    assert "1 of 1 targets are met" in busy
    assert "busy with other work (load 9)" in busy


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    one = row("warm", "tiny", "./app", seconds(venv=1, pexlite=1.01), [Target("pexlite", 1.03, ("venv",))])
    two = row("cold", "tiny", "whole", {"pex": Figure(math.nan, math.nan, math.nan, 0, note="it broke")})
    whole = Results(MACHINE, {"pex": "1"}, {"pex": "as it is"}, (one, two), ("a note",))
    results.write(whole, tmp_path / "results.json")
    again = results.read(tmp_path / "results.json")
    assert again.rows[0] == one
    assert again.rows[1].figures["pex"].note == "it broke"
    results.write(again, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "results.json").read_bytes()


def test_rows_measured_again_take_the_place_of_the_old_ones() -> None:
    def results_of(*rows: Row) -> Results:
        return Results(MACHINE, {}, {}, rows)

    old = [row("warm", name, "./app", seconds(venv=1)) for name in ("tiny", "hello")]
    new = row("warm", "tiny", "./app", seconds(venv=2))
    assert results.merged(results_of(*old), results_of(new)).rows == (new, old[1])


def test_no_path_of_this_machine_is_kept(tmp_path: Path) -> None:
    failure = timing.failed(f"{tmp_path}/tools/pex failed at /usr/bin/python3.11")
    one = row("warm", "tiny", "./app", {"pex": failure, **seconds(venv=1)})
    assert results.without_paths(one).figures["pex"].note == "… failed at …"


def test_rows_of_an_earlier_day_keep_their_date(tmp_path: Path) -> None:
    old = Results(
        MACHINE, {}, {}, tuple(row("warm", name, "./app", seconds(venv=1)) for name in ("tiny", "hello"))
    )
    new = Results(MACHINE | {"date": "2026-01-04"}, {}, {}, (row("warm", "tiny", "./app", seconds(venv=2)),))
    results.write(results.merged(old, new), tmp_path / "results.json")
    found = results.read(tmp_path / "results.json")
    assert [one.date for one in found.rows] == ["", "2026-01-02"]
    assert "CPython 3.11.1, 2026-01-02 and 2026-01-04; " in report.where_and_when(found)
    assert [one.date for one in results.merged(found, new).rows] == ["", "2026-01-02"]


OTHERS = {"processor": "y", "cores": 16, "memory_gb": 64, "file_system": "xfs", "python": "3.13.0"}


@pytest.mark.parametrize("name", OTHERS)
def test_rows_of_different_machines_are_in_no_table_together(name: str) -> None:
    old = Results(MACHINE, {"pex": "1"}, {}, (row("warm", "hello", "./app", seconds(venv=1)),), ("a note",))
    new = Results(MACHINE | {name: OTHERS[name]}, {}, {}, (row("warm", "tiny", "./app", seconds(venv=2)),))
    assert results.merged(old, new) == new
    again = Results(MACHINE | {"date": "2026-01-04", "load": 3.0, "system": "Linux 7"}, {}, {}, new.rows)
    assert len(results.merged(old, again).rows) == 2


def test_rows_of_another_machine_are_dropped_when_the_first_one_is_written(tmp_path: Path) -> None:
    old, new = (row("warm", name, "./app", seconds(venv=1)) for name in ("hello", "tiny"))
    results.write(Results({**MACHINE, "cores": 64}, {}, {}, (old,)), tmp_path / "results.json")
    console = Console(file=io.StringIO())
    command._measured(iter([new]), Results(MACHINE, {}, {}), tmp_path / "results.json", console)
    assert [one.workload for one in results.read(tmp_path / "results.json").rows] == ["tiny"]
    assert isinstance(console.file, io.StringIO)
    assert "1 rows of another machine or Python are dropped" in console.file.getvalue()


def test_rows_of_other_code_are_marked(tmp_path: Path) -> None:
    now = {"code": {"started by": "new", "built by": "new"}}
    rows = tuple(
        replace(row(concern, "tiny", way, seconds(venv=1, pexlite=2)), code=code)
        for concern, way, code in (("warm", "./app", "new"), ("cold", "whole", "old"), ("build", "cached", ""))
    )
    results.write(Results(MACHINE | now, {}, {}, rows), tmp_path / "results.json")
    said = report.markdown(results.read(tmp_path / "results.json"))
    assert "| warm start, *tiny*, ./app |" in said
    assert "| first start, *tiny*, whole † |" in said and "| build, *tiny*, cached † |" in said
    assert "† The code that this row measures has changed since." in said
    assert "†" not in report.markdown(Results(MACHINE, {}, {}, rows)), "it is not known what code there was"


def test_the_table_names_every_tool_its_failure_and_the_missed_targets() -> None:
    figures = {**seconds(venv=0.1, pexlite=0.2), "pex": Figure(math.nan, math.nan, math.nan, 0, note="it broke")}
    whole = Results(MACHINE, {}, {}, (row("warm", "tiny", "./app", figures, [Target("pexlite", 1.1, ("venv",))]),))
    console = Console(file=io.StringIO(), width=100)
    report.show(whole, console)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    for words in ("100.0 ms", "2.00", "it broke", "0 of 1 targets met", "missed: warm tiny ./app"):
        assert words in shown


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0123, "s", "12.3 ms"),
        (2.3, "s", "2.30 s"),
        (40_100, "B", "40.1 kB"),
        (61, "files", "61 files"),
        (8.42e7, "instructions", "84.2 M"),
    ],
)
def test_values_are_told_in_their_units(value: float, unit: str, words: str) -> None:
    assert in_words(value, unit) == words


def test_a_chart_takes_the_ink_of_its_page() -> None:
    svg = chart.readable(
        '<?xml version="1.0"?>\n<svg width="1">\n<text style="fill: #010203">words</text>\n</svg>'
    )
    assert "prefers-color-scheme:dark" in svg
    assert "fill: var(--ink)" in svg


def test_growing_applications_have_as_many_wheels_and_files_as_they_say(setting: Setting) -> None:
    assert len(setting.wheels(of_wheels(7))) == 7
    assert len(list(setting.tree(of_files(120)).rglob("f*.txt"))) == 120


def test_every_tool_and_workload_can_be_asked_for() -> None:
    words = ["--tool", ",".join(TOOLS), "--workload", ",".join(WORKLOADS), "--only", ",".join(command.CONCERNS)]
    assert command._parser().parse_args(words).tool == tuple(TOOLS)


DOCS = REPOSITORY / "pexlite" / "docs"
RESULTS = REPOSITORY / "tests" / "programs" / "bench" / "results.json"


def test_the_page_shows_what_results_json_says() -> None:
    text = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert report.BEGIN in text
    assert report.in_page(text, results.read(RESULTS)) == text


def test_the_results_name_no_place_of_the_machine_they_come_from() -> None:
    for path in (RESULTS, DOCS / "performance.svg"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(home|root|tmp|work|usr|Users|private)/", text), path.name
    assert {"date", "processor", "system", "python"} <= set(json.loads(RESULTS.read_text())["machine"])
