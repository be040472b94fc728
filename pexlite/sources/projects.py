"""Projects and sdists built into wheels, with the same bytes wherever and whenever they are built."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pexlite.addresses import mask
from pexlite.errors import ProjectBuildError
from pexlite.files.names import fault_of_path
from pexlite.model import Progress, Target, Wheel
from pexlite.sources.build_tools import build_requirements, build_tools, index_identity
from pexlite.sources.build_wheel import Checkout, build_wheel
from pexlite.sources.project_copy import copy_project, original_url
from pexlite.sources.project_key import project_key
from pexlite.sources.sdist import unpack_sdist
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Tools
from pexlite.wheels.normalise import normalise
from pexlite.wheels.write import MOST_STORED, source_date_epoch


@dataclass(frozen=True)
class Builder:
    """A builder of wheels for one target."""

    workshop: Workshop
    target: Target

    def build_project(self, directory: Path, *, local: bool = True) -> Wheel:
        """The wheel of the project in `directory`, built from a copy, so that no file is left there.

        An earlier wheel is returned if none of its known sources and build tools has changed.
        """
        with tempfile.TemporaryDirectory(prefix="pexlite-project-") as scratch:
            copy = copy_project(directory, Path(scratch))
            known = project_key(copy, directory)

            def url(written: str) -> str:
                return original_url(written, copy, Path(scratch), directory)

            def make() -> Wheel:
                return self._build(copy, local=local, url=url, original=directory)

            if known is None:
                return replace(make(), local=local)
            needs = build_requirements(copy)
            return replace(self.once(self.key("project", known), make, lambda: needs), local=local)

    def sdist_built_before(self, sha256: str, subdirectory: str) -> Wheel | None:
        """The wheel that `build_sdist` made earlier from an sdist with this sha256, by today's build tools."""
        return self.remembered(self.key("sdist", sha256, subdirectory))

    def build_sdist(self, sdist: Path, subdirectory: str = "", *, local: bool = False) -> Wheel:
        """The wheel of `sdist`, built once per content, Python, platform and build tools."""
        with sdist.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        key = self.key("sdist", sha256, subdirectory)

        def make() -> Wheel:
            if not subdirectory:
                return self._build(sdist, local=False, original=sdist if local else None)
            if fault := fault_of_path(os.path.normpath(subdirectory)):
                raise ProjectBuildError(f"{sdist.name} has no directory {subdirectory!r}: that {fault}")
            with tempfile.TemporaryDirectory(prefix="pexlite-sdist-") as scratch:
                source = unpack_sdist(sdist, Path(scratch) / "source")
                return self._build(source / subdirectory, local=False)

        return self.once(key, make, lambda: build_requirements(sdist, subdirectory))

    def build_checkout(
        self, checkout: Checkout, identity: Iterable[str], check: Callable[[], None] = lambda: None
    ) -> Wheel:
        """The wheel of `checkout`, built once per `identity` (kind, address, commit) and build tools.

        `check` is called before the build, and may raise.
        """
        needs: list[str] = []

        def make() -> Wheel:
            self.workshop.report(Progress("build", mask(checkout.requirement)))
            check()
            with tempfile.TemporaryDirectory(prefix="pexlite-checkout-") as scratch:
                built = checkout.build(
                    Path(scratch) / "built",
                    self.workshop.settings,
                    interpreter=self.target.interpreter,
                    source_date_epoch=source_date_epoch(),
                )
                needs.extend(built.needs)
                if built.sourced and self.workshop.resolver.name == "pip":
                    words = (
                        f"[tool.uv.sources] of {mask(checkout.requirement)} says where {', '.join(built.sourced)}"
                    )
                    self.workshop.report(Progress("note", f"{words} is, which pip does not read: --resolver uv"))
                return self._keep(normalise(built.wheel, Path(scratch)), local=False)

        return self.once(self.key("vcs", *identity), make, lambda: needs)

    def key(self, *identity: str) -> str:
        """The key of a source, built for this target from these indexes."""
        indexes = index_identity(self.workshop.resolver, self.workshop.settings)
        form = str(MOST_STORED)  # a store may hold what was written when this was another number
        facts = (*identity, self.target.python, self.target.platform, str(source_date_epoch()), form, indexes)
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()

    def once(self, source: str, make: Callable[[], Wheel], needs: Callable[[], Sequence[str]]) -> Wheel:
        """The wheel remembered for `source` and today's build tools, else the one that `make` returns.

        `needs` returns the build requirements once the wheel is made. With a new release of its backend a source
        is built anew.
        """
        known = self.remembered(source)
        if known is not None:
            return known
        made = make()
        noted = self.workshop.store.tools_of(source) or Tools(tuple(needs()), "")
        tools = self._tools_now(noted)
        if tools:
            self.workshop.store.remember_built(_with(source, tools), made)
            self.workshop.store.note_tools(source, Tools(noted.requirements, tools))
        return made

    def remembered(self, source: str) -> Wheel | None:
        """The wheel that `once` made from `source` earlier, by today's build tools; None with `--refresh`."""
        if self.workshop.settings.refresh:
            return None
        noted = self.workshop.store.tools_of(source)
        tools = self._tools_now(noted) if noted else ""
        return self.workshop.store.built(_with(source, tools)) if tools else None

    def _tools_now(self, noted: Tools) -> str:
        """A digest of the requirements, resolved now or, where that fails, as resolved last; else ""."""
        interpreter = self.target.interpreter
        asked = (noted.requirements, interpreter, self.workshop.resolver, self.workshop.settings)
        if asked not in self.workshop.store.asked:
            told = build_tools(self.workshop.resolver, noted.requirements, self.workshop.settings, interpreter)
            self.workshop.store.asked[asked] = told or ""
        if not self.workshop.store.asked[asked] and noted.digest:
            names = ", ".join(noted.requirements)
            words = f"{names} cannot be asked for now, so what an earlier version of it may have built is used"
            self.workshop.report(Progress("note", words))
        return self.workshop.store.asked[asked] or noted.digest

    def _build(
        self, source: Path, *, local: bool, url: Callable[[str], str] = str, original: Path | None = None
    ) -> Wheel:
        self.workshop.report(Progress("build", source.name))
        with tempfile.TemporaryDirectory(prefix="pexlite-wheel-") as scratch:
            built = build_wheel(
                self.workshop.resolver,
                source,
                Path(scratch) / "built",
                settings=self.workshop.settings,
                interpreter=self.target.interpreter,
                source_date_epoch=source_date_epoch(),
                original=original,
            )
            return self._keep(normalise(built, Path(scratch), url), local=local)

    def _keep(self, written: Path, *, local: bool) -> Wheel:
        wheel = self.workshop.store.add(written, written.name, local=local)
        if not wheel.tags.intersection(self.target.tags):
            raise ProjectBuildError(
                f"{wheel.name} {wheel.version} was built and does not fit {self.target.name}",
                causes=[f"it became {wheel.filename}"],
                hint="build on that platform, take a version with a wheel, or name one's directory: --wheels DIR"
                if self.target.interpreter is None or self.workshop.resolver.builds_for(self.target)
                else "uv builds for Pythons that pip cannot run on: --resolver uv",
            )
        return wheel


def _with(source: str, tools: str) -> str:
    return hashlib.sha256(f"{source}\0{tools}".encode()).hexdigest()
