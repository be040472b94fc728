"""A bill of materials says what is in a file, follows its schema, and is the same each time."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pexlite.archive.layout import draft
from pexlite.archive.reader import read_manifest
from pexlite.archive.runtime_files import BILL
from pexlite.archive.writer import write
from pexlite.bundle.runs_on import runs_on
from pexlite.bundle.tree import trees_of
from pexlite.cli.main import run
from pexlite.contents.bill import bill_of
from pexlite.contents.metadata import said
from pexlite.contents.planned_file import with_bill
from pexlite.contents.read import read_contents
from pexlite.errors import NotABundle, VerificationFailed
from pexlite.model import Bundle, EntryPoint, LaunchOptions, StartKind, Variant
from pexlite.tools.bill import bill_of_file
from pexlite.tools.verify import verify_file
from pexlite.wheels.read import read_wheel
from tests.bundles import bundle_file, function, room
from tests.factories import make_wheel
from tests.interpreters import supported
from tests.tools.test_compare import file_of_pex, file_of_shiv

_RUST = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"component": {"type": "library", "name": "core", "bom-ref": "root"}},
    "components": [
        {
            "type": "library",
            "name": "ring",
            "version": "0.17",
            "bom-ref": "a",
            "purl": "pkg:cargo/ring@0.17",
            "licenses": [{"expression": "Apache-2.0 AND ISC"}],
        },
        {"type": "no such type", "name": "cc", "bom-ref": "b", "purl": "no purl", "cpe": "cpe:none"},
    ],
    "dependencies": [{"ref": "root", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["b", "nowhere"]}],
}


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    """Own code, a wheel with an expression and a bill of its own, and one with a classifier."""
    return [
        make_wheel(tmp_path, "app", "3.1", files={"app.py": "def main(): pass\n"}, requires=["core[fast]>=1"]),
        make_wheel(
            tmp_path,
            "core",
            "1.2",
            files={"core.py": "", "core-1.2.dist-info/sboms/rust.cdx.json": json.dumps(_RUST)},
            requires=["idna; extra == 'fast'", "tomli; python_version < '3.5'"],
            extras=["fast"],
            fields=["License-Expression: MIT OR Apache-2.0", "Summary: a \x1b[31mcore"],
        ),
        make_wheel(
            tmp_path,
            "idna",
            files={"idna.py": ""},
            fields=[
                "Classifier: License :: OSI Approved :: BSD License",
                "Project-URL: Source, https://a.example/",
            ],
        ),
    ]


@pytest.fixture
def file(tmp_path: Path, wheels: list[Path]) -> Path:
    place = tmp_path / "app.pex"
    return bundle_file(place, wheels, function("app", "main"), local=wheels[:1], requirements=("app",))


def problems(bill: bytes) -> object:
    """The objection of CycloneDX 1.6's schema to the bill; None where it follows it."""
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode())


def read(bill: bytes) -> dict[str, Any]:
    """The components of the bill by the file name of their wheel."""
    table = json.loads(bill)
    return {component["bom-ref"]: component for component in table["components"]}


def test_a_bill_follows_the_schema_and_read_back_it_has_the_wheels_exactly(file: Path) -> None:
    bill = bill_of_file(file)
    assert problems(bill) is None
    reader: Any = Bom  # a method that its decorator adds
    bom = reader.from_json(json.loads(bill))
    said = {str(one.bom_ref.value): one.hashes[0].content for one in bom.components if one.hashes}
    assert said == {wheel.filename: wheel.sha256 for wheel in read_manifest(file).wheels}


def test_who_needs_whom_is_said_by_wheel(file: Path) -> None:
    found = {one["ref"]: one.get("dependsOn", []) for one in json.loads(bill_of_file(file))["dependencies"]}
    app, core, idna = (f"{name}-py3-none-any.whl" for name in ("app-3.1", "core-1.2", "idna-1.0"))
    assert found["application"] == [app, "runtime"]
    assert (found[app], found[core], found[idna]) == ([core], [idna], [])


def test_licences_and_names_are_said_as_the_wheel_says_them(file: Path) -> None:
    found = read(bill_of_file(file))
    app, core, idna = (found[f"{name}-py3-none-any.whl"] for name in ("app-3.1", "core-1.2", "idna-1.0"))
    assert core["licenses"] == [{"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}]
    assert idna["licenses"] == [{"license": {"name": "BSD License", "acknowledgement": "declared"}}]
    assert core["purl"] == "pkg:pypi/core@1.2?file_name=core-1.2-py3-none-any.whl"
    assert core["description"] == "a [31mcore"
    assert idna["externalReferences"] == [{"type": "vcs", "url": "https://a.example/"}]
    assert "purl" not in app  # a project of that name on an index is somebody else's
    assert app["type"] == "application"


def test_a_bill_that_a_wheel_brings_is_taken_in(file: Path) -> None:
    bill = bill_of_file(file)
    cc, ring = read(bill)["core-1.2-py3-none-any.whl"]["components"]
    assert (ring["name"], ring["purl"], ring["licenses"]) == (
        "ring",
        "pkg:cargo/ring@0.17",
        [{"expression": "Apache-2.0 AND ISC"}],
    )
    assert (cc["type"], cc.get("purl"), cc.get("cpe")) == ("library", None, None)
    edges = {one["ref"]: one.get("dependsOn") for one in json.loads(bill)["dependencies"]}
    assert edges[ring["bom-ref"]] == [cc["bom-ref"]]


@pytest.mark.parametrize(
    "content",
    [
        b"no JSON",
        b"[]",
        b'{"bomFormat": "CycloneDX", "components": 7, "metadata": []}',
        b'{"bomFormat": "CycloneDX", "components": [[], {}, {"name": 5, "hashes": [1], "licenses": {"a": 1}}]}',
        b'{"bomFormat": "CycloneDX", "components": '
        + b'[{"name": "a", "components": ' * 900
        + b"[]"
        + b"}]" * 900
        + b"}",
        b'{"spdxVersion": "SPDX-2.3"}',
        b"\xff\xfe",
    ],
)
def test_whatever_a_wheel_brings_the_bill_follows_the_schema(tmp_path: Path, content: bytes) -> None:
    wheel = make_wheel(tmp_path, "core", files={"core.py": "", "core-1.0.dist-info/sboms/x.json": content})
    assert problems(bill_of_file(bundle_file(tmp_path / "a.pex", [wheel], function("core", "main")))) is None


_READ: Any = None
"""The content of a plain file, read once."""
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=12, deadline=None)
@example(summary="", licence="", classifier="", url="::", requires="")
@example(summary="", licence="", classifier="", url="a.example/[x]?{y}|z^#a#b%2g", requires="")
@given(summary=_NAMES, licence=_NAMES, classifier=_NAMES, url=_NAMES, requires=_NAMES)
def test_whatever_metadata_says_the_bill_follows_the_schema(
    tmp_path_factory: pytest.TempPathFactory, summary: str, licence: str, classifier: str, url: str, requires: str
) -> None:
    global _READ
    if _READ is None:
        place = tmp_path_factory.mktemp("plain")
        _READ = read_contents(bundle_file(place / "a.pex", [make_wheel(place, "a")], function("a", "main")))
    found = said(
        f"Summary: {summary}\nLicense: {licence}\nClassifier: License :: OSI Approved :: {classifier}\n"
        f"Project-URL: Homepage, https://{url}\nAuthor: {requires}\n".encode()
    )
    wheel = replace(
        _READ.wheels[0], summary=found.summary, licence=found.licence, author=found.author, urls=found.urls
    )
    assert problems(bill_of(replace(_READ, wheels=(wheel,)), {})) is None


def test_the_same_file_gives_the_same_bytes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bill_of_file(file)
    assert bill_of_file(file) == first
    assert "timestamp" not in json.loads(first)["metadata"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert json.loads(bill_of_file(file))["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"


def test_a_wheel_that_was_rewritten_has_the_sha256_of_its_original(tmp_path: Path, wheels: list[Path]) -> None:
    bundle, _ = _bundles(wheels, repacked_from="5" * 64)
    write(draft(bundle, "0", room(supported()[0])), tmp_path / "a.pex")
    found = read(bill_of_file(tmp_path / "a.pex"))["app-3.1-py3-none-any.whl"]
    assert found["hashes"][0]["content"] == "5" * 64
    own = {one["name"]: one["value"] for one in found["properties"]}
    assert own["pexlite:sha256-in-file"] == bundle.wheels[0].sha256


def _bundles(paths: list[Path], **changed: Any) -> tuple[Bundle, Bundle]:
    """A bundle of these wheels, without a bill and with one."""
    found = tuple(replace(read_wheel(path), **changed) for path in paths)
    variants = (Variant(("cp38+",), "any", None, None, tuple(range(len(found)))),)
    plain = Bundle(
        wheels=found,
        variants=variants,
        trees=trees_of(found, variants),
        entry_point=EntryPoint(StartKind.FUNCTION, "app", "main"),
        launch=LaunchOptions(),
        requirements=("app",),
        startup_files=(),
        runs_on=runs_on(variants),
    )
    return plain, with_bill(plain, "0")


@pytest.fixture
def both(tmp_path: Path, wheels: list[Path]) -> tuple[Path, Path]:
    """The same file without a bill and with one."""
    paths = tmp_path / "plain.pex", tmp_path / "billed.pex"
    for bundle, path in zip(_bundles(wheels), paths, strict=True):
        write(draft(bundle, "0", room(supported()[0])), path)
    return paths


def test_a_bill_in_the_file_changes_no_byte_before_it(both: tuple[Path, Path]) -> None:
    plain, billed = (path.read_bytes() for path in both)
    with zipfile.ZipFile(both[1]) as archive:
        place = archive.getinfo(BILL).header_offset
    assert plain[:place] == billed[:place]
    assert read_manifest(both[0]).build_id == read_manifest(both[1]).build_id


def test_the_file_prints_its_bill_without_pexlite(both: tuple[Path, Path]) -> None:
    plain, billed = (
        subprocess.run(
            [supported()[0].path, path, "sbom"],
            env={**os.environ, "PEX_TOOLS": "1", "PEX_ROOT": str(path.parent / "root")},
            capture_output=True,
            check=False,
        )
        for path in both
    )
    assert (plain.returncode, plain.stdout) == (6, b"")
    assert (
        plain.stderr
        == b"error: plain.pex carries no bill of materials: build it with --sbom, or ask pexlite sbom\n"
    )
    assert problems(billed.stdout) is None
    made = json.loads(bill_of_file(both[1]))
    told = json.loads(billed.stdout)
    for table in (made, told):
        table.pop("serialNumber")
        table["metadata"]["component"].pop("hashes", None)
    assert made == told


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda table: table["components"].pop(0), "leaves out app-3.1-py3-none-any.whl"),
        (lambda table: table["components"][0]["hashes"][0].update(content="0" * 64), "has another sha256"),
        (lambda table: table["components"].append(_named("more-1.0-py3-none-any.whl")), "which is not here"),
        (lambda table: table["components"].append(table["components"][0]), "has a wheel twice"),
        (lambda table: table.pop("components"), "cannot be read: 'components'"),
    ],
)
def test_verify_knows_a_bill_that_says_otherwise(
    tmp_path: Path, wheels: list[Path], change: Any, problem: str
) -> None:
    with pytest.raises(VerificationFailed) as found:
        verify_file(_with_other_bill(tmp_path / "other.pex", wheels, change))
    assert [cause for cause in found.value.causes if problem in cause] == [*found.value.causes]


def _with_other_bill(path: Path, wheels: list[Path], change: Any) -> Path:
    """A file of `wheels`, in which nothing is wrong but the bill, as `change` leaves it."""
    _, billed = _bundles(wheels)
    table = json.loads(billed.bill)
    change(table)
    write(draft(replace(billed, bill=json.dumps(table).encode()), "0", room(supported()[0])), path)
    return path


def _named(filename: str) -> dict[str, object]:
    return {"name": "more", "type": "library", "properties": [{"name": "pexlite:filename", "value": filename}]}


def test_the_command_writes_where_it_is_told(file: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["sbom", str(file)]) == 0
    assert capsysbinary.readouterr().out == bill_of_file(file)
    output = file.with_name("bill.json")
    assert run(["sbom", str(file), "-o", str(output)]) == 0
    assert output.read_bytes() == bill_of_file(file)
    assert run(["sbom", str(file), "-o", str(output)]) == 0  # a bill is replaced by another
    assert run(["sbom", str(file), "-o", str(file)]) == 2
    output.write_text("something else")
    assert run(["sbom", str(file), "-o", str(output)]) == 5


@pytest.mark.parametrize("maker", ["pex, unpacked", "pex, whole", "shiv"])
def test_the_bills_of_wheels_in_files_of_others_are_taken_in(
    maker: str, wheels: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "theirs.pex"
    if maker == "shiv":
        file_of_shiv(path, wheels)
    else:
        file_of_pex(path, wheels, whole=maker == "pex, whole")
    bill = bill_of_file(path)
    assert problems(bill) is None
    core = read(bill)["core-1.2-py3-none-any.whl"]
    assert [one["name"] for one in core["components"]] == ["cc", "ring"]
    assert core["components"][1]["purl"] == "pkg:cargo/ring@0.17"


def test_what_is_no_file_of_pexlite_has_no_bill(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no zip")
    with pytest.raises(NotABundle):
        bill_of_file(tmp_path / "x")


def test_verify_says_what_of_a_bill_it_cannot_vouch_for(
    tmp_path: Path, wheels: list[Path], both: tuple[Path, Path]
) -> None:
    def altered(table: Any) -> None:
        table["components"][1]["licenses"] = [{"license": {"id": "MIT"}}]

    assert not [line for line in verify_file(both[1]).unchecked if BILL in line]
    other = _with_other_bill(tmp_path / "other.pex", wheels, altered)
    assert [line for line in verify_file(other).unchecked if BILL in line]
