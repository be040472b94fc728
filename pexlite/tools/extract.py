"""Take the wheels out of a built file, byte for byte."""

from __future__ import annotations

from pathlib import Path

from pexlite.archive.reader import read_manifest
from pexlite.archive.stored_wheels import chunks, sha256
from pexlite.errors import VerificationFailed, WriteError
from pexlite.outputs import Kind, Output


def extract_wheels(path: Path, directory: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Write the wheels of the file at `path` into `directory`; return their paths.

    An existing file that has a wheel's name and is no wheel is replaced only with `force`. Raises NotABundle,
    VerificationFailed where a wheel's sha256 is wrong, WriteError.
    """
    manifest = read_manifest(path)
    outputs = [
        Output(directory.absolute() / wheel.filename, Kind.WHEEL, force, option="") for wheel in manifest.wheels
    ]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for output in outputs:
            output.check([path])
        with path.open("rb") as file:
            for wheel, output in zip(manifest.wheels, outputs, strict=True):
                if sha256(file, wheel) != wheel.sha256:
                    raise VerificationFailed(
                        f"{wheel.filename} in {path} has not the sha256 {wheel.sha256}",
                        hint="copy the file here again",
                    )
                with output.replaced() as copy:
                    copy.writelines(chunks(file, wheel))
    except OSError as failure:
        raise WriteError(
            f"cannot write {failure.filename or directory}", causes=[failure.strerror or str(failure)]
        ) from failure
    return tuple(directory / wheel.filename for wheel in manifest.wheels)
