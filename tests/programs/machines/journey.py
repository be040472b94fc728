"""The rows of a journey: what is tried with files on one Python of a machine, in its user's home.

A row raises NotAsExpectedError where a start does something else, NotHereError where it cannot be tried.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from pexlite.pipeline.packed import reads_zstandard
from tests.programs.machines.application import MODULE
from tests.programs.machines.files import NotBuiltError
from tests.programs.machines.inside import HOME, Done
from tests.programs.machines.packages import python_that_builds
from tests.programs.machines.visit import NotAsExpectedError, NotHereError, Visit, expect, last_words, told

Row = Callable[[Visit], None]
ROWS: dict[str, Row] = {}
STARTS_AT_ONCE = 30
NATIVE = "a file with native wheels, cold and warm"
_ZSTD = "--zstd, cold and warm"
OF_32_BITS = f"{NATIVE}, where the kernel says i686"


def row(words: str) -> Callable[[Row], Row]:
    """Have a function among ROWS by its words."""

    def added(function: Row) -> Row:
        ROWS[words] = function
        return function

    return added


def rows_of(tag: str) -> dict[str, Row]:
    """The rows that are for this Python: no older one than CPython 3.14 is a target of --zstd."""
    return {words: row for words, row in ROWS.items() if words != _ZSTD or reads_zstandard(tag)}


def cold_and_warm(visit: Visit, file: str, root: str) -> None:
    """Start twice with a new cache, and compare what is told with what this Python is."""
    starts = [visit.app(file, "facts", "a b", root=root) for _ in ("cold", "warm")]
    for facts in starts:
        assert isinstance(facts, dict)
        expect(facts["python"], visit.python.tag, "the Python that ran it")
        expect(facts["bits"], 32 if visit.machine.architecture == "i386" else 64, "its bits")
        expect(facts["of the app"], [True, True], "click and requests come from the app")
        expect(facts["arguments"], ["facts", "a b"], "its arguments")
    expect(starts[0], starts[1], "a warm start and a cold one")


@row("a pure file, cold and warm")
def _pure(visit: Visit) -> None:
    cold_and_warm(visit, visit.put(visit.files.pure()), "pure")


@row(NATIVE)
def _plain(visit: Visit) -> None:
    _in_form(visit, "plain")


@row("--no-compress, cold and warm")
def _no_compress(visit: Visit) -> None:
    _in_form(visit, "no-compress")


@row(_ZSTD)
def _zstd(visit: Visit) -> None:
    _in_form(visit, "zstd")


@row("--sh-boot, cold and warm, with Python and without")
def _sh_boot(visit: Visit) -> None:
    file = _in_form(visit, "sh-boot")
    name = Path(visit.python.program).name
    path = f"{Path(visit.python.program).parent}:/usr/bin:/bin"
    for start in ("cold", "warm"):
        facts = told(visit.start([file, "facts"], "by-sh", PATH=path, PEX_PYTHON=name))
        assert isinstance(facts, dict)
        expect(facts["python"], visit.python.tag, f"the Python of a {start} start by sh")


def _in_form(visit: Visit, form: str) -> str:
    file = visit.put(visit.files.of(visit.machine, visit.python, form))
    cold_and_warm(visit, file, form)
    if visit.python.tag.startswith("cp"):
        escaped = visit.app(file, "native", root=form)
        expect(escaped, ["&lt;i&gt;", "markupsafe._speedups"], "the native module")
    return file


@row("numpy")
def _numpy(visit: Visit) -> None:
    try:
        file = visit.files.of(visit.machine, visit.python, "plain", "numpy")
    except NotBuiltError as failure:
        raise NotHereError(f"no wheel: {failure}") from None
    for _ in ("cold", "warm"):
        expect(visit.app(visit.put(file), "numbers", root="numpy"), [45, 1.0], "its sums")


@row("a server and a request to it")
def _server(visit: Visit) -> None:
    expect(visit.app(_plain_file(visit), "server", root="plain"), "served", "the answer")


@row("subprocess")
def _child(visit: Visit) -> None:
    expect(visit.app(_plain_file(visit), "child", root="plain"), ["True"], "what a child sees")


def _multiprocessing(method: str) -> Row:
    def tried(visit: Visit) -> None:
        wanted = [[number * number, True, "click"] for number in range(4)]
        expect(visit.app(_plain_file(visit), method, root="plain"), wanted, "what workers return")
        expect(visit.app(_plain_file(visit), method, root=f"new-{method}"), wanted, "what workers return at first")

    return tried


for _method in ("spawn", "forkserver", "fork"):
    row(f"multiprocessing: {_method}")(_multiprocessing(_method))


@row("an interpreter, and a module")
def _interpreter(visit: Visit) -> None:
    file = _plain_file(visit)
    code = "import click, sys; print(click.__name__, sys.argv[1:])"
    done = visit.start([visit.python.program, file, "-c", code, "x"], "plain", PEX_INTERPRETER="1")
    expect((done.code, done.printed.strip(), done.complained), (0, "click ['x']", ""), "as an interpreter")
    done = visit.start([visit.python.program, file], "plain", PEX_MODULE="certifi")
    expect((done.code, done.complained), (0, ""), "another module")
    if not done.printed.strip().endswith("cacert.pem"):
        raise NotAsExpectedError(f"certifi said {done.printed!r}")


@row("an unpacked module that is cut is mended")
def _mended(visit: Visit) -> None:
    file = _plain_file(visit)
    visit.app(file, "facts", root="mended")
    for module in visit.root("mended").glob("lite-*/apps/*/lib/*/site-packages/click/core.py"):
        module.write_text("")
        for bytecode in module.parent.glob("__pycache__/core.*"):
            bytecode.unlink()
    done = visit.start([visit.python.program, file, "facts"], "mended")
    if done.code == 0 or "damaged" not in done.complained:
        raise NotAsExpectedError(f"a cut module: exit code {done.code}, {last_words(done)}")
    visit.app(file, "facts", root="mended")


@row("a file that is cut is told")
def _cut(visit: Visit) -> None:
    file = visit.files.of(visit.machine, visit.python, "plain")
    whole = file.read_bytes()
    for name, content in {
        "without-its-end": whole[:-1000],
        "half": whole[: len(whole) // 2],
        "with-a-hole": whole[: len(whole) // 2] + bytes(2000) + whole[len(whole) // 2 + 2000 :],
    }.items():
        cut = visit.files.directory / f"{name}.pex"
        cut.write_bytes(content)
        done = visit.start([visit.python.program, visit.put(cut), "facts"], f"cut-{name}")
        if done.code in (0, 7, -1) or ("Traceback" in done.complained and name != "without-its-end"):
            raise NotAsExpectedError(f"{name}: exit code {done.code}, {last_words(done)}")
        _expect_words(done, r"damaged|cut off|can't find '__main__'|not a zip|SyntaxError|null bytes", name)


@row("built there with --compile, cold and warm")
def _compiled(visit: Visit) -> None:
    builder = python_that_builds(visit)
    shutil.rmtree(visit.home / "wheels", ignore_errors=True)
    tool = [visit.python.program, _plain_file(visit), "extract", f"{HOME}/wheels"]
    extracted = visit.start(tool, "tools", PEX_TOOLS="1")
    expect(extracted.code, 0, f"extract: {last_words(extracted)}")
    words = ["-m", "pexlite", "build", "machine-journey", "-c", MODULE, "--compile", "--no-index", "-q"]
    words += ["--wheels", f"{HOME}/wheels", "-o", f"{HOME}/compiled.pex", "--resolver", "pip"]
    done = visit.inside.run([builder, *words], directory=HOME, seconds=900)
    if visit.python.tag.startswith("pp") and done.code:
        # Only CPython's bytecode goes into a file: one that is on the machine and runs the file too compiles it.
        _expect_words(done, "error: --compile", "a PyPy's build")
        return
    expect(done.code, 0, f"the build: {last_words(done)}")
    cold_and_warm(visit, f"{HOME}/compiled.pex", "compiled")


@row("PEX_TOOLS=1: info, verify, venv")
def _tools(visit: Visit) -> None:
    file = _plain_file(visit)

    def tool(*words: str) -> Done:
        done = visit.start([visit.python.program, file, *words], "tools", PEX_TOOLS="1")
        if done.code:
            raise NotAsExpectedError(f"{words[0]}: exit code {done.code}, {last_words(done)}")
        return done

    _expect_words(tool("info"), "click", "info")
    tool("verify")
    tool("venv", f"{HOME}/venv")
    facts = told(visit.start([f"{HOME}/venv/bin/{MODULE}", "facts"], "tools"))
    assert isinstance(facts, dict)
    expect(facts["python"], visit.python.tag, "the venv's Python")


@row(f"{STARTS_AT_ONCE} first starts at once")
def _at_once(visit: Visit) -> None:
    start = f"{visit.python.program} {_plain_file(visit)} facts"
    lines = f"""
    i=0
    while [ $i -lt {STARTS_AT_ONCE} ]; do
        ( {start} >out.$i 2>err.$i; echo $? >code.$i ) &
        i=$((i + 1))
    done
    wait
    cat code.* | sort | uniq -c
    cat err.*
    """
    done = visit.start(["sh", "-c", lines], "at-once", seconds=900)
    expect(done.printed.split(), [str(STARTS_AT_ONCE), "7"], "their exit codes and words")


def _misfit(kind: str) -> Row:
    def tried(visit: Visit) -> None:
        tag, platform = foreign_to(visit, kind)
        file = visit.files.foreign(f"{tag}-{platform}", platform_word(tag, platform))
        done = visit.start([visit.python.program, visit.put(file)], "foreign", PATH="/nowhere")
        expect(done.code, 1, "the exit code of a file that does not fit")
        _expect_words(done, r"\Aerror: for-\S+ needs .*\n(.*\n)*hint: .*\n\Z", kind)
        if "damaged" in done.complained:
            raise NotAsExpectedError(last_words(done))

    return tried


def foreign_to(visit: Visit, kind: str) -> tuple[str, str]:
    """A wheel's tag and platform that do not fit the machine, in this way alone as far as can be."""
    here = visit.machine.platform
    libc, version, machine = re.fullmatch(r"(\w+linux)_(\d+_\d+)_(\w+)", here).groups()  # type: ignore[union-attr]
    tag = f"{visit.python.tag.rstrip('t')}-{visit.python.abi or visit.python.tag}"
    if kind == "another Python":
        return "cp310-cp310", here
    other = {
        "another C library": f"{'musllinux_1_1' if libc == 'manylinux' else 'manylinux_2_17'}_{machine}",
        "another processor": f"{libc}_{version}_{'x86_64' if machine != 'x86_64' else 'aarch64'}",
        "a newer C library": f"{libc}_{version.split('_')[0]}_{int(version.split('_')[1]) + 1}_{machine}",
    }[kind]
    return tag, other


def platform_word(tag: str, platform: str) -> str:
    """The words of `--platform` for a wheel's tag: "cp313-cp313t" and "linux_x86_64"."""
    interpreter, abi = tag.split("-")
    return f"{platform}-{interpreter[:2]}-{interpreter[2:]}-{abi}"


for _kind in ("another C library", "another processor", "a newer C library", "another Python"):
    row(f"the words of a file for {_kind}")(_misfit(_kind))


def _plain_file(visit: Visit) -> str:
    return visit.put(visit.files.of(visit.machine, visit.python, "plain"))


def _expect_words(done: Done, pattern: str, what: str) -> None:
    if not re.search(pattern, done.complained + done.printed):
        raise NotAsExpectedError(f"{what}: {last_words(done)}")
