"""Take the wheels out of a built file, byte for byte as their index serves them, and its Pythons."""

from __future__ import annotations

from pathlib import Path

from pexlite.archive.reader import read_manifest
from pexlite.archive.stored_wheels import chunks, sha256
from pexlite.errors import VerificationFailed, WriteError
from pexlite.model import StoredPython, StoredWheel
from pexlite.outputs import Kind, Output
from pexlite.ship.served import NotRemadeError, served


def extract_wheels(path: Path, directory: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write the wheels of the file at `path` into `directory`, and its Pythons as archives; return their paths.

    An existing file that has a wheel's name and is no wheel is replaced only with `force`. Raises NotABundle,
    VerificationFailed where a wheel's sha256 is wrong, WriteError.
    """
    manifest = read_manifest(path)
    parts: list[tuple[StoredWheel | StoredPython, str]] = [(wheel, wheel.filename) for wheel in manifest.wheels]
    parts += [(own, f"cpython-{own.version}-{own.platform}{own.suffix}") for own in manifest.own_pythons]
    place = directory.absolute()
    kinds = {StoredWheel: Kind.WHEEL, StoredPython: Kind.PYTHON}
    outputs = [Output(place / name, kinds[type(part)], force, option="") for part, name in parts]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for output in outputs:
            output.check([path])
        with path.open("rb") as file:
            for (part, name), output in zip(parts, outputs, strict=True):
                if sha256(file, part) != part.sha256:
                    raise VerificationFailed(
                        f"{name} in {path} has not the sha256 {part.sha256}",
                        hint="copy the file here again",
                    )
                with output.replaced() as copy:
                    copy.writelines(served(file, part) if isinstance(part, StoredWheel) else chunks(file, part))
    except NotRemadeError as problem:
        raise VerificationFailed(
            f"{name} in {path} cannot be made again as its index serves it",
            causes=[str(problem)],
            hint="extract it where Python has the zlib of who built it, or copy the file here again",
        ) from problem
    except OSError as failure:
        raise WriteError(
            f"cannot write {failure.filename or directory}", causes=[failure.strerror or str(failure)]
        ) from failure
    return tuple(directory / name for _, name in parts)
