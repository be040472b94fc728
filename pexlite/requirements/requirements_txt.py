"""requirements.txt in full, as pip reads it: nested files, options, hashes, variables, continuations."""

from __future__ import annotations

import codecs
import difflib
import locale
import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.pylock import Pylock, PylockValidationError, is_valid_pylock_path

from pexlite.addresses import mask
from pexlite.errors import FetchError
from pexlite.files.paths import expanded, is_directory, is_file, is_there
from pexlite.indexes.settings import effective_settings
from pexlite.model import IndexSettings
from pexlite.network.urls import joined, local_path
from pexlite.requirements.arguments import Input, interpret, interpret_editable
from pexlite.requirements.inline_metadata import read_script
from pexlite.requirements.parsed import Parsed, combined, problem
from pexlite.requirements.pyproject import dependencies

_LARGEST = 10_000_000  # bytes of a file behind a URL
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHORT = {
    "-i": "--index-url",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-f": "--find-links",
}
_WITH_VALUE = (
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--requirement",
    "--constraint",
    "--editable",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--trusted-host",
    "--use-feature",
    "--uploaded-prior-to",
    "--hash",
    "--config-settings",
    "--global-option",
)
_EDITABLE = re.compile(r"(?:-e\s*=?|--editable(?:\s+|\s*=))\s*(?P<value>[^-\s=].*?)(?P<options>\s-.*)?")
_NOT_HEEDED = frozenset({"--prefer-binary", "--use-feature", "--config-settings", "--global-option"})
_ALONE = ("--no-index", "--pre", "--prefer-binary", "--require-hashes")


@dataclass(frozen=True)
class _Line:
    """One logical line, and its place for messages."""

    text: str
    origin: str
    file: str
    """The file's path or URL."""
    directory: Path
    """The build's directory."""
    above: tuple[str, ...]
    """The files that led here, each naming the next."""
    index: IndexSettings
    """The settings that were asked for, by which files behind URLs are fetched."""


_NOTHING_ASKED = IndexSettings()


def read_file(
    location: str,
    directory: Path,
    above: tuple[str, ...] = (),
    extras: Sequence[str] = (),
    index: IndexSettings = _NOTHING_ASKED,
) -> Parsed:
    """The requirements in a `-r` file: pylock.toml, pyproject.toml, a script's header, or requirements.txt."""
    path = local_path(location)
    if path is not None and is_file(path):
        if is_valid_pylock_path(path):
            return read_lock(path)
        if path.name == "pyproject.toml" or path.suffix == ".py":
            found = read_script(path) if path.suffix == ".py" else dependencies(path, extras)
            return replace(found, files=(path,))
    return read_requirements(location, directory, above, index)


def read_lock(file: Path) -> Parsed:
    """The lock in a pylock.toml (PEP 751), or the problem with it."""
    try:
        lock = Pylock.from_dict(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        return problem(f"the lock {file} cannot be read: {(error.strerror or str(error)).lower()}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, PylockValidationError) as error:
        return problem(f"{file.name} is no pylock.toml: {error}", _instead_of(file))
    return Parsed(locks=((file, lock),), files=(file,))


def _instead_of(file: Path) -> str:
    """The hint for a `file` that was named as a lock and is none of PEP 751."""
    if file.name in ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"):
        return f"name the directory of the project that it lies beside: {file.parent}"
    if file.suffix in (".txt", ".in"):
        return f"requirements are given by -r {file.name}"
    return "make one: pexlite lock ."


def read_requirements(
    location: str, directory: Path, above: tuple[str, ...] = (), index: IndexSettings = _NOTHING_ASKED
) -> Parsed:
    """All requirements and settings of the requirements file at `location`, a path or a URL.

    `directory` is the build's; nested files are looked for beside the file that names them. Files behind URLs are
    fetched by the settings of `index` and of pip's configuration.
    """
    if location in above:
        return problem(
            f"{' reads '.join([*map(_shown, above), _shown(location)])}: the files go round in a circle"
        )
    try:
        content = read_location(location, index)
    except OSError as error:
        return _unread(location, above, (error.strerror or str(error)).lower(), _near_file(location))
    except FetchError as error:
        return _unread(location, above, "; ".join([error.message, *error.causes]), error.hint)
    try:
        text = _decoded(content)
    except (UnicodeDecodeError, LookupError) as error:
        return problem(f"{_shown(location)} is no text: {error}", "save it as UTF-8")
    lines = [
        _Line(line, f"{_shown(location)} line {number}", location, directory, (*above, location), index)
        for number, line in logical_lines(text, fill_in=local_path(location) is not None)
    ]
    path = local_path(location)
    read = list(map(_of_a_stranger if path is None else _read_line, lines))
    if _is_something_else(location, read):
        first = next(line for line, found in zip(lines, read, strict=True) if found.problems)
        return problem(
            f"{_shown(location)} is no requirements file: {first.origin} is {mask(first.text)!r}",
            "name a requirements.txt, a pylock.toml, a pyproject.toml or a script",
        )
    return combined([*read, Parsed(files=(path,) if path else ())])


def _unread(location: str, above: tuple[str, ...], reason: str, hint: str | None) -> Parsed:
    by = f", which {_shown(above[-1])} names," if above else ""
    return problem(f"the requirements file {mask(location)}{by} cannot be read: {reason}", hint)


def _is_something_else(location: str, read: Sequence[Parsed]) -> bool:
    """Whether so few lines can be read that it is no requirements file, as in -r README.md."""
    wrong = sum(1 for found in read if found.problems)
    is_text = location.endswith((".txt", ".in")) or "." not in Path(location).name
    return wrong > 1 and wrong * 2 > len(read) if is_text else wrong > 0 and wrong * 5 > len(read)


def constraints_in(location: str, above: tuple[str, ...] = ()) -> Parsed:
    """The constraints file at `location` and the files it names; uv or pip will read them."""
    path = local_path(location)
    files = read_requirements(location, Path(), above).files if path is not None else ()
    return Parsed(constraints=(location,), files=files)


def read_location(location: str, index: IndexSettings) -> bytes:
    """The bytes at a path or URL. Raises OSError or FetchError."""
    path = local_path(location)
    if path is not None:
        return path.read_bytes()
    # Imported here: urllib3 takes 60 ms, and hardly anybody names a URL.
    from pexlite.network.http import Connections, Limit

    return Connections(effective_settings(index)).read(location, Limit(_LARGEST)).content


def logical_lines(text: str, *, fill_in: bool = True) -> Iterator[tuple[int, str]]:
    """Each line with content, and its number: continuations joined, comments removed, `${NAME}` filled in.

    Without `fill_in` variables stay unfilled: a file from elsewhere could send their values away.
    """
    held: list[str] = []
    first = 0
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        first = first if held else number
        # A comment line inside a continuation ends it, as in pip; a backslash within the comment does not count.
        comment = _COMMENT.match(raw) is not None
        if raw.endswith("\\") and not comment:
            held.append(raw[:-1])
            continue
        whole = "".join(held) + (" " + raw if comment and held else raw)
        held = []
        line = _COMMENT.sub("", whole).strip()
        if line:
            yield first, _filled_in(line) if fill_in else line


def _filled_in(line: str) -> str:
    return _VARIABLE.sub(lambda found: os.environ.get(found[1]) or found[0], line)


def _decoded(content: bytes) -> str:
    """The text of `content`, by its byte order mark, its coding line, as UTF-8, or in the locale's encoding."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding)
    for line in content.split(b"\n")[:2]:
        coding = _CODING.match(line)
        if coding:
            return content.decode(coding[1].decode("ascii"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(locale.getpreferredencoding(False))


# -- one line ------------------------------------------------------------------------------------


def _of_a_stranger(line: _Line) -> Parsed:
    """The Parsed for a line of a file behind a URL, which may name nothing of this machine."""
    variable = _VARIABLE.search(line.text)
    if variable:
        return problem(
            f"{line.origin}: {variable[0]} is a variable of the environment, which no file behind a URL gets",
            "download the file and look at it, then name it by its path",
        )
    found = _read_line(line)
    here = [str(source.path) for source in found.local]
    here += [link for link in found.index.find_links if local_path(link) is not None]
    return problem(_on_this_machine(line, here[0])) if here else found


def _on_this_machine(line: _Line, place: str) -> str:
    return f"{line.origin}: {place} lies on this machine, which no file behind a URL can speak of"


def _read_line(line: _Line) -> Parsed:
    """The requirement on one line with its options, or the options alone."""
    editable = _EDITABLE.fullmatch(line.text)
    if editable:
        return _editable(line, editable["value"], editable["options"] or "")
    words = line.text.split(" ")
    count = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    requirement = " ".join(words[:count])
    try:
        options, wrong = _options(shlex.split(" ".join(words[count:])))
    except ValueError as error:
        return problem(f"{line.origin}: {mask(line.text)!r} cannot be read: {str(error).lower()}")
    if wrong:
        return problem(f"{line.origin}: {mask(line.text)!r}: {wrong[0]}", wrong[1])
    if not requirement:
        return combined(_apply(line, name, value) for name, value in options)
    hashes = tuple(value for name, value in options if name == "--hash")
    idle = [_not_heeded(line, name) for name, _ in options if name in _NOT_HEEDED]
    bad = next((digest for digest in hashes if not re.fullmatch(r"sha(?:256|384|512):[0-9a-f]+", digest)), None)
    if bad:
        return problem(f"{line.origin}: --hash={bad} is no hash", "write --hash=sha256: and 64 hexadecimal digits")
    return combined([interpret(_input(line, requirement, hashes)), *idle])


def _editable(line: _Line, value: str, options: str) -> Parsed:
    """The local code of an `-e` line; its value, which may have blanks or a marker, goes on to the next option."""
    try:
        words = shlex.split(value)
    except ValueError:
        words = []
    found = interpret_editable(_input(line, words[0] if len(words) == 1 else value))
    return combined([found, _read_line(replace(line, text=options.strip()))]) if options else found


def _input(line: _Line, text: str, hashes: tuple[str, ...] = ()) -> Input:
    path = local_path(line.file)
    return Input(text, line.origin, line.directory, near=path.parent if path else None, hashes=hashes)


def _options(words: list[str]) -> tuple[list[tuple[str, str]], tuple[str, str | None] | None]:
    """Pairs of option and value; then, where something is wrong, a sentence and a hint."""
    found: list[tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if len(word) > 2 and word[:2] in _SHORT:
            name, equals, value = word[:2], "=", word[2:].removeprefix("=")
        name = _SHORT.get(name, name)
        if name in _ALONE:
            found.append((name, ""))
        elif name in _WITH_VALUE:
            given = value if equals else next(rest, "")
            if not given:
                return found, (f"{name} needs a value", None)
            found.append((name, given))
        else:
            near = difflib.get_close_matches(name, [*_WITH_VALUE, *_ALONE], n=1)
            what = f"there is no option {name}" if name.startswith("-") else f"{name!r} is out of place here"
            return found, (what, f"did you mean {near[0]}?" if near else None)
    return found, None


def _apply(line: _Line, name: str, value: str) -> Parsed:
    """The requirements, constraints or settings of an option on a line of its own."""
    if name in ("--requirement", "--constraint"):
        where = _beside(line, value)
        if local_path(line.file) is None and local_path(where) is not None:
            return problem(_on_this_machine(line, value))
    if name == "--requirement":
        return read_file(where, line.directory, line.above, index=line.index)
    if name == "--constraint":
        path = local_path(where)
        if path is not None and not is_file(path):
            return problem(f"{line.origin}: there is no constraints file {value}", _near_file(where))
        return constraints_in(where, line.above)
    if name == "--editable":
        return _editable(line, value, "")
    if name in _NOT_HEEDED:
        return _not_heeded(line, name)
    return Parsed(index=_index(line, name, value))


def _not_heeded(line: _Line, name: str) -> Parsed:
    return Parsed(notices=(f"{_shown(line.file)} says {name}, which is not heeded",))


def _index(line: _Line, name: str, value: str) -> IndexSettings:
    names = tuple(part for part in re.split(r"[\s,]+", value) if part)
    match name:
        case "--index-url" | "--pypi-url":
            return IndexSettings(index_url=value)
        case "--extra-index-url":
            return IndexSettings(extra_index_urls=(value,))
        case "--find-links":
            return IndexSettings(find_links=(_found_links(line, value),))
        case "--no-index":
            return IndexSettings(no_index=True)
        case "--pre":
            return IndexSettings(prereleases=True)
        case "--trusted-host":
            return IndexSettings(trusted_hosts=(value,))
        case "--only-binary":
            return IndexSettings(only_binary=names)
        case "--no-binary":
            return IndexSettings(no_binary=names)
        case "--uploaded-prior-to":
            return IndexSettings(uploaded_prior_to=value)
        case "--require-hashes":
            return IndexSettings(require_hashes=True)
    return IndexSettings()


def _beside(line: _Line, value: str) -> str:
    """A path or URL written in a file, resolved relative to that file."""
    if local_path(value) is None:
        return value
    if local_path(line.file) is None:
        return joined(line.file, value)
    here, there = local_path(line.file), local_path(value)
    assert here is not None
    assert there is not None
    return os.path.normpath(here.parent / expanded(there))


def _found_links(line: _Line, value: str) -> str:
    """A find-links location: relative to the file if it exists there, else to the build's directory."""
    path = local_path(value)
    if path is None:
        return value
    beside = Path(_beside(line, value)) if local_path(line.file) else path
    return str(beside if is_there(beside) else line.directory / expanded(path))


def _shown(location: str) -> str:
    """The name of a file or URL in messages."""
    return mask(location) if local_path(location) is None else Path(location).name


def _near_file(location: str) -> str | None:
    path = local_path(location)
    if path is None or not is_directory(path.parent):
        return None
    near = difflib.get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=1)
    return f"did you mean {path.with_name(near[0]).name}?" if near else None
