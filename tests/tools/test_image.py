"""An image of a file runs it from layers that another version of the file shares, all but those that changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.model import OwnPython
from tests import needs
from tests.bundles import bundle_file, function
from tests.factories import make_wheel
from tests.images import HERE, base_image, parts, unpacked
from tests.own_python.files import packed

APP = "import helper, large\n\ndef main():\n    print({version!r}, helper.words)\n"
MINOR = sys.version_info[1]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return base_image(tmp_path / "base.tar")


def built(place: Path, version: str, helper: str = "1.0") -> Path:
    """The version of an application, with small wheels and a large one of others."""
    place.mkdir()
    start = {"console_scripts": {"hi": "app:main"}}
    own = make_wheel(place, "app", version, files={"app.py": APP.format(version=version)}, entry_points=start)
    others = [make_wheel(place, name, files={f"{name}.py": ""}) for name in ("one", "two", "three", "four")]
    others.append(make_wheel(place, "helper", helper, files={"helper/__init__.py": f"words = {helper!r}\n"}))
    others.append(make_wheel(place, "large", files={"large.py": "", "large.bin": b"large" * 10}))
    return bundle_file(place / "app.pex", [own, *others], function("app", "main"), local=[own])


def image(file: Path, base: Path, name: str, *words: str) -> Path:
    assert run(["image", str(file), "--base", str(base), "-o", str(base.parent / name), *words]) == 0
    return base.parent / name


def test_it_runs_on_the_python_of_the_base(base: Path, tmp_path: Path) -> None:
    made = image(built(tmp_path / "1", "1.0"), base, "app.tar")
    config, layers, _ = parts(made)
    before, below, _ = parts(base)
    assert layers[: len(below)] == below
    assert config["rootfs"]["diff_ids"][: len(below)] == before["rootfs"]["diff_ids"]
    assert config["config"]["Env"] == before["config"]["Env"]
    assert config["config"]["Entrypoint"] == ["/app/bin/python", "/app/pex"] and "Cmd" not in config["config"]
    unpacked(made, tmp_path / "root", layers[len(below) :])
    root = tmp_path / "root"
    assert (root / "app/bin/python").readlink() == Path(HERE)
    for command in ([root / "app/bin/python", root / "app/pex"], [root / "app/bin/hi"]):
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stdout == "1.0 1.0\n"
    told = subprocess.run(
        [root / "app/bin/python", "-c", "import sys; print(sys.prefix, sys.base_prefix)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == [str(root / "app"), sys.base_prefix]
    configuration = (root / "app/pyvenv.cfg").read_text()
    assert f"home = {Path(HERE).parent}\n" in configuration and "version = " not in configuration


def test_one_file_gives_the_same_bytes(base: Path, tmp_path: Path) -> None:
    file = built(tmp_path / "1", "1.0")
    assert image(file, base, "a.tar").read_bytes() == image(file, base, "b.tar").read_bytes()


def layers_of(path: Path) -> set[str]:
    return set(parts(path)[1])


def test_another_version_shares_all_layers_but_one(base: Path, tmp_path: Path) -> None:
    file = built(tmp_path / "1", "1.0")
    newer = tmp_path / "2"
    shutil.copytree(tmp_path / "1", newer)
    (newer / "app-1.0-py3-none-any.whl").unlink()
    own = make_wheel(newer, "app", "2.0", files={"app.py": APP.format(version="2.0") + "# longer\n"})
    wheels = [own, *sorted(path for path in newer.glob("*.whl") if path != own)]
    bundle_file(newer / "other.pex", wheels, function("app", "main"), local=[own])
    first = layers_of(image(file, base, "1.tar"))
    second = layers_of(image(newer / "other.pex", base, "2.tar"))
    assert len(first) > 3 and len(first - second) == len(second - first) == 1


def test_another_version_of_a_dependency_changes_its_layer(base: Path, tmp_path: Path) -> None:
    file = built(tmp_path / "1", "1.0")
    newer = tmp_path / "2"
    shutil.copytree(tmp_path / "1", newer)
    (newer / "helper-1.0-py3-none-any.whl").unlink()
    make_wheel(newer, "helper", "2.0", files={"helper/__init__.py": "words = '2.0'\n"})
    own = newer / "app-1.0-py3-none-any.whl"
    wheels = [own, *sorted(path for path in newer.glob("*.whl") if path != own)]
    bundle_file(newer / "app.pex", wheels, function("app", "main"), local=[own])
    old, new = image(file, base, "1.tar"), image(newer / "app.pex", base, "2.tar")
    changed = [one for one in parts(new)[1] if one not in layers_of(old)]
    names = unpacked(new, tmp_path / "root", changed)
    assert any("helper-2.0.dist-info" in name for name in names)
    # The start names all wheels of the file, so it changes with any of them.
    assert len(changed) == 2


def test_a_large_wheel_has_a_layer_to_itself(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pexlite.tools.image._LARGE", 1)
    made = image(built(tmp_path / "1", "1.0"), base, "app.tar", "--place", "/srv/it")
    _, layers, _ = parts(made)
    found = [unpacked(made, tmp_path / "root", [layer]) for layer in layers[1:]]
    assert len(found) == 7  # six of others, own code
    for names in found[:-1]:
        assert len({name for name in names if name.endswith("RECORD")}) == 1
    assert all(name.startswith("srv/it/") for names in found for name in names)
    assert any(name.endswith("app-1.0.dist-info/RECORD") for name in found[-1])


def test_bytecode_is_beside_its_source(base: Path, tmp_path: Path) -> None:
    made = image(built(tmp_path / "1", "1.0"), base, "app.tar", "--compile")
    for layer in parts(made)[1][1:]:
        names = unpacked(made, tmp_path / "root", [layer])
        packages = f"app/lib/python3.{MINOR}/site-packages"
        for name in ("one", "helper/__init__"):
            folder, _, last = f"{packages}/{name}".rpartition("/")
            compiled = f"{folder}/__pycache__/{last}.cpython-3{MINOR}.pyc"
            assert (f"{packages}/{name}.py" in names) == (compiled in names)


def test_the_python_is_the_first_on_path_that_fits(tmp_path: Path) -> None:
    lower = {"/opt/a/bin/python3.5": 0o755, HERE: 0o755, f"/usr/bin/python3.{MINOR}": 0o755}
    gone = {f"/opt/b/bin/.wh.python3.{MINOR}": 0o644}
    hidden = {f"/opt/b/bin/python3.{MINOR}": 0o755, f"/opt/c/bin/python3.{MINOR}": 0o644}
    path = f"PATH=/opt/a/bin:/opt/b/bin:/opt/c/bin:{Path(HERE).parent}:/usr/bin"
    base = base_image(tmp_path / "base.tar", {**lower, **hidden}, gone, Env=[path])
    file = built(tmp_path / "1", "1.0")
    for words, expected in ((), HERE), (("--python", f"/usr/bin/python3.{MINOR}"), f"/usr/bin/python3.{MINOR}"):
        made = image(file, base, "app.tar", "--force", *words)
        unpacked(made, tmp_path / "root", parts(made)[1][2:])
        assert (tmp_path / "root/app/bin/python").readlink() == Path(expected)


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    capsys.readouterr()
    code = run(["image", *map(str, words)])
    return code, capsys.readouterr().err


def test_a_base_that_cannot_be_one_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = built(tmp_path / "1", "1.0")
    docker = tmp_path / "docker.tar"
    with tarfile.open(docker, "w") as opened:
        opened.addfile(tarfile.TarInfo("manifest.json"))
    other = base_image(tmp_path / "other.tar", architecture="s390x")
    bare = base_image(tmp_path / "bare.tar", {"/bin/sh": 0o755})
    damaged = base_image(tmp_path / "damaged.tar")
    content = damaged.read_bytes()
    damaged.write_bytes(content.replace(b"\x1f\x8b\x08\x00\x00\x00\x00\x00", b"\x1f\x8b\x08\x00\x00\x00\x00\x01"))
    assert damaged.read_bytes() != content
    for base, code, words in (
        (docker, 2, "skopeo copy docker-archive:"),
        (other, 2, "has no image for linux/"),
        (bare, 2, "it has no python3.N on its PATH"),
        (damaged, 6, "is damaged"),
        (file, 6, "is no OCI image that can be read"),
    ):
        found = refused(capsys, file, "--base", base, "-o", tmp_path / "x.tar")
        assert (found[0], words in found[1]) == (code, True), found
        assert not (tmp_path / "x.tar").exists()


def test_a_file_with_its_own_python_is_refused(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own: OwnPython = packed(tmp_path, {"bin/python3.11": "x", "lib/os.py": ""})
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass\n"})
    file = bundle_file(tmp_path / "own.pex", [wheel], function("app", "main"), own_pythons=(own,))
    code, said = refused(capsys, file, "--base", base)
    assert code == 2 and "brings its own Python" in said


def test_other_programs_read_it(base: Path, tmp_path: Path) -> None:
    """skopeo takes it, and umoci makes of it what the layers are."""
    skopeo, umoci = needs.program("skopeo"), needs.program("umoci")
    made = image(built(tmp_path / "1", "1.0"), base, "app.tar")
    layout = tmp_path / "layout"
    subprocess.run([skopeo, "copy", "-q", f"oci-archive:{made}", f"oci:{layout}:latest"], check=True)
    unpack = [umoci, "unpack", "--rootless", "--image", f"{layout}:latest", str(tmp_path / "bundle")]
    subprocess.run(unpack, check=True, capture_output=True)
    root = tmp_path / "bundle/rootfs/app"
    done = subprocess.run([root / "bin/python", root / "pex"], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0 1.0\n"
