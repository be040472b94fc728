"""Files of `--no-compress` in which a wheel is not what the index's was written as: `verify` refuses them."""

from __future__ import annotations

import lzma
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.archive.layout import draft
from pexlite.archive.writer import write
from pexlite.errors import VerificationFailed
from pexlite.model import Bundle, Wheel
from pexlite.parallel import Stop
from pexlite.ship.operations import New, script_of
from pexlite.ship.room import reassemble
from pexlite.ship.served import recipe
from pexlite.store.uncompressed import rewrite
from pexlite.tools.verify import verify_file
from pexlite.version import __version__
from pexlite.wheels.read import read_wheel
from tests.factories import make_wheel
from tests.tools.test_tampered import bundle, usual_room
from tests.tools.test_verify import lock_of, with_wheel

__all__ = ["bundle"]  # a fixture


def written(wheel: Wheel, place: Path, claimed: Wheel, made: bytes | None = None) -> Wheel:
    """The wheel uncompressed, in a file that says that it was made of `claimed`, by the recipe `made`."""
    place.mkdir()
    path = place / wheel.filename
    rewrite(wheel.path, path, Stop())
    found = recipe(wheel.path, path, Stop().check) if made is None else made
    assert found is not None
    return replace(read_wheel(path), repacked_from=claimed.sha256, recipe=found)


def file_of(bundle: Bundle, wheels: tuple[Wheel, ...], tmp_path: Path) -> tuple[Path, Path]:
    """The file, and a lock with the bundle's wheels, as the index serves them."""
    path = tmp_path / "x.pex"
    write(draft(replace(bundle, wheels=wheels), __version__, usual_room()), path)
    app, helper = bundle.wheels
    lock = lock_of(tmp_path, with_wheel("app", "1.0", app.sha256), with_wheel("helper", "1.0", helper.sha256))
    return path, lock


def evil(bundle: Bundle, tmp_path: Path) -> Wheel:
    (tmp_path / "evil").mkdir()
    changed = {"helper/__init__.py": "x = 2\n", "helper.pth": "more\n"}
    return read_wheel(make_wheel(tmp_path / "evil", "helper", files=changed))


def containing(wheel: Wheel, first_line: str) -> bytes:
    """A recipe that has all of the index's wheel in it."""
    return first_line.encode() + b"\n" + lzma.compress(script_of([New(wheel.path.read_bytes())]))


def line() -> str:
    return " ".join(["pexlite recipe 1", *(f"{crc:08x}" for crc in reassemble().fingerprint())])


def test_an_honest_one_is_vouched_for(bundle: Bundle, tmp_path: Path) -> None:
    wheels = tuple(written(one, tmp_path / str(one.name), one) for one in bundle.wheels)
    path, lock = file_of(bundle, wheels, tmp_path)
    assert not verify_file(path, lock, strict=True).unchecked


def test_another_wheel_beside_a_recipe_that_has_the_index_s_in_it(bundle: Bundle, tmp_path: Path) -> None:
    app, helper = bundle.wheels
    other = written(evil(bundle, tmp_path), tmp_path / "other", helper, containing(helper, line()))
    path, lock = file_of(bundle, (app, other), tmp_path)
    for given in (None, lock):
        with pytest.raises(VerificationFailed, match="is not what was built") as failure:
            verify_file(path, given)
        assert any("is not what --no-compress writes of" in cause for cause in failure.value.causes)


def test_a_recipe_of_another_zlib_that_is_none_is_believed_by_no_lock(bundle: Bundle, tmp_path: Path) -> None:
    app, helper = bundle.wheels
    changed = evil(bundle, tmp_path)
    other = written(changed, tmp_path / "other", helper, containing(changed, "pexlite recipe 1 00000000 00000000"))
    path, lock = file_of(bundle, (app, other), tmp_path)
    [said] = verify_file(path).unchecked
    assert said.startswith("of which wheel helper-1.0-py3-none-any.whl was made: zlib ")
    with pytest.raises(VerificationFailed) as failure:
        verify_file(path, lock)
    assert [cause.partition(":")[0] for cause in failure.value.causes] == [
        "helper-1.0-py3-none-any.whl may be made of it or not"
    ]
    with pytest.raises(VerificationFailed):
        verify_file(path, strict=True)


@pytest.mark.parametrize("more", [b"", b"pexlite recipe 1\n", b"\xff" * 400])
def test_what_is_no_recipe(more: bytes, bundle: Bundle, tmp_path: Path) -> None:
    app, helper = bundle.wheels
    path, _ = file_of(bundle, (app, written(helper, tmp_path / "helper", helper, more)), tmp_path)
    with pytest.raises(VerificationFailed, match="is not what was built"):
        verify_file(path)
