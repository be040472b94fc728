"""One requirement or path, as typed or as written in a requirements file, made into a root or a local source."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from pexlite.addresses import mask
from pexlite.files.names import LONGEST
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.model import LocalKind, LocalSource, Root
from pexlite.network.urls import local_path, parts_of
from pexlite.requirements.bare_names import code_of_the_name, something_here, two_readings
from pexlite.requirements.parsed import Parsed, problem

_VCS = re.compile(r"(?:git|hg|svn|bzr)\+[a-z+.-]+:", re.IGNORECASE)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://|file:")
_WITH_EXTRAS = re.compile(r"(?P<path>.*?)(?:\[(?P<extras>[^\[\]]*)\])?")
SDIST_ENDINGS = (
    *(".tar.gz", ".tgz", ".zip", ".tar"),
    *(".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tlz", ".tar.lz"),
)
"""Endings of the source distributions that pip takes by their path or URL; an index has the first and third."""
# No endings of projects, as .yaml is of ruamel.yaml and .lock of flufl.lock.
_OTHER_FILE = re.compile(
    r".*\.(?:txt|pex|toml|cfg|ini|json)|(?:uv|poetry|pdm|pipfile|pylock|conda|pixi)\.lock|environment\.ya?ml",
    re.IGNORECASE,
)
_FILE_ENDINGS = (".whl", ".py", *SDIST_ENDINGS)


@dataclass(frozen=True)
class Input:
    """One requirement or path, and where it was written."""

    text: str
    origin: str
    directory: Path
    """The directory that relative paths start in."""
    near: Path | None = None
    """The directory of the file it is written in, where relative paths are looked for next."""
    hashes: tuple[str, ...] = ()
    bare_words: bool = False
    """Whether a word without a slash may name something here; true on the command line, false in files."""
    entry_points: tuple[str, ...] = ()
    """The functions and modules that the file is to start; a word that names their directory means it."""
    output: Path | None = None
    """The file to write; an earlier build may have left it here under a project's name."""


def interpret(asked: Input) -> Parsed:
    """The root or local source that `asked` names, or the problem with it."""
    text = asked.text.strip()
    if _VCS.match(text):
        return _vcs(asked, text)
    if _URL.match(text) and not text.startswith("file:"):
        return _url(asked, text)
    if _looks_like_path(text):
        return _path(asked, text)
    return _bare_word(asked, text) if asked.bare_words else _requirement(asked, text)


def interpret_editable(asked: Input) -> Parsed:
    """The local source or repository that `-e` names, which is never a project of the index."""
    text = asked.text.strip()
    if _is_at_an_address(text):
        return interpret(asked)
    found = _path(asked, text)
    if not found.problems or _located(asked, Path(re.split(r"[;\[]", text)[0].strip())) is not None:
        return found
    hint = f"-e takes a directory or a repository; for the index's project leave out -e: {text}"
    return Parsed(problems=tuple(replace(one, hint=hint) for one in found.problems))


def _is_at_an_address(text: str) -> bool:
    """Whether `text` has a URL: `git+https://…`, `name @ ./directory`."""
    if _VCS.match(text) or (_URL.match(text) and not text.startswith("file:")):
        return True
    return re.match(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@", text) is not None


# -- words that may name something here ----------------------------------------------------------


def _bare_word(asked: Input, text: str) -> Parsed:
    """The directory of that name if only it can be meant, a problem if both can, else the requirement."""
    here = something_here(text, asked.directory)
    if here is None:
        return _requirement(asked, text)
    kind = _directory_kind(here.path) if is_directory(here.path) else LocalKind.MODULE
    if here.is_started_by(asked.entry_points):
        why = "since the entry point is in it"
    elif here.is_the_project:
        why = "since it is the project of that name"
    else:
        return Parsed(problems=(two_readings(here, kind),))
    notice = f"{text} is the directory here, {why}; for the index's add a version: '{text}>=0'"
    # A directory without __init__.py is a namespace package (PEP 420).
    source = LocalSource(kind or LocalKind.PACKAGE, here.path.absolute(), asked.origin)
    return Parsed(local=(source,), notices=(notice,))


def _passed_over(asked: Input, requirement: Requirement) -> tuple[tuple[Path, str], ...]:
    """The path of code here that has the name of `requirement`, which means the index's project, and a notice."""
    if requirement.specifier:
        return ()
    for base in (asked.directory, asked.near):
        found = code_of_the_name(requirement.name, base) if base is not None else None
        if found is not None:
            what = "directory" if is_directory(found) else "file"
            local = _as_argument(found, asked.directory, requirement.extras)
            notice = f"{requirement.name} is the index's project; for the {what} here: {local}"
            return ((Path(os.path.abspath(found)), notice),)  # noqa: PTH100 - Path.absolute keeps `..`
    return ()


def _as_argument(path: Path, directory: Path, extras: Collection[str]) -> str:
    """The words on a command line in `directory` that bundle the code at `path`."""
    place = os.path.relpath(path, directory)
    if local_kind(path) is None:
        return f"-D {place}"
    words = place if place.startswith(os.pardir) else f"./{place}"
    return f"{words}[{','.join(sorted(extras))}]" if extras else words


# -- names ---------------------------------------------------------------------------------------


def _requirement(asked: Input, text: str) -> Parsed:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0].strip().rstrip(":")
        return problem(
            f"{_place(asked)}{mask(text)!r} is no requirement: {reason}", _requirement_hint(asked, text)
        )
    if len(requirement.name) > LONGEST:
        return problem(
            f"{_place(asked)}{requirement.name[:40]}… is no name of a project: it has {len(requirement.name):,} "
            f"characters, and no file could be called so"
        )
    if asked.bare_words and is_file(asked.directory / text) and not _is_output(asked, text):
        return problem(f"{text} is a file here, and no distribution", _shape_hint(Path(text), Path(text)))
    if asked.bare_words and _OTHER_FILE.fullmatch(text) and not is_there(asked.directory / text):
        near = _missing_hint(asked, Path(text))
        return problem(f"there is no file {text}", f"{near}; for the index's project of that name: '{text}>=0'")
    path = local_path(requirement.url) if requirement.url else None
    if path is not None:
        return _at(asked, path, frozenset(requirement.extras), requirement.marker)
    passed_over = () if requirement.url else _passed_over(asked, requirement)
    return Parsed(roots=(Root(requirement, asked.origin, asked.hashes),), passed_over=passed_over)


def _requirement_hint(asked: Input, text: str) -> str:
    single = re.fullmatch(r"([A-Za-z0-9][\w.-]*(?:\[.*\])?)\s*=\s*([^=].*)", text)
    if single:
        return f"write {single[1]}=={single[2]}"
    apart = re.fullmatch(r"([A-Za-z0-9][\w.-]*)\s+v?(\d[\w.]*)", text)
    if apart:
        return f"write {apart[1]}=={apart[2]}"
    if is_there(asked.directory / text):
        quote = "'" if " " in text else ""
        kind = "directory" if is_directory(asked.directory / text) else "file"
        return f"if the {kind} here is meant, write {quote}./{text}{quote}"
    return "write it as pip takes it: name, name==1.2, name[extra]>=1,<2, or name @ https://…"


def _is_output(asked: Input, text: str) -> bool:
    """Whether the file `text` is merely an earlier build's output: `pexlite httpie -c http -o httpie`, twice."""
    return asked.output is not None and asked.directory / asked.output == asked.directory / text


# -- URLs ----------------------------------------------------------------------------------------


def _vcs(asked: Input, text: str) -> Parsed:
    """The requirement for a bare VCS URL, named by `#egg=` or else after the repository.

    git+https://host/owner/project.git@v1.0#egg=project
    """
    url, marker = _split_marker(text, " ;")
    repository = re.sub(r"(?:\.git)?(?:@.*)?$", "", parts_of(url).path.rstrip("/").rpartition("/")[2])
    bare, name = _without_egg(url)
    return _requirement(asked, f"{name or repository} @ {bare}{marker}")


def _without_egg(url: str) -> tuple[str, str]:
    """`url` without `egg=` in its fragment, and the project's name in it, "" without one."""
    fragments = url.partition("#")[2].split("&")
    egg = next((part.removeprefix("egg=") for part in fragments if part.startswith("egg=")), "")
    kept = "&".join(part for part in fragments if part and not part.startswith("egg="))
    return url.partition("#")[0] + (f"#{kept}" if kept else ""), unquote(egg)


def _url(asked: Input, text: str) -> Parsed:
    whole, marker = _split_marker(text, " ;")
    url, egg = _without_egg(whole)
    filename = unquote(parts_of(url).path).rpartition("/")[2]
    try:
        if filename.endswith(".whl"):
            name = parse_wheel_filename(filename)[0]
        else:
            name = parse_sdist_filename(filename)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        if egg:
            return _requirement(asked, f"{egg} @ {url}{marker}")
        return problem(
            f"{_place(asked)}{mask(url)} does not tell which project it is", f"write NAME @ {mask(url)}"
        )
    return _requirement(asked, f"{name} @ {url}{marker}")


def _split_marker(text: str, separator: str) -> tuple[str, str]:
    """The part before a marker, and `" ; marker"` or ""."""
    before, found, marker = text.partition(separator)
    return before.strip(), f" ; {marker.strip()}" if found else ""


# -- paths ---------------------------------------------------------------------------------------


def _looks_like_path(text: str) -> bool:
    before = text.partition(";")[0].strip()
    if "@" in before and re.match(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@", before):
        return False
    bare = _WITH_EXTRAS.fullmatch(before)
    path = bare["path"].strip() if bare else before
    separators = [os.sep, *([os.altsep] if os.altsep else [])]
    return (
        path.startswith((".", "~", "file:"))
        or path.lower().endswith(_FILE_ENDINGS)
        or any(s in path for s in separators)
    )


def _path(asked: Input, text: str) -> Parsed:
    before, _, condition = text.partition(";")
    before = re.sub(r"#egg=[^\[\s]*", "", before) if not is_there(asked.directory / before.strip()) else before
    found = _WITH_EXTRAS.fullmatch(before.strip())
    assert found
    try:
        marker = Marker(condition.strip()) if condition.strip() else None
    except InvalidMarker as error:
        reason = str(error).splitlines()[0]
        return problem(f"{_place(asked)}{condition.strip()!r} is no marker: {reason}")
    path = local_path(found["path"].strip())
    assert path is not None
    extras = frozenset(
        canonicalize_name(extra.strip()) for extra in (found["extras"] or "").split(",") if extra.strip()
    )
    return _at(asked, path, extras, marker)


def _at(asked: Input, written: Path, extras: frozenset[str], marker: Marker | None) -> Parsed:
    """The local source at the path `written`, or the problem with it."""
    path = _located(asked, written)
    if path is None:
        return problem(f"{_place(asked)}there is no {written}", _missing_hint(asked, written))
    kind = local_kind(path)
    if path.name in ("pyproject.toml", "setup.py"):
        path, kind = path.parent, LocalKind.PROJECT
    if kind is None:
        return problem(
            f"{_place(asked)}{written} is nothing that could go in: {_shape(path)}", _shape_hint(path, written)
        )
    wrong = _hash_problem(asked, path)
    if wrong:
        return problem(wrong, "find out why the file changed, or correct its --hash")
    hashed = is_file(path) and bool(asked.hashes)
    return Parsed(local=(LocalSource(kind, path, asked.origin, extras, marker, hashed=hashed),))


def _located(asked: Input, written: Path) -> Path | None:
    """The absolute path of `written`, in the build's directory or else beside the file that names it."""
    for base in (asked.directory, asked.near):
        if base is not None and is_there(path := base / expanded(written)):
            return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps `..`
    return None


def local_kind(path: Path) -> LocalKind | None:
    """The kind of local code at `path`; None where it cannot be bundled."""
    return _directory_kind(path) if is_directory(path) else _file_kind(path)


def _directory_kind(path: Path) -> LocalKind | None:
    if is_file(path / "pyproject.toml") or is_file(path / "setup.py"):
        return LocalKind.PROJECT
    return LocalKind.PACKAGE if is_file(path / "__init__.py") else None


def _file_kind(path: Path) -> LocalKind | None:
    if path.suffix == ".whl":
        return LocalKind.WHEEL
    if path.suffix == ".py":
        return LocalKind.MODULE
    return LocalKind.SDIST if path.name.lower().endswith(SDIST_ENDINGS) else None


def _hash_problem(asked: Input, path: Path) -> str | None:
    if not asked.hashes or not is_file(path):
        return None
    kinds = {digest.partition(":")[0] for digest in asked.hashes}
    with path.open("rb") as file:
        have = {f"{kind}:{hashlib.file_digest(file, kind).hexdigest()}" for kind in kinds if not file.seek(0)}
    return None if have & set(asked.hashes) else f"{_place(asked)}{path.name} has none of the hashes asked for"


def _missing_hint(asked: Input, written: Path) -> str:
    import difflib

    parent = (asked.directory / written).parent
    # A dangling link has a name here too, but is no file to suggest.
    names = [entry.name for entry in parent.iterdir() if entry.exists()] if is_directory(parent) else []
    near = difflib.get_close_matches(written.name, names, n=1)
    if near:
        return f"did you mean {written.with_name(near[0])}?"
    return f"paths are relative to {asked.directory}"


def _shape(path: Path) -> str:
    if is_directory(path):
        return "it has neither pyproject.toml nor setup.py nor __init__.py"
    return "it is neither a wheel nor a source distribution nor a .py file"


def _shape_hint(path: Path, written: Path) -> str:
    if is_directory(path):
        return f"if its modules should go in as they are: -D {written}"
    if path.suffix in (".txt", ".in", ".toml"):
        return f"if it lists requirements: -r {written}"
    return "name a wheel, a source distribution, a project, a package or a .py file"


def _place(asked: Input) -> str:
    """The beginning of a problem, as "requirements.txt line 3: "; "" for the command line."""
    return "" if asked.bare_words else f"{asked.origin}: "


def origins(sources: Sequence[LocalSource]) -> str:
    """The origins of `sources`, for a sentence."""
    return ", ".join(source.path.name for source in sources)
