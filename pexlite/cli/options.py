"""The options of `build`, by the question that they answer; each in one sentence with its default.

An option is called as the field of the request that it sets (see `BuildRequest`), whatever is typed for it.
Some 400 lines, nearly all of them the options' texts, stay one list, in the order of the help.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pexlite.cli.completion import files
from pexlite.cli.help import FORCE
from pexlite.cli.option_values import (
    SBOM,
    OutputPath,
    PathOrUrl,
    inherit_path,
    negated,
    no_option,
    no_options,
    split_arguments,
    split_index,
    split_variables,
    split_words,
)

_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def one_manner(given: dict[str, Any]) -> None:
    """Raise UsageError where a command is to be quiet and to show every step."""
    if given["quiet"] and given["verbose"]:
        raise click.UsageError("-q says nothing, and -v everything: keep one of them", click.get_current_context())


def option(*names: str, help: str, many: bool = False, **rest: Any) -> click.Option:  # noqa: A002 - click's word
    """An option with its sentence; it may be repeated if `many`."""
    return click.Option(list(names), help=help, multiple=many, **rest)


def flag(*names: str, help: str, **rest: Any) -> click.Option:  # noqa: A002 - click's word
    """An option without a value, with its sentence."""
    return click.Option(list(names), help=help, is_flag=True, **rest)


WHAT_GOES_IN: Sequence[click.Parameter] = (
    click.Argument(["requirements"], nargs=-1, metavar="[REQUIREMENT|PATH]...", shell_complete=files),
    option(
        "-r",
        "--requirement",
        "requirement_files",
        many=True,
        type=PathOrUrl(),
        metavar="FILE",
        help="What FILE asks for: requirements.txt, pylock.toml or pyproject.toml (default: none; repeatable).",
    ),
    option(
        "--constraint",
        "constraint_files",
        many=True,
        type=PathOrUrl(),
        metavar="FILE",
        help="Keep to the versions in this pip constraints file (default: none; repeatable).",
    ),
    option(
        "--lock",
        type=_FILE,
        metavar="FILE",
        help="Take what the requirements need from this pylock.toml, or all of it where there are none, hashes "
        "checked, without resolving (default: the lock beside the local project while it fits, else resolve).",
    ),
    flag(
        "--locked",
        help="Fail, showing a diff, unless there is a lock and it fits the requirements (default: resolve then).",
    ),
    flag("--no-lock", "ignore_locks", help="Use no lock that lies beside the project (default: use it)."),
    option(
        "--exclude",
        "excluded",
        many=True,
        metavar="REQ",
        help="Leave out this project and what only it needs, since it is there where the file runs (default: "
        "nothing; repeatable).",
    ),
    option(
        "--override",
        "overrides",
        many=True,
        metavar="REQ",
        help="This requirement replaces every other one on its project (default: none; repeatable).",
    ),
    option(
        "--group",
        "groups",
        many=True,
        metavar="NAME",
        help="A dependency group of the pyproject.toml here goes in as well (default: none; repeatable).",
    ),
    option(
        "--extra",
        "extras",
        many=True,
        metavar="NAME",
        help="An extra of the local project goes in as well (default: none; repeatable).",
    ),
    option(
        "-D",
        "--sources-directory",
        "source_directories",
        many=True,
        type=_DIRECTORY,
        metavar="DIR",
        help="The modules and packages at the top of DIR go in as they are (default: none; repeatable).",
    ),
    option(
        "--include",
        "included",
        many=True,
        metavar="PATTERN",
        help="Take hidden files, and what links lead to elsewhere, out of package directories too where name or "
        "path match, such as '.env' (default: they stay out; repeatable).",
    ),
    option(
        "--venv",
        "venvs",
        many=True,
        type=click.Path(path_type=Path),
        callback=no_options,
        metavar="DIR",
        help="Take what is installed in this virtual environment, for its Python: all that the requirements need, "
        "or everything (default: none; repeatable, one for each Python).",
    ),
    option(
        "--exe",
        "--executable",
        "executable",
        type=_FILE,
        metavar="FILE",
        help="The application is this Python script, its PEP 723 header saying what it needs (default: none).",
    ),
)

WHERE_IT_RUNS: Sequence[click.Parameter] = (
    option(
        "--python",
        "pythons",
        many=True,
        metavar="PYTHON",
        help="Build for this interpreter: a path, 3.12, 3.12.4, 3.13t, cp312 or pypy3.11 (default: the one that "
        "runs pexlite; repeatable).",
    ),
    option(
        "--platform",
        "platforms",
        many=True,
        metavar="PLATFORM",
        help="Build for another platform, from wheels and pure sources, such as "
        "linux_x86_64-cp-311-cp311 or macosx_14_0_arm64-cp-313-cp313 (default: this one; repeatable).",
    ),
    option(
        "--target",
        "target_files",
        many=True,
        type=_FILE,
        metavar="FILE",
        help="Build for the Python that pexlite probe, or pex as a complete platform, described in FILE, from "
        "wheels and pure sources (default: none; repeatable).",
    ),
    option(
        "--for",
        "hosts",
        many=True,
        metavar="[USER@]HOST",
        help="For a host's python3, asked over ssh, from wheels and pure sources (default: none; repeatable).",
    ),
)

HOW_IT_STARTS: Sequence[click.Parameter] = (
    option(
        "-c",
        "--script",
        "--console-script",
        "scripts",
        many=True,
        metavar="NAME",
        help="Start this console script, or module:function; several (or NAME=module:function) are a file of "
        "several commands (default: the only script of the one local project, else an interpreter; repeatable).",
    ),
    option(
        "-e",
        "-m",
        "--entry-point",
        metavar="MODULE[:FUNC]",
        help="Start this module as __main__, or this function, whose return value is the exit code "
        "(default: as for -c).",
    ),
    option(
        "--inject-args",
        many=True,
        callback=split_arguments,
        metavar="WORDS",
        help="Arguments put before those of every start (default: none; repeatable).",
    ),
    option(
        "--inject-env",
        many=True,
        callback=split_variables,
        metavar="NAME=VALUE",
        help="A variable set at every start unless it is set already (default: none; repeatable).",
    ),
    option(
        "--inject-python-args",
        many=True,
        callback=split_words,
        metavar="WORDS",
        help="Arguments for Python itself, such as '-W ignore' (default: none; repeatable).",
    ),
    option(
        "--inherit-path",
        type=click.Choice(["false", "fallback", "prefer"]),
        default="false",
        callback=inherit_path,
        # Alone it is `prefer`, as with pex.
        is_flag=False,
        flag_value="prefer",
        help="Whether the host's own packages are importable: never, after the bundle's or before them "
        "(default: false).",
    ),
    option(
        "--bin-path",
        type=click.Choice(["off", "prepend", "append"]),
        default="off",
        help="Whether child processes find the bundle's scripts on PATH (default: off).",
    ),
    flag(
        "--sh-boot",
        help="Start through /bin/sh, which finds a fitting Python by itself (default: by the #! line).",
    ),
    option(
        "--python-shebang",
        "shebang",
        metavar="TEXT",
        default="/usr/bin/env python3",
        help="What stands after #! in the file's first line (default: /usr/bin/env python3).",
    ),
    option(
        "--runtime-pex-root",
        "pex_root",
        callback=no_option,
        metavar="DIR",
        help="Where the file unpacks itself unless PEX_ROOT says otherwise (default: ~/.pex).",
    ),
)

INDEXES: Sequence[click.Parameter] = (
    option(
        "-i",
        "--index-url",
        metavar="URL",
        help="The package index (default: what pip and the PIP_* variables are configured to use).",
    ),
    option(
        "--extra-index-url",
        "extra_index_urls",
        many=True,
        metavar="URL",
        help="Another index besides it (default: pip's; repeatable).",
    ),
    option(
        "--index",
        "named_indexes",
        many=True,
        callback=split_index,
        metavar="NAME=URL",
        help="An index with a name for --from, of higher rank than those without (default: none; repeatable).",
    ),
    option(
        "--from",
        "pins",
        many=True,
        callback=split_index,
        metavar="NAME=PROJECT",
        help="Take this project from the index of that name and from no other, and from that index nothing else "
        "(default: none; repeatable).",
    ),
    option(
        "--index-strategy",
        type=click.Choice(["first-index", "unsafe-first-match", "unsafe-best-match"]),
        help="Where several indexes have a project, take it from the first that has it, from the first with a "
        "version that fits, or the best version of all; extra indexes come before --index-url, as in uv "
        "(default: UV_INDEX_STRATEGY, else the last, as pip does).",
    ),
    flag("--no-index", help="Ask no index, only --find-links and --wheels (default: ask)."),
    option(
        "-f",
        "--find-links",
        many=True,
        type=PathOrUrl(),
        metavar="PATH|URL",
        help="A directory or page with distributions (default: pip's; repeatable).",
    ),
    option(
        "--wheels",
        many=True,
        type=_DIRECTORY,
        metavar="DIR",
        help="A directory of wheels, looked at before every --find-links (default: none; repeatable).",
    ),
    flag("--pre", "prereleases", help="Take pre-releases too (default: only where nothing else fits)."),
    flag(
        "--refresh",
        help="Believe no cache: ask indexes and URLs again, build sources and decide again (default: what a cache "
        "has counts while it is fresh; a file at a URL that is asked for by it is asked for each time).",
    ),
    flag(
        "--prefer-pure",
        help="Take the pure wheel of a project that has compiled ones too, so that the file serves more Pythons "
        "(default: the best wheel for each target).",
    ),
    option(
        "--uploaded-prior-to",
        metavar="DATE",
        help="Only what was uploaded before DATE, such as 2026-01-31 in UTC, or P7D for seven days ago "
        "(default: everything).",
    ),
    option(
        "--trusted-host",
        "trusted_hosts",
        many=True,
        metavar="HOST",
        help="A host whose certificate is not checked (default: pip's; repeatable).",
    ),
    option(
        "--resolver",
        type=click.Choice(["auto", "uv", "pip"]),
        default="auto",
        help="Who resolves and builds; auto is uv where it is installed, else pip (default: auto).",
    ),
)

OUTPUT: Sequence[click.Parameter] = (
    option(
        "-o",
        "--output",
        "--output-file",
        type=OutputPath(path_type=Path),
        metavar="FILE",
        help="The file to write, its directory too; {platform} in its name becomes the tag of where it runs "
        "(default: ./NAME.pex, after what it starts, else the project).",
    ),
    FORCE,
    option(
        "--build-property",
        "build_properties",
        many=True,
        callback=split_variables,
        metavar="NAME=VALUE",
        help="A fact that the file says of itself, for PEX-INFO and for `info`; VALUE may be JSON "
        "(default: none; repeatable).",
    ),
    option(
        "--build-properties",
        "build_property_tables",
        many=True,
        type=PathOrUrl(),
        metavar="FILE|JSON",
        help="Such facts as a JSON object, or a file with one (default: none; repeatable).",
    ),
    flag(
        "--record-git-state",
        help="Put commit, description, branch and tag of the git checkout here into these facts (default: not).",
    ),
    SBOM,
    flag(
        "--compile/--no-compile",
        "bytecode",
        default=None,
        help="Put the bytecode of all modules in for the Pythons here, or of none: a larger file, a faster first "
        "start (default: of what the entry point imports first, up to a quarter of the file).",
    ),
    flag(
        "--no-compress",
        "compress",
        callback=negated,
        help="Keep the files in wheels uncompressed: a larger file, a faster first start (default: as they are).",
    ),
    flag(
        "--zstd",
        help="Pack wheels by zstandard, for CPython 3.14 and newer: a smaller file (default: as they are).",
    ),
    flag("--allow-large", help="Take wheels that unpack to far more than they are (default: an error)."),
    flag(
        "--strict",
        help="Fail when two wheels bring different files under one name, or a wheel differs from its RECORD "
        "(default: a note).",
    ),
    flag("--dry-run", help="Resolve and decide everything, and write no file (default: write it)."),
    flag("--json", "as_json", help="Say what was built as JSON on stdout (default: one line on stderr)."),
    flag("--no-progress", help="Show no progress (default: a display on a terminal, else a line per stage)."),
    flag("-q", "--quiet", help="Say nothing unless it fails (default: progress, notes and one closing line)."),
    flag("-v", "--verbose", help="Show every step, and tracebacks of errors (default: off)."),
)
