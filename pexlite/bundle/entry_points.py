"""The entry point of a file: found in the wheels' metadata and checked in their source, never imported."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pexlite.bundle.definitions import defined_names
from pexlite.bundle.suggestions import names_of
from pexlite.bundle.tree import called, is_of_every_environment, member_of, tree_of
from pexlite.errors import EntryPointMissing, UsageError
from pexlite.files.names import fault_of_name
from pexlite.model import Command, Entry, EntryPoint, InstalledTree, Kind, StartKind, Wheel

# Modules that packages without __main__ are usually started by.
_USUAL = (".cli", ".main", ".app")


@dataclass(frozen=True)
class Source:
    """A member of a wheel whose source shows which attributes a module defines."""

    wheel: Wheel
    member: str


def choose_entry_point(
    scripts: Sequence[str], entry_point: str | None, wheels: Sequence[Wheel], projects: Sequence[Wheel]
) -> EntryPoint:
    """The entry point named by `-c` (`scripts`) or `-e` (`entry_point`), else a sole project's sole script.

    `projects` are the wheels built from local projects. Raises EntryPointMissing when no wheel has the script.
    Whether the module exists is checked by `missing_module`.
    """
    check_one_start(scripts, entry_point)
    if len(scripts) > 1:
        return _commands(scripts, wheels)
    if scripts:
        return _from_reference(scripts[0], "-c") if ":" in scripts[0] else _script(scripts[0], wheels)
    if entry_point:
        return _from_reference(entry_point, "-e")
    if len(projects) == 1:
        own = [name for name in projects[0].scripts if not is_of_every_environment(name)]
        if len(own) == 1:
            return _script(own[0], projects)
    return EntryPoint(StartKind.INTERPRETER)


def check_one_start(scripts: Sequence[str], entry_point: str | None) -> None:
    """Raise UsageError where `-c` and `-e` name several starts, or something that is no function or module.

    It needs no wheels, so it runs before anything is fetched.
    """
    if scripts and entry_point:
        given = [*(f"-c {script}" for script in scripts), f"-e {entry_point}"]
        raise UsageError(
            "a file starts in one way, and several are given",
            causes=given,
            hint="keep one of them; the others stay reachable with PEX_SCRIPT=NAME or PEX_MODULE=MODULE",
        )
    if len(scripts) > 1:
        _check_commands(scripts)
    elif scripts and ":" in scripts[0]:
        _from_reference(scripts[0], "-c")
    if entry_point is not None:
        _from_reference(entry_point, "-e")


def missing_module(entry_point: EntryPoint, wheels: Sequence[Wheel]) -> str | None:
    """The top-level module that `entry_point` needs and no wheel has; None when one has it."""
    if entry_point.kind not in (StartKind.FUNCTION, StartKind.MODULE):
        return None
    top = entry_point.module.partition(".")[0]
    if top in sys.stdlib_module_names or _has_top_level(tree_of(wheels), top):
        return None
    return top


def source_of(entry_point: EntryPoint, wheels: Sequence[Wheel]) -> Source | None:
    """The source of the entry point's module; None where there is none to read (extension modules, stdlib).

    Raises EntryPointMissing when the top-level module exists and the submodule does not, or when a package to be
    run has no `__main__`.
    """
    if entry_point.kind not in (StartKind.FUNCTION, StartKind.MODULE):
        return None
    module = entry_point.module
    if module.partition(".")[0] in sys.stdlib_module_names:
        return None
    tree = tree_of(wheels)
    path = module.replace(".", "/")
    main = tree.in_site_packages(f"{path}/__main__.py")
    if entry_point.kind is StartKind.MODULE and main:
        return _source(main, wheels)
    package = tree.in_site_packages(f"{path}/__init__.py")
    if entry_point.kind is StartKind.MODULE and package:
        inside = sorted(
            _modules_below(module, tree), key=lambda name: (name.rpartition(".")[2] not in _USUAL, name)
        )
        raise EntryPointMissing(
            f"{module} is a package without __main__.py, so it cannot be run",
            causes=[f"it is in {wheels[package.wheel].filename}"],
            hint=f"name a function in it, -e {module}:FUNCTION"
            + (f", or a module: -e {inside[0]}" if inside else ""),
        )
    written = module_source(module, wheels)
    if written:
        return written
    if any(_is_extension(candidate, path) for candidate in tree.importable):
        return None
    near = sorted(set(_modules_below(module.rpartition(".")[0], tree)))
    raise EntryPointMissing(
        f"{module} is in no wheel of this bundle, so {entry_point} cannot start it",
        causes=[f"{module.rpartition('.')[0] or 'the top level'} has {', '.join(near[:12])}"] if near else [],
        hint=_nearest(module, near) or "check the spelling of the module",
    )


def module_source(module: str, wheels: Sequence[Wheel]) -> Source | None:
    """The source of `module`, for a package its `__init__.py`; None where no wheel has it as source."""
    tree = tree_of(wheels)
    path = module.replace(".", "/")
    found = tree.in_site_packages(f"{path}/__init__.py") or tree.in_site_packages(f"{path}.py")
    return _source(found, wheels) if found else None


def check_attribute(entry_point: EntryPoint, source: str, where: str) -> None:
    """Raise EntryPointMissing where `source`, found at `where`, does not define the entry point's function.

    Modules that decide at run time what they define (star imports, `__getattr__`, `globals()`) always pass.
    """
    name = entry_point.attribute.partition(".")[0]
    names = defined_names(source)
    if names is None:
        return  # perhaps written for a newer Python than this one
    if not name or name in names or names & {"*", "__getattr__"} or "globals()" in source:
        return
    functions = sorted(candidate for candidate in names if not candidate.startswith("_"))
    raise EntryPointMissing(
        f"{entry_point.module} defines no {name}, so {entry_point} cannot start it",
        causes=[f"{where} defines {', '.join(functions[:12]) or 'nothing public'}"],
        hint=_nearest(f"{entry_point.module}:{name}", [f"{entry_point.module}:{other}" for other in functions])
        or f"name a function that it defines: -e {entry_point.module}:FUNCTION",
    )


def _check_commands(scripts: Sequence[str]) -> None:
    """Raise UsageError where `-c` names a command twice, or a function without a name for it."""
    names = [script.partition("=")[0] for script in scripts]
    for script, name in zip(scripts, names, strict=True):
        fault = fault_of_name(name)
        if ":" in name:
            raise UsageError(
                f"-c {script} is a function, and each of several commands needs a name",
                hint=f"write the name before it: -c {name.partition('.')[0].partition(':')[0]}={script}",
            )
        if fault or name.startswith("-"):
            raise UsageError(f"-c {script!r} names no command", causes=[f"{name!r} {fault or 'is an option'}"])
        if "=" in script:
            _from_reference(script.partition("=")[2], "-c")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"-c names {', '.join(twice)} twice", hint="give each command a name of its own")


def _commands(scripts: Sequence[str], wheels: Sequence[Wheel]) -> EntryPoint:
    """The entry point of a file that is each of `scripts`, in alphabetical order."""
    commands = []
    for script in sorted(scripts):
        name, named, reference = script.partition("=")
        found = _from_reference(reference, "-c") if named else _script(name, wheels)
        commands.append(Command(name, found.module, found.attribute))
    return EntryPoint(StartKind.COMMANDS, commands=tuple(commands))


def _from_reference(reference: str, option: str) -> EntryPoint:
    module, colon, attribute = (part.strip() for part in reference.partition(":"))
    names = module.split(".") + (attribute.split(".") if colon else [])
    if not all(name.isidentifier() for name in names):
        dotted = ".".join(names_of(module)) + (f":{attribute}" if colon else "")
        hint = (
            f"write its module with dots: {option} {dotted}" if names_of(module) and dotted != reference else None
        )
        raise UsageError(
            f"{option} {reference!r} is no entry point",
            hint=hint or "write MODULE:FUNCTION or MODULE, as in my_package.cli:main",
        )
    if colon:
        return EntryPoint(StartKind.FUNCTION, module=module, attribute=attribute)
    return EntryPoint(StartKind.MODULE, module=module)


def _script(name: str, wheels: Sequence[Wheel]) -> EntryPoint:
    tree = tree_of(wheels)
    scripts = {entry.place.removeprefix("bin/"): entry for entry in tree.entries if _is_program(entry)}
    if name in scripts:
        entry = scripts[name]
        if entry.kind is Kind.SCRIPT:
            return EntryPoint(StartKind.SCRIPT, script=name)
        module, _, attribute = entry.path.partition(":")
        return EntryPoint(StartKind.FUNCTION, module, attribute, script=name)
    for wheel in wheels:
        if is_of_every_environment(name) and name in wheel.scripts:
            raise EntryPointMissing(
                f"the script {name} of {wheel.filename} is left out, so nothing can start with it",
                causes=[f"a virtual environment has a bin/{name} of its own"],
                hint=f"start what it calls: -e {called(wheel.scripts[name])}",
            )
    names = sorted(scripts)
    raise EntryPointMissing(
        f"no wheel of this bundle has a script {name}",
        causes=[f"the scripts here are {', '.join(names[:20])}" if names else "no wheel here has any script"],
        hint=_nearest(name, names, "-c ") or "name a function instead: -e MODULE:FUNCTION",
    )


def _is_program(entry: Entry) -> bool:
    return entry.kind is not Kind.FILE


def _source(entry: Entry, wheels: Sequence[Wheel]) -> Source:
    return Source(wheels[entry.wheel], member_of(entry, wheels))


def _has_top_level(tree: InstalledTree, top: str) -> bool:
    return any(
        path.startswith(f"{top}/") or path == f"{top}.py" or _is_extension(path, top) for path in tree.importable
    )


def _is_extension(path: str, module: str) -> bool:
    return path.startswith(module + ".") and path.endswith((".so", ".pyd")) and "/" not in path[len(module) :]


def _modules_below(package: str, tree: InstalledTree) -> Iterator[str]:
    folder = package.replace(".", "/") + "/" if package else ""
    for path in tree.importable:
        if path.startswith(folder) and path.endswith(".py"):
            name = path[len(folder) :].partition("/")[0].removesuffix(".py")
            if name.isidentifier() and name != "__init__":
                yield f"{package}.{name}" if package else name


def _nearest(name: str, known: Sequence[str], prefix: str = "") -> str | None:
    matches = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {prefix}{matches[0]}?" if matches else None
