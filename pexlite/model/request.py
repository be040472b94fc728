"""A request, and the reports of its progress. Nothing here imports `packaging`, so making a request is quick."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

from pexlite.errors import UsageError
from pexlite.files.paths import expanded


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """Where distributions come from. None and () mean that nothing was said here, and pip's configuration counts.

    index_url            -i, --index-url
    extra_index_urls     --extra-index-url
    named_indexes        --index: pairs of a name and a URL
    pins                 --from: pairs of an index's name and a project that comes from there only
    index_strategy       --index-strategy: "first-index", "unsafe-first-match" or "unsafe-best-match"
    find_links           -f, --find-links, and --wheels: directories and pages with distributions
    no_index             --no-index
    prereleases          --pre
    uploaded_prior_to    --uploaded-prior-to, such as "2026-01-31"
    prefer_pure          --prefer-pure
    refresh              --refresh
    only_binary          pip's --only-binary: names of projects, or ":all:"
    no_binary            pip's --no-binary, likewise
    require_hashes       pip's --require-hashes: all but local code needs a hash that was written down
    trusted_hosts        --trusted-host
    certificate          pip's --cert; client_certificate is its --client-cert
    proxy, timeout, retries, keyring_provider    as pip's options of these names
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    named_indexes: tuple[tuple[str, str], ...] = ()
    pins: tuple[tuple[str, str], ...] = ()
    index_strategy: str | None = None
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    prereleases: bool = False
    uploaded_prior_to: str | None = None
    prefer_pure: bool = False
    """Whether a pure wheel is taken where a project has both, though it may be slower."""
    refresh: bool = False
    """Whether no cache is believed without asking: uv's, pip's, remembered decisions, sources built earlier."""
    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    require_hashes: bool = False
    trusted_hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    client_certificate: Path | None = None
    proxy: str | None = None
    timeout: float = 15.0
    """Seconds without a byte before a connection is given up."""
    retries: int = 5
    keyring_provider: str | None = None


class InheritPath(enum.StrEnum):
    """Whether the host's own packages are importable: never, after the bundle's, or before them."""

    FALSE = "false"
    FALLBACK = "fallback"
    PREFER = "prefer"


def _sealed(option: str, *, plain: bool = False) -> dict[str, object]:
    """A field's metadata: the option that sets it, and whether a start that calls an entry point may ignore it."""
    return {"option": option, "plain": plain}


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """Options sealed into the file about how it starts.

    shebang              --python-shebang: what stands after #! in the first line
    sh_boot              --sh-boot
    launcher             --launcher: "sh" or "elf"; "" where the file carries no Python
    prefer_host          --prefer-host
    inherit_path         --inherit-path: InheritPath.FALSE, FALLBACK or PREFER
    bin_path             --bin-path: "off", "prepend" or "append"
    inject_args          --inject-args: words
    inject_env           --inject-env: pairs of a name and a value
    inject_python_args   --inject-python-args: words
    pex_root             --runtime-pex-root: where the file unpacks itself; None is ~/.pex
    lazy_imports         --lazy-imports: "all" or "off"
    not_lazy             --not-lazy: modules whose imports are made at once all the same
    """

    shebang: str = field(default="/usr/bin/env python3", metadata=_sealed("--python-shebang", plain=True))
    sh_boot: bool = field(default=False, metadata=_sealed("--sh-boot", plain=True))
    launcher: Literal["", "sh", "elf"] = field(default="", metadata=_sealed("--launcher", plain=True))
    prefer_host: bool = field(default=False, metadata=_sealed("--prefer-host", plain=True))
    """Whether a Python of the host that fits comes before the file's own."""
    inherit_path: InheritPath = field(default=InheritPath.FALSE, metadata=_sealed("--inherit-path", plain=True))
    bin_path: Literal["off", "prepend", "append"] = field(default="off", metadata=_sealed("--bin-path"))
    """"off", "prepend" or "append": the bundle's scripts on PATH for child processes."""
    inject_args: tuple[str, ...] = field(default=(), metadata=_sealed("--inject-args"))
    inject_env: tuple[tuple[str, str], ...] = field(default=(), metadata=_sealed("--inject-env"))
    inject_python_args: tuple[str, ...] = field(default=(), metadata=_sealed("--inject-python-args"))
    pex_root: str | None = field(default=None, metadata=_sealed("--runtime-pex-root", plain=True))
    """The cache directory baked in (`--runtime-pex-root`); None is `~/.pex`."""
    lazy_imports: Literal["off", "all"] = field(default="off", metadata=_sealed("--lazy-imports", plain=True))
    """Whether modules wait until they are needed, on CPython 3.15 and newer (PEP 810)."""
    not_lazy: tuple[str, ...] = field(default=(), metadata=_sealed("--not-lazy", plain=True))
    """Modules whose own imports do not wait; a build that tries the file adds those that have to be here."""

    @property
    def are_plain(self) -> bool:
        """Whether a start has nothing to do for them before it calls the entry point."""
        busy = [one for one in fields(self) if not one.metadata.get("plain")]
        return all(getattr(self, one.name) == one.default for one in busy)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text that is sealed in, behind the option that gave it."""
        for one in fields(self):
            yield from ((one.metadata["option"], text) for text in _texts_in(getattr(self, one.name)))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts_in(part)


class Recall(enum.Enum):
    """Whether a decision that was made earlier may be recalled for a request that has a value in a field."""

    NEVER = "never"
    """The field names files or programs, which may have changed since."""
    FOR_THE_SAME = "for the same"
    """Where the value was the same then: it is part of the key."""
    FOR_ANY = "for any"
    """Whatever the value was: it decides nothing, or what it names is looked at each time."""

    @classmethod
    def of(cls, one: Field[Any]) -> Recall:
        """The word that the field `one` has on it; NEVER without one."""
        return cls(one.metadata.get("recall", cls.NEVER))


_NEVER = {"recall": Recall.NEVER}
_FOR_THE_SAME = {"recall": Recall.FOR_THE_SAME}
_FOR_ANY = {"recall": Recall.FOR_ANY}


class SharedOptions(TypedDict, total=False):
    """The fields of a `BuildRequest` that a lock has a use for too, with the types that a program may give."""

    requirements: Sequence[str]
    requirement_files: Sequence[str | PathLike[str]]
    constraint_files: Sequence[str | PathLike[str]]
    executable: str | PathLike[str] | None
    excluded: Sequence[str]
    overrides: Sequence[str]
    groups: Sequence[str]
    extras: Sequence[str]
    pythons: Sequence[str]
    platforms: Sequence[str]
    target_files: Sequence[str | PathLike[str]]
    hosts: Sequence[str]
    index: IndexSettings | None
    resolver: str
    output: str | PathLike[str] | None
    force: bool
    directory: str | PathLike[str]


class LockOptions(SharedOptions, total=False):
    """The fields of a `BuildRequest` that a lock has a use for, and those of `LockTerms`."""

    upgrade: bool
    upgraded: Sequence[str]
    format: Literal["pylock", "requirements"] | None


class BuildOptions(SharedOptions, total=False):
    """The fields of a `BuildRequest`, with the types that a program may give."""

    source_directories: Sequence[str | PathLike[str]]
    included: Sequence[str]
    venvs: Sequence[str | PathLike[str]]
    lock: str | PathLike[str] | None
    locked: bool
    ignore_locks: bool
    python_from: Sequence[str]
    python_full: bool
    script: str | None
    scripts: Sequence[str]
    entry_point: str | None
    build_properties: Sequence[tuple[str, str]]
    build_property_tables: Sequence[str]
    record_git_state: bool
    sbom: bool
    launch: LaunchOptions | None
    trace_start: Sequence[str]
    eager: Sequence[str]
    bytecode: bool | None
    compress: bool
    zstd: bool
    allow_large: bool
    strict: bool
    dry_run: bool


@dataclass(frozen=True, kw_only=True)
class BuildRequest:
    """One build, as it was asked for. Relative paths are relative to `directory`.

    Each field says whether an earlier decision may be recalled with it; one that says nothing prevents that.
    """

    requirements: tuple[str, ...] = field(default=(), metadata=_NEVER)
    """Requirements, paths of projects, packages, wheels, sdists and scripts, as they were typed."""
    requirement_files: tuple[str, ...] = field(default=(), metadata=_NEVER)
    """Paths or URLs of `-r` files: requirements.txt, pylock.toml or pyproject.toml."""
    constraint_files: tuple[str, ...] = field(default=(), metadata=_NEVER)
    source_directories: tuple[Path, ...] = field(default=(), metadata=_NEVER)
    included: tuple[str, ...] = field(default=(), metadata=_FOR_THE_SAME)
    """`--include`: patterns for what goes in of package directories and trees though it would stay out."""
    executable: Path | None = field(default=None, metadata=_NEVER)
    """`--exe`: the application is this file."""
    venvs: tuple[Path, ...] = field(default=(), metadata=_NEVER)
    """`--venv`: virtual environments; what is installed in them is what goes in, each for its own Python."""
    lock: Path | None = field(default=None, metadata=_FOR_ANY)
    locked: bool = field(default=False, metadata=_NEVER)
    """Whether to fail when the lock does not fit the requirements, or there is none."""
    ignore_locks: bool = field(default=False, metadata=_FOR_THE_SAME)
    """Whether to ignore a lock beside the local project."""
    excluded: tuple[str, ...] = field(default=(), metadata=_FOR_THE_SAME)
    """`--exclude`: requirements that stay out, with what only they need."""
    overrides: tuple[str, ...] = field(default=(), metadata=_FOR_THE_SAME)
    """`--override`: requirements that take the place of all others on their projects."""
    groups: tuple[str, ...] = field(default=(), metadata=_NEVER)
    extras: tuple[str, ...] = field(default=(), metadata=_NEVER)
    script: str | None = field(default=None, metadata=_FOR_THE_SAME)
    """`-c`: the name of a console script, or `module:function`."""
    scripts: tuple[str, ...] = field(default=(), metadata=_FOR_THE_SAME)
    """Several `-c`: names of console scripts, or `NAME=module:function`; the file is all of these commands."""
    entry_point: str | None = field(default=None, metadata=_FOR_THE_SAME)
    """`-e`: `module` or `module:function`."""
    pythons: tuple[str, ...] = field(default=(), metadata=_NEVER)
    platforms: tuple[str, ...] = field(default=(), metadata=_FOR_THE_SAME)
    target_files: tuple[Path, ...] = field(default=(), metadata=_NEVER)
    """`--target`: files that `pexlite probe` wrote."""
    hosts: tuple[str, ...] = field(default=(), metadata=_NEVER)
    """`--for`: hosts, as ssh names them, whose python3 is asked what it can run."""
    python_from: tuple[str, ...] = field(default=(), metadata=_NEVER)
    """`--python-from`: directories, archives, "uv" or "uv:3.12": the Pythons that the file carries."""
    python_full: bool = field(default=False, metadata=_FOR_THE_SAME)
    """Whether such a Python goes in whole, with tests, headers, pip and tkinter."""
    index: IndexSettings = field(default_factory=IndexSettings, metadata=_FOR_THE_SAME)
    """The command line's settings only; `effective_settings` merges pip's configuration in."""
    resolver: str = field(default="auto", metadata=_FOR_THE_SAME)
    build_properties: tuple[tuple[str, str], ...] = field(default=(), metadata=_FOR_THE_SAME)
    """`--build-property`: pairs of a name and a text, which may be JSON."""
    build_property_tables: tuple[str, ...] = field(default=(), metadata=_NEVER)
    """`--build-properties`: JSON objects, and paths of files with one."""
    record_git_state: bool = field(default=False, metadata=_NEVER)
    """Whether the commit that is checked out goes into the build properties."""
    sbom: bool = field(default=False, metadata=_NEVER)
    """Whether the file carries a bill of materials of itself."""
    launch: LaunchOptions = field(default_factory=LaunchOptions, metadata=_FOR_THE_SAME)
    trace_start: tuple[str, ...] = field(default=(), metadata=_NEVER)
    """`--trace-start`: the arguments of runs of the finished file, each as one text that a shell would split."""
    eager: tuple[str, ...] = field(default=(), metadata=_FOR_THE_SAME)
    """`--eager`: projects all of whose files are on the start list."""
    output: Path | None = field(default=None, metadata=_FOR_ANY)
    bytecode: bool | None = field(default=None, metadata=_FOR_THE_SAME)
    """`--compile`: add bytecode of all modules for each target whose Python is on this machine; `--no-compile`: of
    none. None is that of the first imports, up to less than a quarter of the file."""
    compress: bool = field(default=True, metadata=_FOR_THE_SAME)
    """Whether wheels go in unchanged; `--no-compress` rewrites them uncompressed."""
    zstd: bool = field(default=False, metadata=_FOR_THE_SAME)
    """Whether wheels go in packed by zstandard, for CPython 3.14 and newer."""
    allow_large: bool = field(default=False, metadata=_FOR_THE_SAME)
    """Whether a wheel may unpack to far more than its own size."""
    strict: bool = field(default=False, metadata=_FOR_THE_SAME)
    """Whether wheels that bring different files under one name are an error."""
    dry_run: bool = field(default=False, metadata=_FOR_ANY)
    force: bool = field(default=False, metadata=_FOR_ANY)
    """Whether the output may take the place of a file of any kind."""
    directory: Path = field(metadata=_FOR_ANY)
    """Where relative paths begin, and local modules are looked for."""

    @classmethod
    def of(cls, **options: Unpack[BuildOptions]) -> BuildRequest:
        """The request that `options` make, whose values a program may write as it likes: lists, texts for paths.

        Raises UsageError for a value that a field cannot have, and for a `directory` that does not exist.
        """
        # Imported here: only programs need it, and the command reads this module on its way to every build.
        from pexlite.model.given import as_fields

        request = cls(**as_fields(cls, {"directory": ".", **options}))
        if not request.directory.is_dir():
            raise UsageError(f"there is no directory {str(request.directory)!r}")
        return replace(request, directory=request.directory.absolute())

    @property
    def commands(self) -> tuple[str, ...]:
        """The words of every `-c`."""
        return (*(() if self.script is None else (self.script,)), *self.scripts)

    @property
    def named_files(self) -> tuple[Path, ...]:
        """The files that the request itself names; among them may be words that are no path."""
        written = [text.partition(";")[0].partition("[")[0].strip() for text in self.requirements]
        # A word alone is a project's name; a file of that name may be what an earlier build wrote.
        paths = [text for text in written if not {".", "~", os.sep}.isdisjoint(text)]
        texts = [*paths, *self.requirement_files, *self.constraint_files, *self.pythons]
        given = [self.executable, self.lock, *self.target_files]
        texts += [str(path) for path in given if path is not None]
        return tuple(self.directory / expanded(text) for text in texts if text)


@dataclass(frozen=True, kw_only=True)
class LockTerms:
    """How a lock is written where there is one already."""

    upgrade: bool = False
    """`--upgrade`: whether all is resolved anew, and no version of the earlier lock is preferred."""
    upgraded: tuple[str, ...] = ()
    """`--upgrade-package`: names of projects that are resolved anew, perhaps with a version (`NAME==1.2`)."""
    format: Literal["pylock", "requirements"] | None = None
    """`--format`; None is "requirements" for an output called *.txt, else "pylock"."""

    def as_requirements(self, output: Path | None) -> bool:
        """Whether the lock is written as a requirements file to `output`."""
        by_name = "requirements" if output is not None and output.suffix == ".txt" else "pylock"
        return (self.format or by_name) == "requirements"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the request: a sentence, and what to type instead."""

    message: str
    hint: str | None = None


@dataclass(frozen=True)
class Progress:
    """A step forward: `done` of `total` in the unit of the stage (bytes when fetching), None when unknown."""

    stage: str
    """"targets", "local", "resolve", "fetch", "build", "compile" or "write"; "note" for what to know before."""
    message: str
    done: int | None = None
    total: int | None = None


Report = Callable[[Progress], None]


def no_report(progress: Progress) -> None:
    """Ignore a step forward."""
