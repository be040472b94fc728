"""The applications that are bundled: what they need, how they start, what they print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.factories import make_wheel


@dataclass(frozen=True)
class Workload:
    """One application: `requirements` from the index, `script` to start with `arguments`, printing `contains`."""

    name: str
    about: str
    requirements: tuple[str, ...]
    script: str
    arguments: tuple[str, ...]
    contains: str
    first: tuple[str, ...] = ()
    """Arguments with which it prints "first" before it imports anything else; () where it cannot."""
    imports: tuple[str, ...] = ()
    """Modules that show a bundle without the application to be whole."""
    example: str = ""
    """A project of this repository that is the application."""
    make: Callable[[Path], None] | None = None
    """Writes the wheels of `requirements` into a directory, where no index has them."""
    application: str = ""
    """The source of the application's one module `bench_app`, made into a wheel here; "" where it has another."""

    version: str = "1.0"
    """Of the application's own wheel."""

    def later(self) -> Workload:
        """Version 2 of the application, which needs the same wheels."""
        return replace(self, version="2.0")

    @property
    def own(self) -> str:
        """The requirement that stands for the whole application in its wheelhouse."""
        if self.application:
            return f"bench-app=={self.version}"
        return f"{self.example.rpartition('/')[2]}" if self.example else self.requirements[0]

    @property
    def reference(self) -> str:
        """The function behind `script`, for tools that know no scripts."""
        return {"cowsay": "cowsay.__main__:cli", "hello": "hello.cli:main"}.get(self.script, "bench_app:main")


_APPLICATION = """\
import sys


def main():
    if sys.argv[1:] == ["first"]:
        print("first")
        return
{work}
"""

DATA = """\
    import pandas
    import pyarrow
    import sklearn.linear_model

    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 6.0]})
    model = sklearn.linear_model.LinearRegression().fit(frame[["x"]], frame["y"])
    print("slope %.3f rows %d" % (model.coef_[0], pyarrow.table(frame).num_rows))
"""

MANY = """\
    from jupyterlab.labapp import main as start

    sys.argv[:] = ["jupyter-lab", "--version"]
    start()
"""

BIG = """\
    import torch

    print("sum", int(torch.arange(4).sum()))
"""

MADE = """\
    import bench_library

    print("made", bench_library.NUMBER)
"""

TINY = Workload(
    "tiny",
    "cowsay, 1 wheel",
    ("cowsay==6.1",),
    "cowsay",
    ("-t", "hello"),
    "| hello |",
    imports=("cowsay",),
)
HELLO = Workload(
    "hello",
    "examples/hello: click and requests, 7 wheels",
    ("click", "requests"),
    "hello",
    ("greet", "World"),
    "Hello, World!",
    imports=("click", "requests"),
    example="examples/hello",
)
DATA_SCIENCE = Workload(
    "data",
    "pandas, pyarrow, scikit-learn",
    ("pandas", "pyarrow", "scikit-learn"),
    "bench-app",
    (),
    "slope 2.000 rows 3",
    first=("first",),
    imports=("pandas", "pyarrow", "sklearn.linear_model"),
    application=_APPLICATION.format(work=DATA),
)
MANY_WHEELS = Workload(
    "many",
    "jupyterlab, about 90 wheels",
    ("jupyterlab",),
    "bench-app",
    (),
    ".",
    first=("first",),
    imports=("jupyterlab.labapp",),
    application=_APPLICATION.format(work=MANY),
)
BIG_WHEEL = Workload(
    "big",
    "torch for CPUs",
    ("torch",),
    "bench-app",
    (),
    "sum 6",
    first=("first",),
    imports=("torch",),
    application=_APPLICATION.format(work=BIG),
)


def _make_library(house: Path) -> None:
    make_wheel(house, "bench-library", files={"bench_library.py": "NUMBER = 42\n"})


MADE_BY_CODE = Workload(
    "made",
    "a wheel made by code, without any index: shows that the benchmark itself works",
    ("bench-library==1.0",),
    "bench-app",
    (),
    "made 42",
    first=("first",),
    imports=("bench_library",),
    make=_make_library,
    application=_APPLICATION.format(work=MADE),
)


KINDS_OF_STARTS = """\
    import os

    import bench_library

    print("made", bench_library.NUMBER, sys.argv[1:], os.environ.get("BENCH", "unset"))
"""


def _make_library_with_script(house: Path) -> None:
    script = "#!python\nimport bench_app\n\nbench_app.main()\n"
    files = {"bench_library.py": "NUMBER = 42\n"}
    make_wheel(house, "bench-library", files=files, data={"scripts/bench-script": script})


KINDS = replace(
    MADE_BY_CODE,
    name="kinds",
    about="a wheel made by code that can be started in every way",
    arguments=("word",),
    contains="made 42 ['word']",
    make=_make_library_with_script,
    application=_APPLICATION.format(work=KINDS_OF_STARTS),
)


def of_wheels(count: int) -> Workload:
    """An application of `count` wheels, of which it imports one."""

    def make(house: Path) -> None:
        _make_library(house)
        for place in range(count - 2):
            make_wheel(house, f"part-{place}", files={f"part_{place}/__init__.py": f"PLACE = {place}\n"})

    parts = tuple(f"part-{place}==1.0" for place in range(count - 2))
    requirements = ("bench-library==1.0", *parts)
    name = f"wheels-{count}"
    return replace(MADE_BY_CODE, name=name, about=f"{count} wheels", requirements=requirements, make=make)


def of_files(count: int) -> Workload:
    """An application of two wheels, one of them with `count` files in directories of 100."""

    def make(house: Path) -> None:
        files = {f"bench_files/d{place // 100}/f{place}.txt": f"{place}\n" * 20 for place in range(count)}
        make_wheel(house, "bench-library", files={"bench_library.py": "NUMBER = 42\n", **files})

    return replace(MADE_BY_CODE, name=f"files-{count}", about=f"{count} files", make=make)


WORKLOADS = {
    workload.name: workload for workload in (TINY, HELLO, DATA_SCIENCE, MANY_WHEELS, BIG_WHEEL, MADE_BY_CODE)
}
USUAL = ("tiny", "hello", "data", "many")
