"""What a start runs, found in the wheels' own lists and read from source, never imported."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pexlite.errors import EntryPointMissing, UsageError
from pexlite.model import EntryPoint, StartKind, Wheel

_SCRIPT_GROUPS = ("console_scripts", "gui_scripts")


@dataclass(frozen=True)
class Source:
    """A member of a wheel whose text tells whether an attribute exists."""

    wheel: Wheel
    member: str


def choose_entry_point(
    scripts: Sequence[str], entry_point: str | None, wheels: Sequence[Wheel], projects: Sequence[Wheel]
) -> EntryPoint:
    """The entry point that `-c` (`scripts`) or `-e` (`entry_point`) names, else the one script of one project.

    `projects` are the wheels built from local projects. Raises EntryPointMissing when a script is in no wheel;
    whether the module is there is `missing_module`'s question.
    """
    if len(scripts) > 1 or (scripts and entry_point):
        given = [f"-c {script}" for script in scripts] + ([f"-e {entry_point}"] if entry_point else [])
        raise UsageError(
            "a file starts in one way, and several are given",
            causes=given,
            hint="keep one of them; the others stay reachable with PEX_SCRIPT=NAME or PEX_MODULE=MODULE",
        )
    if scripts:
        return _from_reference(scripts[0], "-c") if ":" in scripts[0] else _script(scripts[0], wheels)
    if entry_point:
        return _from_reference(entry_point, "-e")
    if len(projects) == 1:
        own = _scripts_of(projects[0])
        if len(own) == 1:
            return _script(next(iter(own)), projects)
    return EntryPoint(StartKind.INTERPRETER)


def missing_module(entry_point: EntryPoint, wheels: Sequence[Wheel]) -> str | None:
    """The top-level module that no wheel brings though `entry_point` needs it; None when it is there."""
    if entry_point.kind not in (StartKind.FUNCTION, StartKind.MODULE):
        return None
    top = entry_point.module.partition(".")[0]
    if top in sys.stdlib_module_names or any(_has_top_level(wheel, top) for wheel in wheels):
        return None
    return top


def source_of(entry_point: EntryPoint, wheels: Sequence[Wheel]) -> Source | None:
    """Where the entry point's module is written, None where that cannot be read (extension modules, stdlib).

    Raises EntryPointMissing when the top-level module is there and the module itself is not, or when a package
    that is to be run has no `__main__`.
    """
    if entry_point.kind not in (StartKind.FUNCTION, StartKind.MODULE):
        return None
    module = entry_point.module
    if module.partition(".")[0] in sys.stdlib_module_names:
        return None
    path = module.replace(".", "/")
    run_as_main = entry_point.kind is StartKind.MODULE
    for wheel in reversed(wheels):
        paths = {_import_path(member): member for member in wheel.files}
        main = paths.get(f"{path}/__main__.py")
        if run_as_main and main:
            return Source(wheel, main)
        for candidate in (f"{path}/__init__.py", f"{path}.py"):
            if candidate in paths:
                if run_as_main and candidate.endswith("__init__.py"):
                    raise EntryPointMissing(
                        f"{module} is a package without __main__.py, so it cannot be run",
                        causes=[f"it is in {wheel.filename}"],
                        hint=f"name a function in it (-e {module}:main) or one of its modules (-e {module}.cli)",
                    )
                return Source(wheel, paths[candidate])
        if any(_is_extension(candidate, path) for candidate in paths):
            return None
    near = sorted(set(_modules_below(module.rpartition(".")[0], wheels)))
    raise EntryPointMissing(
        f"{module} is in no wheel of this bundle, so {entry_point} cannot start it",
        causes=[f"{module.rpartition('.')[0] or 'the top level'} has {', '.join(near[:12])}"] if near else [],
        hint=_nearest(module, near) or "check the spelling of the module",
    )


def check_attribute(entry_point: EntryPoint, source: str, where: str) -> None:
    """Nothing, when `source` defines the entry point's function; else raises EntryPointMissing.

    Sources that decide at run time what they define (star imports, `__getattr__`, `globals()`) are believed.
    """
    name = entry_point.attribute.partition(".")[0]
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return  # written for a newer Python than this one; its own start will tell
    names = set(_defined(tree.body))
    if not name or name in names or names & {"*", "__getattr__"} or "globals()" in source:
        return
    functions = sorted(candidate for candidate in names if not candidate.startswith("_"))
    raise EntryPointMissing(
        f"{entry_point.module} defines no {name}, so {entry_point} cannot start it",
        causes=[f"{where} defines {', '.join(functions[:12]) or 'nothing public'}"],
        hint=_nearest(f"{entry_point.module}:{name}", [f"{entry_point.module}:{other}" for other in functions])
        or f"name a function that it defines: -e {entry_point.module}:FUNCTION",
    )


def _from_reference(reference: str, option: str) -> EntryPoint:
    module, colon, attribute = (part.strip() for part in reference.partition(":"))
    names = module.split(".") + (attribute.split(".") if colon else [])
    if not all(name.isidentifier() for name in names):
        raise UsageError(
            f"{option} {reference!r} is no entry point",
            hint="write MODULE:FUNCTION or MODULE, as in my_package.cli:main",
        )
    if colon:
        return EntryPoint(StartKind.FUNCTION, module=module, attribute=attribute)
    return EntryPoint(StartKind.MODULE, module=module)


def _script(name: str, wheels: Sequence[Wheel]) -> EntryPoint:
    known: dict[str, str] = {}
    for wheel in wheels:
        known.update(_scripts_of(wheel))
    if name in known:
        module, _, attribute = known[name].partition("[")[0].partition(":")
        kind = StartKind.FUNCTION if attribute.strip() else StartKind.MODULE
        return EntryPoint(kind, module.strip(), attribute.strip(), script=name)
    for wheel in wheels:
        if any(member.partition(".data/scripts/")[2] == name for member in wheel.files):
            return EntryPoint(StartKind.SCRIPT, script=name)
    plain = [member.partition(".data/scripts/")[2] for wheel in wheels for member in wheel.files]
    names = sorted({*known, *filter(None, plain)})
    raise EntryPointMissing(
        f"no wheel of this bundle has a script {name}",
        causes=[f"the scripts here are {', '.join(names[:20])}" if names else "no wheel here has any script"],
        hint=_nearest(name, names, "-c ") or "name a function instead: -e MODULE:FUNCTION",
    )


def _scripts_of(wheel: Wheel) -> dict[str, str]:
    return {name: value for group in _SCRIPT_GROUPS for name, value in wheel.entry_points.get(group, {}).items()}


def _import_path(member: str) -> str:
    """A wheel's member as it lies in site-packages; .data/purelib and platlib are merged into it."""
    first, _, rest = member.partition("/")
    if first.endswith(".data"):
        scheme, _, inside = rest.partition("/")
        return inside if scheme in ("purelib", "platlib") else ""
    return member


def _has_top_level(wheel: Wheel, top: str) -> bool:
    for member in wheel.files:
        path = _import_path(member)
        if path.startswith(top + "/") or path == top + ".py" or _is_extension(path, top):
            return True
    return False


def _is_extension(path: str, module: str) -> bool:
    return path.startswith(module + ".") and path.endswith((".so", ".pyd")) and "/" not in path[len(module) :]


def _modules_below(package: str, wheels: Sequence[Wheel]) -> Iterator[str]:
    folder = package.replace(".", "/") + "/" if package else ""
    for wheel in wheels:
        for member in wheel.files:
            path = _import_path(member)
            if path.startswith(folder) and path.endswith(".py"):
                name = path[len(folder) :].partition("/")[0].removesuffix(".py")
                if name.isidentifier() and name != "__init__":
                    yield f"{package}.{name}" if package else name


def _defined(body: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that the statements of a module bind, also inside its if, try, with and loops."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
        for field in ("body", "orelse", "finalbody"):
            yield from _defined(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from _defined(handler.body)
        for case in getattr(statement, "cases", []):
            yield from _defined(case.body)


def _nearest(name: str, known: Sequence[str], prefix: str = "") -> str | None:
    matches = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {prefix}{matches[0]}?" if matches else None
