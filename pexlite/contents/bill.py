"""A bill of materials of a file: CycloneDX 1.6 as JSON, written by cyclonedx-python-lib, which is an extra.

The same content gives the same bytes: the serial number is a digest of all else, and the only time in it is
SOURCE_DATE_EPOCH, where that is set. Components have their wheel's file name as their reference: a
file may have several wheels of one project.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pexlite.contents.brought_bills import Brought
from pexlite.contents.carried_bill import FILENAME
from pexlite.contents.metadata import plain, spdx
from pexlite.contents.values import FileContents, HeldWheel, Licence, Maker
from pexlite.errors import UsageError
from pexlite.version import __version__
from pexlite.wheels.write import stated_epoch

if TYPE_CHECKING:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import License

    from pexlite.model import InterpreterArchive

IN_FILE, WHEREABOUTS, TAKEN, NOT_TAKEN = (
    f"pexlite:{name}" for name in ("sha256-in-file", "only-on", "bill", "bill-not-taken")
)
"""The names of the properties of a wheel's component, with FILENAME."""
_APPLICATION, _RUNTIME = "application", "runtime"
_SPACE = uuid.UUID("6f9c31d2-6a3e-5d0b-9f57-1c3a0f4f9d11")
"""The namespace of serial numbers: made once, for pexlite alone."""

# The classifiers that stand for one licence (PEP 639, appendix); of "BSD License" nobody knows which one it is.
_OF_CLASSIFIER = {
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "zlib/libpng License": "Zlib",
}


def is_installed() -> bool:
    """Whether cyclonedx-python-lib is installed."""
    return find_spec("cyclonedx") is not None


def check_installed() -> None:
    """Raise UsageError where cyclonedx-python-lib is not installed."""
    if not is_installed():
        raise UsageError(
            "a bill of materials is written by cyclonedx-python-lib, which is not installed",
            hint="pip install 'pexlite[sbom]'",
        )


def bill_of(contents: FileContents, brought: Mapping[str, Sequence[Brought]], *, sha256: str = "") -> bytes:
    """The bill of `contents` as JSON; `brought` are the wheels' own bills, by file name.

    `sha256` is the file's own, where it is known: a bill that travels in the file cannot have it.
    """
    from cyclonedx.model.bom import Bom
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    bom = Bom()
    components = {wheel.filename: _of_wheel(wheel, brought.get(wheel.filename, ())) for wheel in contents.wheels}
    runtime = _of_runtime(contents)
    own_pythons = [_of_python(own) for own in contents.own_pythons]
    bom.components = [*components.values(), runtime, *own_pythons]
    bom.metadata.component = _of_file(contents, sha256)
    bom.metadata.tools.components.add(_of_itself())
    own = _dependencies(bom, contents, components, [runtime, *own_pythons])
    bom.dependencies = [*own, *(edge for each in brought.values() for one in each for edge in one.dependencies)]
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    return _finished(json.loads(text))


def _finished(table: dict[str, Any]) -> bytes:
    """The bill with a time and a serial number that depend on nothing but its content."""
    table.pop("serialNumber", None)
    table["metadata"].pop("timestamp", None)
    if (epoch := stated_epoch()) is not None:
        table["metadata"]["timestamp"] = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    table["serialNumber"] = f"urn:uuid:{uuid.uuid5(_SPACE, json.dumps(table, sort_keys=True))}"
    return (json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


# -- the components -------------------------------------------------------------------------------


def _of_wheel(wheel: HeldWheel, brought: Sequence[Brought]) -> Component:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.contact import OrganizationalContact
    from packageurl import PackageURL

    kinds = {"homepage": ExternalReferenceType.WEBSITE, "source": ExternalReferenceType.VCS}
    kinds |= {"repository": ExternalReferenceType.VCS, "documentation": ExternalReferenceType.DOCUMENTATION}
    facts = {FILENAME: wheel.filename, WHEREABOUTS: wheel.only_on}
    if wheel.sha256 != wheel.served_sha256:
        facts[IN_FILE] = wheel.sha256
    notes = [_property(name, value) for name, value in facts.items() if value]
    notes += [_property(NOT_TAKEN if one.problem else TAKEN, one.words) for one in brought]
    # Own code is on no index: a project of its name there is somebody else's.
    purl = PackageURL("pypi", name=wheel.name, version=wheel.version, qualifiers={"file_name": wheel.filename})
    return Component(
        name=wheel.name,
        version=wheel.version,
        type=ComponentType.APPLICATION if wheel.local else ComponentType.LIBRARY,
        bom_ref=wheel.filename,
        description=wheel.summary or None,
        authors=[OrganizationalContact(name=wheel.author)] if wheel.author else (),
        hashes=_hashes(wheel.served_sha256),
        licenses=_licences(wheel.licence),
        purl=None if wheel.local else purl,
        external_references=[
            ExternalReference(type=kinds[label.lower()], url=XsUri(url))
            for label, url in wheel.urls
            if label.lower() in kinds
        ],
        properties=notes,
        components=[component for one in brought for component in one.components],
    )


def _of_file(contents: FileContents, sha256: str) -> Component:
    """The file itself, named after its own code if that is one project, else after what it starts."""
    from cyclonedx.model.component import Component, ComponentType

    own = [wheel for wheel in contents.wheels if wheel.local]
    name = own[0].name if len({wheel.name for wheel in own}) == 1 else contents.entry_point
    facts = {"runs-on": contents.runs_on, "starts": contents.entry_point}
    return Component(
        name=plain(name) or _APPLICATION,
        version=own[0].version if len({wheel.name for wheel in own}) == 1 else None,
        type=ComponentType.APPLICATION,
        bom_ref=_APPLICATION,
        hashes=_hashes(sha256),
        properties=[_property(f"pexlite:{key}", plain(value, 2000)) for key, value in facts.items() if value],
    )


def _of_runtime(contents: FileContents) -> Component:
    """The runtime in the file, which the tool that made it has put there."""
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    name, version = str(contents.maker), contents.maker_version or None
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=_RUNTIME,
        description=f"the runtime that {name} puts into each file",
        licenses=_licences(Licence(expression="MIT")) if contents.maker is Maker.PEXLITE else (),
        purl=PackageURL("pypi", name=name, version=version),
    )


def _of_python(own: InterpreterArchive) -> Component:
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    facts = {"platform": own.platform, "source": own.source, "source-sha256": own.source_sha256}
    return Component(
        name="CPython",
        version=own.version,
        type=ComponentType.PLATFORM,
        bom_ref=f"CPython {own.version} {own.platform} {own.sha256[:12]}",
        hashes=_hashes(own.sha256),
        licenses=_licences(Licence(expression=spdx(own.licence), text=own.licence)),
        purl=PackageURL("generic", name="python", version=own.version, qualifiers={"platform": own.platform}),
        cpe=f"cpe:2.3:a:python:python:{_as_cpe(own.version)}:*:*:*:*:*:*",
        properties=[_property(f"pexlite:{key}", value) for key, value in facts.items() if value],
    )


def _as_cpe(version: str) -> str:
    """The version and update of a CPython as a CPE has them: "3.11.15" and "*", "3.15.0" and "rc1"."""
    digits = len(version) - len(version.lstrip("0123456789."))
    return f"{version[:digits]}:{version[digits:].rstrip('+') or '*'}"


def _of_itself() -> Component:
    from cyclonedx.model.component import Component, ComponentType

    return Component(name="pexlite", version=__version__, type=ComponentType.APPLICATION)


def _licences(licence: Licence) -> Iterable[License]:
    """The licences that a wheel states, as an SPDX expression or identifier where it is one."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.license import LicenseAcknowledgement

    factory, declared = LicenseFactory(), LicenseAcknowledgement.DECLARED
    said = licence.expression or spdx(licence.text)
    if said:
        return [factory.make_from_string(said, license_acknowledgement=declared)]
    names = [_OF_CLASSIFIER.get(name, name) for name in licence.classifiers] or [licence.text]
    # One that is made of several, as "GPL-2.0-or-later", is an expression in some versions of the list.
    known = [factory.make_from_string(name, license_acknowledgement=declared) for name in names if name]
    return [
        one if hasattr(one, "name") else factory.make_with_name(str(one.value), acknowledgement=declared)
        for one in known
    ]


def _hashes(sha256: str) -> Any:
    from cyclonedx.model import HashAlgorithm, HashType

    return [HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else []


def _property(name: str, value: str) -> Property:
    from cyclonedx.model import Property

    return Property(name=name, value=value)


# -- the graph ------------------------------------------------------------------------------------


def _dependencies(
    bom: Bom, contents: FileContents, components: Mapping[str, Component], own: Sequence[Component]
) -> Iterator[Any]:
    """The components that each one needs: the file what was asked for, a wheel the wheels that it gets there."""
    from cyclonedx.model.dependency import Dependency

    assert bom.metadata.component
    asked = {one.name for one in contents.requires.get("", ())}
    # What nobody requires belongs to the file itself.
    asked |= {wheel.name for wheel in contents.wheels if wheel.name not in contents.required_by}
    top = [components[wheel.filename] for wheel in contents.wheels if wheel.name in asked]
    yield _dependency(bom.metadata.component, [*top, *own])
    for wheel in contents.wheels:
        names = {one.name for one in contents.requires.get(wheel.name, ())} - {wheel.name}
        needed = [
            components[other.filename]
            for name in names
            for other in contents.by_name.get(name, ())
            if not wheel.variants or not {*wheel.variants}.isdisjoint(other.variants)
        ]
        yield _dependency(components[wheel.filename], needed)
    for component in own:
        yield Dependency(ref=component.bom_ref)


def _dependency(component: Component, needed: Iterable[Component]) -> Any:
    from cyclonedx.model.dependency import Dependency

    return Dependency(ref=component.bom_ref, dependencies=[Dependency(ref=one.bom_ref) for one in needed])
