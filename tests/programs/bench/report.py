"""The results for people: a table on the terminal, and the part of docs/performance.md made from results.json."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.programs.bench.results import Results, Row
from tests.programs.bench.targets import MET, MISSED, UNDECIDED, Verdict, in_words, ratio

BEGIN, END = "<!-- from tests/programs/bench/results.json -->\n", "<!-- end -->\n"
# One cell of a page's table each: the best that a peer reaches with any of its flags.
COLUMNS = {
    "plain venv": ("venv",),
    "pexlite": ("pexlite", "pexlite-sh", "pexlite-compile", "pexlite-fast", "pexlite with a start list"),
    "pex": ("pex", "pex-venv", "pex-fast", "pex-venv-fast", "pex-pylock-fast", "pex-rc"),
    "shiv": ("shiv", "shiv-fast"),
    "PyInstaller": ("pyinstaller",),
}


def show(results: Results, console: Console) -> None:
    """Print every row: each tool's median with least and most, its ratio to the first, and the targets."""
    console.print(f"[bold]{where_and_when(results)}[/]")
    for note in results.notes:
        console.print(note)
    for row in results.rows:
        console.print(_table(row))
        for tool, figure in row.figures.items():
            if not figure.runs:
                console.print(f"  [red]none[/]   {tool}: {figure.note}", highlight=False)
        for said in row.verdicts:
            mark = _MARKS[results.state(said)]
            console.print(f"  {mark} {said.claim}: {_found(said, row.unit)}", highlight=False)
    judged = [(row, said, results.state(said)) for row in results.rows for said in row.verdicts]
    met = sum(state == MET for _, _, state in judged)
    console.print(f"\n[bold]{met} of {len(judged)} targets met[/]")
    for row, said, state in judged:
        if state != MET:
            where = f"{row.concern} {row.workload} {row.way}"
            console.print(f"  {state}: {where}: {said.claim}: {_found(said, row.unit)}")


def _table(row: Row) -> Table:
    table = Table(title=f"{row.concern} · {row.workload} · {row.way}", title_justify="left")
    for name in ("", "median", "least", "most", "runs", "CPU", "ratio"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    first = next((figure for figure in row.figures.values() if figure.runs), None)
    for tool, figure in row.figures.items():
        if not figure.runs:
            continue
        values = [in_words(value, row.unit) for value in (figure.median, figure.least, figure.most)]
        cpu = in_words(figure.cpu, "s") if figure.cpu is not None else ""
        times = f"{ratio(figure, first):.2f}" if first and first.median else ""
        table.add_row(tool, *values, str(figure.runs), cpu, times)
    return table


_MARKS = {MET: "[green]met      [/]", UNDECIDED: "[yellow]undecided[/]", MISSED: "[red]missed   [/]"}


def _found(said: Verdict, unit: str) -> str:
    def words(value: float) -> str:
        return f"{value:.3g} ×" if "×" in said.claim else in_words(value, unit)

    def with_quartiles(value: float, quartiles: tuple[float, float] | None) -> str:
        between = f", quartiles {words(quartiles[0])} and {words(quartiles[1])}" if quartiles else ""
        return words(value) + between

    found = with_quartiles(said.value, said.quartiles)
    if said.cpu is not None:
        found += f" (CPU {with_quartiles(said.cpu, said.cpu_quartiles)})"
    return "; ".join([found, *(f"{name} alone {words(value)}" for name, value in said.floors)])


def where_and_when(results: Results) -> str:
    """One sentence: the machine, the Python, the date and the tools' versions."""
    machine = results.machine
    versions = ", ".join(f"{tool} {version}" for tool, version in results.versions.items())
    dates = sorted({str(machine["date"]), *(row.date for row in results.rows if row.date)})
    busy = f", busy with other work (load {machine['load']:g})" if results.busy else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"CPython {machine['python']}, {' and '.join(dates)}{busy}; {versions}."
    )


def markdown(results: Results) -> str:
    """The page's part: a table of each tool's best figures, and where they were measured."""
    lines = [f"| | {' | '.join(COLUMNS)} |", f"|---|{'---:|' * len(COLUMNS)}"]
    for row in results.rows:
        cells = [cell(results, row, tools) for tools in COLUMNS.values()]
        # A table is for what people compare; the rest is in results.json.
        if row.concern in _SHOWN and "PYTHONPATH" not in row.way and sum(cell != "" for cell in cells) > 1:
            mark = " †" if results.is_outdated(row) else ""
            lines.append(f"| {_title(row)}{mark} | {' | '.join(cells)} |")
    states = [results.state(said) for row in results.rows for said in row.verdicts]
    undecided = states.count(UNDECIDED)
    besides = f", {undecided} {'is' if undecided == 1 else 'are'} undecided" if undecided else ""
    older = "† The code that this row measures has changed since.\n" if any("†" in line for line in lines) else ""
    measure = " of CPU time, since the machine had other work to do" if results.busy else ""
    return (
        "\n".join(lines)
        + f"\n\nMedians{measure}; of each tool the best of the flags tried. {where_and_when(results)}\n"
        + older
        + f"{states.count(MET)} of {len(states)} targets are met{besides}.\n"
        + _not_met(results, MISSED, "Missed, with what the part that cannot be left out takes alone:")
        + _not_met(results, UNDECIDED, "Undecided, since the limit lies between the quartiles of the rounds:")
    )


def _not_met(results: Results, state: str, words: str) -> str:
    """A line for each target in this state, with what was found, below `words`; empty without any."""
    lines = [
        f"- {_title(row)}: {said.claim}: {_found(said, row.unit)}\n"
        for row in results.rows
        for said in row.verdicts
        if results.state(said) == state
    ]
    return f"\n{words}\n\n{''.join(lines)}" if lines else ""


_SHOWN = ("warm", "cold", "first starts", "second version", "build", "size", "files written")


def _title(row: Row) -> str:
    concern = {"warm": "warm start", "cold": "first start"}.get(row.concern, row.concern)
    return f"{concern}, *{row.workload}*, {row.way}"


def cell(results: Results, row: Row, tools: Sequence[str]) -> str:
    """The best figure of `tools` in words; "" where they have none."""
    found = [row.figures[name] for name in tools if name in row.figures and row.figures[name].runs]
    return in_words(min(map(results.shown, found)), row.unit) if found else ""


def in_page(text: str, results: Results) -> str:
    """A page's `text` with a new part between the two marks."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}{markdown(results)}{END}", text, flags=re.DOTALL)
