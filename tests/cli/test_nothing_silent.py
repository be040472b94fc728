"""Every option and every switch acts, is noted, or is refused: a row for each, with a case of either.

A row has a command, words that make it end or say otherwise, and a command in which the option can do nothing,
with what is said then. An option without a row fails here. `NEVER` has those that can always be followed, and why.
More than 400 lines, since every option stands in one list.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from pexlite.cli.commands import COMMANDS
from pexlite.cli.main import run
from pexlite.runtime.app import switches
from pexlite.targets.interpreters import running_target
from tests import needs
from tests.bundles import bundle_file, function
from tests.factories import make_project, make_wheel, write_files
from tests.images import base_image
from tests.installing import make_environment
from tests.interpreters import supported

Said = pytest.CaptureFixture[str]


class Row(NamedTuple):
    """An option on its way: `base` ends or says otherwise with `words`; `idle` says `told`."""

    base: str
    words: str
    idle: str = ""
    told: str = ""


N = "--no-index -f links --no-progress"
APP = f"app {N}"
DRY = f"{APP} --dry-run"
LOCKED = "app --lock pylock.toml --no-progress --dry-run"

# What goes in and where it comes from: `lock` has these too.
OF_BOTH = {
    "--requirement": Row(DRY, "-r more.txt", f"-r nowhere.txt {N}", "cannot be read"),
    "--constraint": Row(DRY, "--constraint low.txt", f"{APP} --constraint nowhere.txt", "no constraints file"),
    "--exclude": Row(DRY, "--exclude core", f"{APP} --exclude cor", "asks for cor; did you mean core?"),
    "--override": Row(DRY, "--override core==1.0", f"{APP} --override more==1", "asks for more"),
    "--group": Row(f"./project {N} --dry-run", "--group more", f"./project {N} --group mor", "did you mean more?"),
    "--extra": Row(f"./project {N} --dry-run", "--extra web", f"{APP} --extra web", "belongs to a local project"),
    "--executable": Row(DRY, "--exe job.py", f"{APP} --exe nowhere.py", "does not exist"),
    "--python": Row(f"{DRY} --json", "--python {other}", f"{APP} --python 3.99", "there is no Python 3.99"),
    "--platform": Row(
        f"{DRY} --json", "--platform linux_x86_64-cp-39-cp39", f"{APP} --platform linux_x86_64-cp-399-cp399",
        "the newest CPython that this pexlite knows",
    ),
    "--target": Row(f"{DRY} --json", "--target there.json", f"{APP} --target low.txt", "describes no target"),
    "--for": Row(f"{DRY} --json", "--for server", f"{APP} --for '-oProxyCommand=x'", "is no host to ask"),
    "--index-url": Row("app --no-progress --dry-run", "-i {new}", f"{APP} -i {{new}}", "--no-index asks none"),
    "--extra-index-url": Row(
        "app --no-progress --dry-run", "--extra-index-url {new}", f"{APP} --extra-index-url {{new}}",
        "--no-index asks none",
    ),
    "--index": Row("app --no-progress --dry-run", "--index new={new}", f"{APP} --index new={{new}}", "asks none"),
    "--from": Row(
        "app --no-progress --dry-run --index new={new} --index-strategy first-index", "--from new=core",
        "app --no-progress --from new=core", "names no index",
    ),
    "--index-strategy": Row(
        "app --no-progress --dry-run --extra-index-url {new}", "--index-strategy first-index",
        "app --no-progress --dry-run --index-strategy first-index", "changes nothing: no two indexes are asked",
    ),
    "--no-index": Row("app --no-progress --dry-run", "--no-index", f"{APP} -i {{new}}", "--no-index asks none"),
    "--find-links": Row("app --no-progress --dry-run", "-f links", f"{APP} -f nowhere", "there is no nowhere"),
    "--wheels": Row("app --no-progress --dry-run", "--wheels links", f"{APP} --wheels nowhere", "does not exist"),
    "--pre": Row(DRY, "--pre", f"{LOCKED} --pre", "--pre does nothing here"),
    "--refresh": Row(
        "sourced --no-index -f links --dry-run", "--refresh", "app --refresh --resolver uv", "UV_OFFLINE forbids"
    ),
    "--prefer-pure": Row(
        f"both {N} --dry-run", "--prefer-pure", f"native {N} --dry-run --prefer-pure",
        "note: there is no pure wheel of native 1.0",
    ),
    "--uploaded-prior-to": Row(
        "app --no-progress --dry-run", "--uploaded-prior-to 2020-01-01", f"{APP} --uploaded-prior-to 2020-01-01",
        "cannot be kept",
    ),
    "--resolver": Row(f"./by_uv {N} --dry-run", "--resolver pip", f"{APP} --resolver conda", "is not one of"),
    "--output": Row(APP, "-o other.pex", f"{APP} -o low.txt/x.pex", "Not a directory"),
    "--force": Row(f"{APP} -o mine.txt", "--force", f"-r more.txt {N} -o more.txt --force", "is a source of this"),
    "--no-progress": Row("app --no-index -f links --dry-run", "--no-progress"),
    "--quiet": Row(DRY, "-q", f"{APP} -q -v", "keep one of them"),
    "--verbose": Row("app --no-index -f links --dry-run", "-v", f"{APP} -q -v", "keep one of them"),
}  # fmt: skip
OF_BUILD = OF_BOTH | {
    "--constraint": Row(DRY, "--constraint low.txt", f"{LOCKED} --constraint low.txt", "does nothing here"),
    "--lock": Row(DRY, "--lock pylock.low.toml", f"{LOCKED} --no-lock", "keep one of them"),
    "--locked": Row(f"./project {N} --dry-run", "--locked", f"{APP} --locked --no-lock", "keep one of them"),
    "--no-lock": Row(f"./locked {N} --dry-run", "--no-lock", f"{LOCKED} --no-lock", "keep one of them"),
    "--sources-directory": Row(DRY, "-D tree", f"{APP} -D empty", "nothing to bundle in empty"),
    "--include": Row(
        f"./package {N} --dry-run", "--include .hidden", f"./package {N} --include nothing", "that stays out"
    ),
    "--executable": Row(DRY, "--exe job.py", f"{APP} --exe job.py -c app", "says what starts"),
    "--venv": Row(DRY, "--venv venv", f"{APP} --venv nowhere", "there is no virtual environment nowhere"),
    "--console-script": Row(f"{DRY} --json", "-c app", f"{APP} -c ap", "has a script ap"),
    "--entry-point": Row(f"{DRY} --json", "-e app:main", f"{APP} -e nowhere:main", "is in no wheel"),
    "--inject-args": Row(APP, "--inject-args 'a b'", f'{APP} --inject-args "\'x"', "cannot be split"),
    "--inject-env": Row(APP, "--inject-env A=1", f"{APP} --inject-env 1=2", "is no name of a variable"),
    "--inject-python-args": Row(
        APP, "--inject-python-args '-W ignore'", f"{APP} --inject-python-args '-m pdb'", "is no option of Python"
    ),
    "--inherit-path": Row(APP, "--inherit-path prefer", f"{APP} --inherit-path maybe", "is not one of"),
    "--bin-path": Row(APP, "--bin-path append", f"{APP} --bin-path maybe", "is not one of"),
    "--sh-boot": Row(APP, "--sh-boot", f"{APP} --sh-boot --python-shebang '/bin/py -u'", "--inject-python-args"),
    "--python-shebang": Row(
        APP, "--python-shebang /bin/python3", f"{APP} --sh-boot --python-shebang '/bin/py -u'", "--inject-python"
    ),
    "--lazy-imports": Row(
        f"{APP} -c app", "--lazy-imports", f"{APP} --lazy-imports", "the file is a Python interpreter"
    ),
    "--not-lazy": Row(
        f"{APP} -c app --lazy-imports", "--not-lazy core", f"{APP} -c app --not-lazy core", "does nothing without"
    ),
    "--trace-start": Row(
        DRY, "--trace-start \"-c 'raise SystemExit(3)'\"",
        f"{APP} --platform linux_x86_64-cp-39-cp39 --trace-start --version", "no Python of this machine",
    ),
    "--eager": Row(
        f"{APP} --trace-start '-c 0'", "--eager core",
        f"{APP} --trace-start '-c 0' --eager cor", "names no project",
    ),
    "--python-from": Row(DRY, "--python-from links", f"{APP} --python-from nowhere", "no such file or directory"),
    "--python-full": Row(DRY, "--python-full", f"{APP} --python-full", "and it carries none"),
    "--prefer-host": Row(DRY, "--prefer-host", f"{APP} --prefer-host", "and it carries none"),
    "--launcher": Row(DRY, "--launcher sh", f"{APP} --launcher sh", "and it carries none"),
    "--runtime-pex-root": Row(
        APP, "--runtime-pex-root /var/pex", f"{APP} --runtime-pex-root ''", "names no directory"
    ),
    "--compile": Row(
        APP, "--compile", f"{APP} --compile --platform win_amd64-cp-36-cp36m", "finds no Python to compile with"
    ),
    "--no-compress": Row(APP, "--no-compress"),
    "--zstd": Row(
        f"{APP} --platform linux_x86_64-cp-314-cp314", "--zstd",
        f"{APP} --zstd --platform linux_x86_64-cp-39-cp39", "--zstd is for CPython 3.14 and newer",
    ),
    "--allow-large": Row(f"large {N} --dry-run", "--allow-large"),
    "--strict": Row(f"app clash {N} --dry-run", "--strict"),
    "--build-property": Row(APP, "--build-property a=1", f"{APP} --build-property a", "is not NAME=VALUE"),
    "--build-properties": Row(
        APP, "--build-properties facts.json", f"{APP} --build-properties low.txt", "is no JSON"
    ),
    "--record-git-state": Row(APP, "--record-git-state", f"{APP} --record-git-state", "finds no commit"),
    "--sbom": Row(f"{DRY} --json", "--sbom"),
    "--dry-run": Row(APP, "--dry-run"),
    "--json": Row(DRY, "--json"),
    "--push": Row(DRY, "--push web:app.pex", f"{APP} --push", "the file is built for none"),
}  # fmt: skip


def of_lock(row: Row) -> Row:
    """The row of `build` as one of `lock`, which has no dry run, and writes to stdout here."""
    base, idle = (text.replace(" --dry-run", "").replace(" --json", "") for text in (row.base, row.idle))
    onto_stdout = "" if " -o " in base or "-o " in row.words else " -o -"
    return Row(f"lock {base}{onto_stdout}", row.words, f"lock {idle}" if idle else "", row.told)


# Options on indexes, and on what is shown, which patch has as a build has them.
OF_PATCH = (
    "--index-url", "--extra-index-url", "--index", "--from", "--index-strategy", "--no-index", "--find-links",
    "--wheels", "--uploaded-prior-to", "--resolver", "--quiet", "--verbose",
)  # fmt: skip


def of_patch(row: Row) -> Row:
    """The row of `build` as one of `patch`, of a file in which the project core has a newer version."""
    base, idle = (re.sub(r"^app\b", "patch old.pex core", text) for text in (row.base, row.idle))
    return Row(base, row.words, idle, row.told)


PATCH = f"patch old.pex core {N}"

IMAGE = "image file.pex --base base.tar -o x.tar"
ROWS: dict[str, Row] = {
    **{f"patch {name}": of_patch(OF_BOTH[name]) for name in OF_PATCH},
    "patch --narrow": Row(f"patch old.pex both==2.0 {N}", "--narrow"),
    "patch --offline": Row("patch old.pex core --no-index --dry-run", "--offline"),
    "patch --output": Row(f"{PATCH} --dry-run", "-o other.pex", f"{PATCH} -o low.txt/x.pex", "Not a directory"),
    "patch --force": Row(f"{PATCH} -o mine.txt", "--force"),
    "patch --dry-run": Row(PATCH, "--dry-run"),
    "patch --json": Row(f"{PATCH} --dry-run", "--json"),
    "patch --no-progress": Row("patch old.pex core --no-index -f links --dry-run", "--no-progress"),
    "patch --allow-large": Row(f"patch large.pex large==2.0 {N} --dry-run", "--allow-large"),
    "patch --pre": Row(f"{PATCH} --dry-run --json", "--pre"),
    "patch --prefer-pure": Row(f"patch old.pex both==1.0 {N} --dry-run --json", "--prefer-pure"),
    "patch --refresh": OF_BOTH["--refresh"]._replace(words="", idle="patch old.pex core --refresh --resolver uv"),
    **{f"build {name}": row for name, row in OF_BUILD.items()},
    **{f"lock {name}": of_lock(row) for name, row in OF_BOTH.items()},
    "lock --upgrade": Row(f"lock {APP} -o pylock.low.toml", "--upgrade"),
    "lock --upgrade-package": Row(
        f"lock {APP} -o pylock.low.toml", "--upgrade-package core", f"lock {APP} -o - --upgrade-package core",
        "no lock to act on",
    ),
    "lock --format": Row(f"lock {APP} -o -", "--format requirements"),
    # Whether the resolver asks again cannot be seen here: tests/servers/test_refresh.py looks at it.
    "lock --refresh": OF_BOTH["--refresh"]._replace(words="", idle="lock app --refresh --resolver uv"),
    "lock --pre": Row(f"lock {APP} -o -", "--pre"),
    "lock --prefer-pure": Row(f"lock both {N} -o -", "--prefer-pure"),
    "lock --exclude": Row(
        f"lock {APP} -o -", "--exclude core", f"lock {APP} --exclude cor -o -", "nothing here asks for cor"
    ),
    "cache dir --verbose": Row("cache dir", ""),
    "cache info --json": Row("cache info", "--json"),
    "cache info --verbose": Row("cache info", ""),
    "cache prune --days": Row("cache prune", "--days 0", "cache prune --days nan", "is no number of days"),
    "cache prune --json": Row("cache prune", "--json"),
    "cache prune --verbose": Row("cache prune", ""),
    "cache clear --json": Row("cache clear", "--json"),
    "cache clear --verbose": Row("cache clear", ""),
    "delta --output": Row(
        "delta old.pex file.pex -o other.pex", "-o made.delta",
        "delta old.pex file.pex -o low.txt/x", "Not a directory",
    ),
    "delta --link": Row("delta", "", "delta old.pex file.pex -o x.delta --link soon", "is no rate"),
    "delta --json": Row("delta old.pex file.pex -o x.delta --force", "--json"),
    "delta --force": Row("delta old.pex file.pex -o mine.txt", "--force"),
    "delta --signers": Row("delta file.pex file.pex -o x.delta", "--signers low.txt",
        "delta file.pex file.pex -o x.delta --signers no", "there is no no"),
    "delta --identity": Row("delta", "", "delta file.pex file.pex -o x --identity x", "there is no --signers"),
    "delta --revoked": Row("delta", "", "delta file.pex file.pex -o x --revoked no", "there is no --signers"),
    "delta --cert-identity": Row("delta file.pex file.pex -o x", "--cert-identity a@b.example --cert-oidc-issuer https://c.example",
        "delta file.pex file.pex -o x --cert-identity x", "needs --cert-oidc-issuer"),
    "delta --cert-oidc-issuer": Row("delta", "", "delta file.pex file.pex -o x --cert-oidc-issuer x",
        "belongs to"),
    "delta --bundle": Row("delta", "", "delta file.pex file.pex -o x --bundle x", "belongs to --cert-identity"),
    "delta --trusted-root": Row("delta", "", "delta file.pex file.pex -o x --trusted-root x",
        "belongs to --cert-identity"),
    "delta --verbose": Row("delta low.txt file.pex -o x.delta", "-v"),
    "push --hosts": Row(
        "push file.pex there.pex", "--hosts hosts.txt",
        "push file.pex x.pex --hosts nowhere.txt", "no file nowhere.txt",
    ),
    "push --jobs": Row("push", "", "push file.pex web:x.pex --jobs 0", "is not in the range"),
    "push --keep": Row("push file.pex web:old.pex", "--keep"),
    "push --rollback": Row(
        "push web:there.pex", "--rollback", "push --rollback web:nowhere.pex", "nowhere.pex.previous"
    ),
    "push --warm": Row("push", "", "push --rollback web:there.pex --warm", "takes no --warm"),
    "push --dry-run": Row("push file.pex web:old.pex", "--dry-run"),
    "push --link": Row("push", "", "push file.pex web:x.pex --link soon", "is no rate"),
    "push --json": Row("push file.pex web:there.pex", "--json"),
    "push --quiet": Row("push file.pex web:there.pex", "-q"),
    "push --signers": Row("push file.pex web:x.pex", "--signers low.txt", "push --rollback web:x.pex --signers x",
        "takes no --signers"),
    "push --identity": Row("push", "", "push file.pex web:x.pex --identity x", "there is no --signers"),
    "push --revoked": Row("push", "", "push file.pex web:x.pex --revoked low.txt", "there is no --signers"),
    "push --cert-identity": Row("push file.pex web:x.pex", "--cert-identity a@b.example --cert-oidc-issuer https://c.example",
        "push file.pex web:x.pex --cert-identity x", "needs --cert-oidc-issuer"),
    "push --cert-oidc-issuer": Row("push", "", "push file.pex web:x.pex --cert-oidc-issuer x", "belongs to"),
    "push --bundle": Row("push", "", "push file.pex web:x.pex --bundle x", "belongs to --cert-identity"),
    "push --trusted-root": Row("push", "", "push file.pex web:x.pex --trusted-root x",
        "belongs to --cert-identity"),
    "push --verbose": Row("push low.txt web:x.pex", "-v"),
    "extract --force": Row("extract file.pex taken", "--force"),
    "extract --verbose": Row("extract low.txt x", "-v"),
    "info --tree": Row("info file.pex", "--tree"),
    "info --why": Row("info file.pex", "--why app", "info file.pex --why appp", "has no project"),
    "info --json": Row("info file.pex", "--json"),
    "info --verbose": Row("info low.txt", "-v"),
    "diff --files": Row("diff old.pex file.pex", "--files"),
    "diff --content": Row("diff old.pex file.pex", "--content"),
    "diff --json": Row("diff old.pex file.pex", "--json"),
    "diff --verbose": Row("diff old.pex low.txt", "-v"),
    "sbom --output": Row("sbom file.pex", "-o x.cdx.json", "sbom file.pex -o low.txt/x.json", "Not a directory"),
    "sbom --force": Row("sbom file.pex -o mine.txt", "--force"),
    "sbom --verbose": Row("sbom low.txt", "-v"),
    "image --base": Row("image file.pex -o x.tar", "--base base.tar", "image file.pex --base no.tar",
        "there is no"),
    "image --python": Row(IMAGE, "--python /opt/python3.9", f"{IMAGE} --python /opt/x", "is no python3.N"),
    "image --place": Row(IMAGE, "--place /srv", f"{IMAGE} --place srv", "is no path of a directory"),
    "image --compile": Row(IMAGE, "--compile"),
    "image --output": Row("image file.pex --base base.tar", "-o y.tar", f"{IMAGE} -o low.txt/x",
        "Not a directory"),
    "image --force": Row("image file.pex --base base.tar -o mine.txt", "--force"),
    "image --verbose": Row("image low.txt --base base.tar", "-v"),
    "probe --python": Row("probe web", "--python {other}", "probe --python python3", "no host is named"),
    "probe --output": Row("probe", "-o x.json", "probe -o low.txt/x.json", "Not a directory"),
    "probe --list": Row("probe", "--list", "probe --list -o x.json", "describes none of them"),
    "probe --json": Row("probe --list", "--json", "probe --json", "says how --list shows"),
    "probe --force": Row("probe -o low.txt", "--force"),
    "probe --verbose": Row("probe ./low.txt", "-v"),
    "report --output": Row("report file.pex", "-o x.html", "report file.pex -o low.txt/x.html", "Not a directory"),
    "report --open": Row("report file.pex", "--open", "report file.pex --open", "no browser could be started"),
    "report --force": Row("report file.pex -o low.txt", "--force"),
    "report --verbose": Row("report low.txt", "-v"),
    "venv --scope": Row("venv file.pex made", "--scope srcs", "venv file.pex made --scope mine", "is not one of"),
    "venv --compile": Row("venv file.pex made", "--compile"),
    "venv --pip": Row("venv file.pex made", "--pip", "venv file.pex x --flat --pip", "would do nothing"),
    "venv --copies": Row("venv file.pex made", "--copies", "venv file.pex x --flat --copies", "would do nothing"),
    "venv --system-site-packages": Row("venv file.pex made", "--system-site-packages",
        "venv file.pex x --flat --system-site-packages", "would do nothing"),
    "venv --bin-path": Row("venv file.pex made", "--bin-path append",
        "venv file.pex x --scope deps --bin-path off", "leaves out"),
    "venv --prompt": Row("venv file.pex made", "--prompt here", "venv file.pex x --prompt $x", "neither quotes"),
    "venv --flat": Row("venv file.pex made", "--flat", "venv file.pex x.tar.gz --flat", "would be a directory"),
    "venv --python": Row("venv file.pex made", "--python {other}", "venv file.pex x --python ./no", "./no"),
    "venv --force": Row("venv file.pex mine.tar.gz", "--force"),
    "venv --verbose": Row("venv low.txt made", "-v"),
    "who --json": Row("who app file.pex", "--json"),
    "who --verbose": Row("who app file.pex ./nowhere/x", "-v"),
    "verify --lock": Row("verify file.pex", "--lock pylock.toml", "verify file.pex --lock no.toml", "no.toml"),
    "verify --strict": Row("verify earlier.pex", "--strict", "verify low.txt --strict", "is no file that"),
    "verify --signers": Row("verify file.pex", "--signers low.txt", "verify file.pex --signers no", "no no"),
    "verify --identity": Row("verify file.pex", "", "verify file.pex --identity x", "there is no --signers"),
    "verify --revoked": Row("verify file.pex", "", "verify file.pex --revoked low.txt", "there is no --signers"),
    "verify --cert-identity": Row("verify file.pex", "--cert-identity a@b.example --cert-oidc-issuer https://c.example",
        "verify file.pex --cert-identity x", "needs --cert-oidc-issuer"),
    "verify --cert-oidc-issuer": Row("verify", "", "verify file.pex --cert-oidc-issuer x", "belongs to"),
    "verify --bundle": Row("verify", "", "verify file.pex --bundle x", "belongs to --cert-identity"),
    "verify --trusted-root": Row("verify", "", "verify file.pex --trusted-root x", "belongs to --cert-identity"),
    "sign --sigstore": Row("sign", "", "sign file.pex --sigstore --embed", "has keys of its own"),
    "sign --key": Row("sign file.pex", "--key low.txt", "sign file.pex --key no", "there is no key no"),
    "sign --embed": Row("sign file.pex --key key", "--embed"),
    "sign --force": Row("sign file.pex --key key", "--force"),
    "sign --verbose": Row("sign low.txt --key key", "-v"),
    "verify --json": Row("verify file.pex", "--json"),
    "verify --verbose": Row("verify low.txt", "-v"),
}  # fmt: skip

NEVER = {
    "--allow-large": "a permission: it is used or it is not",
    "--content": "own code may be the same",
    "--compile": "of a venv: whatever can be compiled is",
    "--dry-run": "to write nothing can always be done",
    "--embed": "every file has room for a signature",
    "--files": "wheels may be the same",
    "--format": "the same lock in another form",
    "--force": "of files that are made of others: a permission",
    "--json": "another form of what is said anyway",
    "--keep": "there may be no old file yet",
    "--quiet": "of a push: to say nothing can always be done",
    "--no-compress": "files that are stored already are what it asks for",
    "--narrow": "a permission",
    "--no-progress": "to show nothing can always be done",
    "--offline": "of a patch: to ask nothing can always be done",
    "--pre": "of a lock: a permission",
    "--prefer-pure": "of a lock: a wish; the build that follows says where it was in vain",
    "--sbom": "every file has a bill",
    "--strict": "forbids what need not be there",
    "--trusted-host": "a permission, of hosts that requirements may name as well",
    "--tree": "every file has a graph",
    "--upgrade": "to resolve all can always be done",
    "--verbose": "shows what there is to be shown",
}


def options_of(command: click.Command, name: str) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield f"{name} {max(parameter.opts, key=lambda word: (word == _CALLED, len(word)))}"
    for inner, one in getattr(command, "commands", {}).items():
        yield from options_of(one, f"{name} {inner}")


# Of several long names, the one that a row has.
_CALLED = "--output"
EVERY = sorted(
    option
    for name, where in COMMANDS.items()
    # It becomes another program: tests/pipeline/test_run.py runs it as one. Its indexes are those of a build.
    if name != "run"
    for option in options_of(getattr(import_module(where.partition(":")[0]), where.partition(":")[2]), name)
)


def test_every_option_has_a_row_and_no_row_is_of_none() -> None:
    rows = set(ROWS) | {option for option in EVERY if option.endswith(" --trusted-host")}
    assert sorted(rows) == EVERY
    for name, row in ROWS.items():
        assert row.idle or name.rpartition(" ")[2] in NEVER, f"{name} has no case in which it can do nothing"


# -- the directory in which they are tried -----------------------------------------------------------


def index(directory: Path, wheels: list[Path]) -> str:
    """A package index of files, and its URL."""
    for wheel in wheels:
        page = directory / wheel.name.partition("-")[0]
        page.mkdir(parents=True, exist_ok=True)
        (page / wheel.name).write_bytes(wheel.read_bytes())
        links = "".join(
            f'<a href="{path.name}#sha256={hashlib.sha256(path.read_bytes()).hexdigest()}">{path.name}</a>'
            for path in sorted(page.glob("*.whl"))
        )
        (page / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")
    return directory.as_uri()


def other_python() -> str:
    """Another Python than the one that runs the tests, or that one where there is no other."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = [python for python in supported() if python.tag.startswith("cp") and here not in str(python)]
    return str(found[0].path) if found else ""


@pytest.fixture
def words(bare_machine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The words that rows leave open; the current directory has all that they name."""
    work, links = tmp_path / "work", tmp_path / "work" / "links"
    for place in (links, work / "empty"):
        place.mkdir(parents=True)
    monkeypatch.chdir(work)
    start = {"console_scripts": {"app": "app:main"}}
    files = {"app.py": "def main(): pass\n"}
    app = make_wheel(links, "app", files=files, requires=["core"], entry_points=start)
    cores = [
        make_wheel(links, "core", version, files={"core.py": version}) for version in ("1.0", "2.0", "3.0rc1")
    ]
    own = f"py3-none-{running_target().tags[0].platform}"
    for name, tag in (("both", "py3-none-any"), ("both", own), ("native", own)):
        make_wheel(links, name, files={f"{name}.py": ""}, tag=tag)
    make_wheel(links, "clash", files={"app.py": "other"})
    texts = {
        "more.txt": "app\nboth\n",
        "low.txt": "core<2\n",
        "facts.json": '{"ticket": 12}',
        "mine.txt": "mine",
        "mine.tar.gz": "mine",
        "taken/app-1.0-py3-none-any.whl": "mine",
        "job.py": "print(1)\n",
        "tree/loose.py": "",
        "package/__init__.py": "",
        "package/.hidden/data.txt": "",
    }
    write_files(work, texts)
    monkeypatch.setenv("PIP_INDEX_URL", index(tmp_path / "index", [app, cores[0]]))
    new = index(tmp_path / "new", [app, cores[1]])
    return {"new": new, "other": other_python()}


# Made only where a row names them.
def prepare(row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = " ".join(row)
    for name in ("project", "locked", "by_uv"):
        if f"./{name}" in line:
            directory = make_project(Path(), name, files={f"{name}.py": ""})
            with (directory / "pyproject.toml").open("a") as file:
                file.write(
                    '[project.optional-dependencies]\nweb = ["core"]\n[dependency-groups]\nmore = ["both"]\n'
                )
    if "sourced" in line:
        directory = make_project(tmp_path / "source", "sourced", files={"sourced.py": ""})
        shutil.make_archive("links/sourced-1.0", "gztar", directory.parent, "sourced")
    if "./locked" in line:
        Path("locked/pylock.toml").write_text('lock-version = "1.0"\ncreated-by = "x"\npackages = []\n')
    if "./by_uv" in line:
        Path("by_uv/uv.lock").write_text('version = 1\nrevision = 1\nrequires-python = ">=3.8"\n')
    if "pylock" in line:
        assert run(["lock", "app", *N.split(), "-q"]) == 0
        assert run(["lock", "app", *N.split(), "-q", "--constraint", "low.txt", "-o", "pylock.low.toml"]) == 0
    if "--venv venv" in line:
        make_environment(Path("venv"), [*Path("links").glob("app-*"), *Path("links").glob("core-1*")])
    if "there.json" in line or "--for" in line:
        assert run(["probe", "-o", "there.json"]) == 0
        said = json.loads(Path("there.json").read_text())
        said["environment"] |= {"python_version": "3.9", "python_full_version": "3.9.1"}
        Path("there.json").write_text(json.dumps({**said, "version": [3, 9, 1], "soabi": "cpython-39-x86_64"}))
        # A host that says the same of itself.
        (tmp_path / "ssh").write_text(f"#!/bin/sh\ncat {Path.cwd()}/there.json\n")
        (tmp_path / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    if "old.pex" in line:
        assert run(["app", "both", *N.split(), "-q", "--constraint", "low.txt", "-o", "old.pex"]) == 0
        make_wheel(Path("links"), "both", "2.0", files={"both.py": ""}, requires_python=">=3.11")
    if "large.pex" in line:
        make_wheel(Path("links"), "large", files={"large.bin": b"0"})
        assert run(["large", *N.split(), "-q", "-o", "large.pex"]) == 0
        make_wheel(Path("links"), "large", "2.0", files={"large.bin": b"0" * 250_000_000})
    elif "large" in line:
        make_wheel(Path("links"), "large", files={"large.bin": b"0" * 250_000_000})
    if "cache" in line:
        assert run(["app", *N.split(), "-q", "-o", "cached.pex"]) == 0
    if "file.pex" in line:
        bundle_file(Path("file.pex"), [Path("links/app-1.0-py3-none-any.whl")], function("app", "main"))
    if "base.tar" in line:
        base_image(Path("base.tar"))
    if "--open" in line:
        monkeypatch.setattr("webbrowser.open", lambda address: False)
    if "earlier.pex" in line:
        wheels = [Path("links/app-1.0-py3-none-any.whl")]
        bundle_file(Path("earlier.pex"), wheels, function("app", "main"), version="0")
    if line.startswith("sign "):
        subprocess.run([needs.program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", "key"], check=True)
        if "--key key" in line:
            Path("file.pex.sig").write_text("not mine")
    if "--hosts" in line:
        Path("hosts.txt").write_text("web\n")
    if "probe web" in line or "web:" in line or "--hosts" in line:
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "ssh").write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
        (programs / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)


def outcome(line: str, words: dict[str, str], capsys: Said) -> tuple[int, str, dict[str, str]]:
    """How a command ended, what it said, and the files that it left."""
    code = run(shlex.split(line.format(**words)))
    told = capsys.readouterr()
    said = re.sub(r"\d+\.\d+ s\b|\"seconds\": [\d.]+", "", told.out + told.err)
    files = {}
    for path in sorted(Path().rglob("*")):
        if path.is_file() and "links" not in path.parts:
            files[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return code, said, files


def again(line: str, words: dict[str, str], capsys: Said) -> tuple[int, str, dict[str, str]]:
    """The outcome of a command that finds no file that it has made before."""
    if Path("old.pex").exists():  # patched in its place
        kept = Path("kept.old")
        shutil.copy(*(("old.pex", kept) if not kept.exists() else (kept, "old.pex")))
    for path in ("app.pex", "other.pex"):
        Path(path).unlink(missing_ok=True)
    shutil.rmtree("made", ignore_errors=True)
    capsys.readouterr()
    return outcome(line, words, capsys)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.words])
def test_an_option_acts(
    name: str, words: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    row = ROWS[name]
    if "{other}" in row.words and not row.base.startswith("probe"):
        needs.several_pythons()
    prepare(row, tmp_path, monkeypatch)
    # A first run fetches, and clears what there is: only the second is like any that follows.
    _, without, with_it = (again(line, words, capsys) for line in (row.base, row.base, f"{row.base} {row.words}"))
    assert "a bug" not in with_it[1] + without[1]
    assert with_it != without


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.idle])
def test_an_option_that_can_do_nothing_says_so(
    name: str, words: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    row = ROWS[name]
    prepare(row, tmp_path, monkeypatch)
    if row.told.startswith("UV_OFFLINE"):
        monkeypatch.setenv("UV_OFFLINE", "1")
    capsys.readouterr()
    code, said, _ = outcome(row.idle, words, capsys)
    assert row.told in said
    assert code in (2, 3, 4, 5, 6, 7) or "note: " in said
    assert "a bug" not in said


# -- the switches of a built file -----------------------------------------------------------------------

TELLER = """
import os, sys
def main():
    print(sys.argv[1:], [entry for entry in sys.path if 'extra' in entry])
def other():
    print('other')
"""
# Each with a value that acts, or "" where another test shows it, then one that cannot, and what is said.
SWITCHES = {
    "PEX_ROOT": ("elsewhere", "/dev/null/x", "/dev/null/x cannot be written: using"),
    "PEX_KEEP_DAYS": ("", "soon", "PEX_KEEP_DAYS=soon is no number of days"),
    "PEX_INTERPRETER": ("1", "maybe", "PEX_INTERPRETER=maybe is neither 1 nor 0"),
    "PEX_MODULE": ("platform", "nowhere", "No module named nowhere"),
    "PEX_SCRIPT": ("other", "nowhere", "there is no script 'nowhere' in this file"),
    "PEX_PYTHON": ("", "/nowhere/python", "PEX_PYTHON=/nowhere/python is no program here"),
    "PEX_PYTHON_PATH": ("", "/nowhere", "PEX_PYTHON_PATH=/nowhere has none"),
    "PEX_INHERIT_PATH": ("", "sometimes", "PEX_INHERIT_PATH=sometimes is none of false, fallback and prefer"),
    "PEX_EXTRA_SYS_PATH": ("extra", "/nowhere", "PEX_EXTRA_SYS_PATH names /nowhere, which is not there"),
    "PEX_PATH": ("extra", "/nowhere", "PEX_PATH names /nowhere, which is not there"),
    "PEX_TOOLS": ("1", "perhaps", "PEX_TOOLS=perhaps is neither 1 nor 0"),
    "PEX_VERBOSE": ("1", "loud", "PEX_VERBOSE=loud is neither 1 nor 0"),
}  # fmt: skip


@pytest.fixture(scope="module")
def teller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("teller")
    (directory / "extra").mkdir()
    entry_points = {"console_scripts": {"teller": "teller:main", "other": "teller:other"}}
    wheel = make_wheel(directory, "teller", files={"teller.py": TELLER}, entry_points=entry_points)
    return bundle_file(directory / "teller.pex", [wheel], function("teller", "main"))


def started(teller: Path, root: Path, **variables: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PEX_", "PYTHON"))}
    # As /tmp is: a private directory is made in no other.
    temporary = root.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    temporary.chmod(0o1777)
    done = subprocess.run(
        [sys.executable, "teller.pex", "a"],
        cwd=teller.parent,
        env={**kept, "TMPDIR": str(temporary), "PEX_ROOT": str(root), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "a bug" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_every_switch_has_a_row() -> None:
    assert set(SWITCHES) | {"PEX_CHOSEN_PYTHON"} == {*switches.KEPT, *switches.TAKEN}


@pytest.mark.parametrize("name", [name for name, (value, _, _) in SWITCHES.items() if value])
def test_a_switch_acts(name: str, teller: Path, tmp_path: Path) -> None:
    value = str(tmp_path / "elsewhere") if name == "PEX_ROOT" else SWITCHES[name][0]
    said = started(teller, tmp_path / "root", **{name: value})
    if name == "PEX_ROOT":
        assert (tmp_path / "elsewhere").is_dir() and not (tmp_path / "root").exists()
    else:
        assert said != started(teller, tmp_path / "root")


@pytest.mark.parametrize("name", [name for name, (_, value, _) in SWITCHES.items() if value])
def test_a_switch_that_can_do_nothing_says_so(name: str, teller: Path, tmp_path: Path) -> None:
    _, value, told = SWITCHES[name]
    # Where the cache cannot be, a private directory takes its place: whoever asks is told.
    asked = {"PEX_VERBOSE": "1"} if name == "PEX_ROOT" else {}
    assert told in started(teller, tmp_path / "root", **{name: value}, **asked)[1]


@pytest.mark.parametrize("second", ["PEX_SCRIPT=other", "PEX_INTERPRETER=1"])
def test_switches_that_contradict_each_other_are_refused(second: str, teller: Path, tmp_path: Path) -> None:
    name, _, value = second.partition("=")
    code, said = started(teller, tmp_path, PEX_MODULE="platform", **{name: value})
    assert code == 1 and "each say what starts" in said


def test_a_switch_of_pex_alone_is_noted_and_a_variable_of_nobody_is_left(teller: Path, tmp_path: Path) -> None:
    assert "PEX_COVERAGE does nothing here" in started(teller, tmp_path, PEX_COVERAGE="1")[1]
