"""Files of many wheels, made by code: with markers and extras, compiled ones, licences, files that are doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pexlite.model import Libc, Variant
from tests.bundles import bundle_file, function
from tests.factories import make_wheel

LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0", "")
_WORDS = "".join(f"{number} words\n" for number in range(600))


def name_of(number: int) -> str:
    """The name of a project: "app" is the first, all others have a number."""
    return f"project-{number:03}" if number else "app"


def file_of_many(directory: Path, count: int, *, name: str = "many.pex", version: str = "1.0") -> Path:
    """A file of `count` wheels; "app" brings all of them, over at most a dozen steps."""
    place = directory / f"wheels-{count}-{version}"
    place.mkdir()
    wheels = [_wheel(place, number, count, version) for number in range(count)]
    variant = Variant(("cp311",), "linux_x86_64", Libc("glibc", (2, 17)), None, tuple(range(count)))
    return bundle_file(directory / name, wheels, function("app", "main"), local=wheels[:1], variants=(variant,))


def _wheel(place: Path, number: int, count: int, version: str) -> Path:
    module = name_of(number).replace("-", "_")
    licence = LICENCES[number % len(LICENCES)]
    own = "".join(f"value_{number}_{line} = {line * number}\n" for line in range(number % 40 * 10))
    files = {f"{module}/__init__.py": own} if number else {"app.py": "def main(): ...\n"}
    files |= {f"{module}/part_{part:02}/module_{part}.py": own[: part * 300] for part in range(number % 30)}
    compiled = number % 5 == 3
    if compiled:
        files[f"{module}/_speed.cpython-311-x86_64-linux-gnu.so"] = own * 5
    if number % 10 == 4:
        files[f"{module}/data/words.txt"] = _WORDS
    return make_wheel(
        place,
        name_of(number),
        version if number % 7 == 2 else "1.0",
        files=files,
        requires=list(_requirements(number, count)),
        extras=["more"],
        requires_python=">=3.9" if number % 3 else None,
        tag="cp311-cp311-manylinux_2_17_x86_64" if compiled else "py3-none-any",
        fields=[
            f"Summary: The project of number {number}.",
            *([f"License-Expression: {licence}"] if licence else []),
        ],
    )


def _requirements(number: int, count: int) -> Iterator[str]:
    """Two that nobody else brings, one of them by a marker or an extra, and some that others bring as well."""
    first, second = 2 * number + 1, 2 * number + 2
    if first < count:
        yield f"{name_of(first)}[more]>=1.0" if number % 2 else f"{name_of(first)}>=1.0"
    if second < count:
        yield f"{name_of(second)}; python_version >= '3.8'"
    for other in (3 * number + 5, 5 * number + 7):
        if other < count:
            yield f"{name_of(other)}; extra == 'more'" if number % 4 == 1 else name_of(other)
