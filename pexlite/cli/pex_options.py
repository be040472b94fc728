"""Every option of pex 2.105, and what to type here: as docs/from-pex.md lists them and errors say."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """How an option of pex is met here."""

    SAME = "the same"
    ANOTHER = "another"
    OTHERWISE = "otherwise"
    NOT = "not here"


@dataclass(frozen=True)
class PexOption:
    """An option of pex, by all its names that are met in one way."""

    names: tuple[str, ...]
    verdict: Verdict
    words: str
    """Of one that is here, where it differs, if it does; of any other what to do instead, or why not."""


def _rows(verdict: Verdict, text: str) -> tuple[PexOption, ...]:
    """The options in `text`: a line each, names and words with a colon between."""
    lines = [line.partition(" :") for line in text.strip().splitlines()]
    return tuple(PexOption(tuple(names.split()), verdict, words.strip()) for names, _, words in lines)


_VENV = "leave it out: every file starts as it would in a virtual environment, unpacked once into the cache"
_WHEELS = "leave it out: wheels go in as they are, compressed"
_NATIVE = "leave it out: there is one kind of file, a zip with a #! line, and wheels go in as they are"
_LINKS = "leave it out: files are hard links to what is unpacked, or copies"
_DEPRECATED = "leave it out: in pex too it does nothing any more"
_SCIE = "nothing of that kind is decided of a file's own Python; there are --python-from and --launcher"
_SCIE_FROM = "use --python-from: a directory, an archive or uv:3.12; for a platform with --platform beside it"
_CONFIGURED = "leave it out: pip's files, PIP_* and netrc are heeded; PIP_CONFIG_FILE=/dev/null reads no file"
_PIP = "leave it out: it is the pip that is installed beside pexlite"
_PINNED = "use --index NAME=URL and --from NAME=PROJECT: that project from there and from nowhere else"
_BUILDING = "leave it out: a wheel is taken where there is one, else it is built"

PEX_OPTIONS = (
    *_rows(
        Verdict.SAME,
        """
-h --help : in short for `pexlite` alone, and of a command: `pexlite help COMMAND`
-V --version :
-v : shows each step, and tracebacks of errors; once is all
-o --output-file : without it the file is ./NAME.pex, and nothing is run
-D --sources-directory :
-r --requirement : takes pylock.toml and pyproject.toml as well
--constraint :
--exclude : what only the excluded project needs stays out too; what is excluded in vain is told
--override : replaces every requirement on that project; no NAME=OTHER
--group : NAME is in the pyproject.toml here; in another one, path/to/pyproject.toml:NAME
-i --index-url : once; more of them are --extra-index-url
--index : NAME=URL, a name for --from; an index without a name is --index-url
-f --find-links : without NAME=
--no-index :
--pre :
--uploaded-prior-to : a date without a zone is in UTC
--lock : a pylock.toml, not pex's own lock: pex3 lock export --format pep-751
--no-compress : the files in the wheels are uncompressed
--compile --no-compile : without them some bytecode goes in, up to a quarter of the file
--inherit-path :
--runtime-pex-root : the cache is ~/.pex without it
--python :
--platform :
--python-shebang :
--sh-boot :
-m -e --entry-point : the module is looked for in the bundle, and in the directory here
-c --script --console-script : takes module:function as well
--exe --executable :
--inject-env :
--inject-python-args :
--build-property --build-properties :
--record-git-state : an error where there is no commit; `dirty` says whether tracked files differ
--inject-args
""",
    ),
    *_rows(
        Verdict.ANOTHER,
        f"""
--venv : here it names a virtual environment whose wheels go in; pex's own: {_VENV}
""",
    ),
    *_rows(
        Verdict.OTHERWISE,
        f"""
-R --resources-directory : use -D
-P --package : name its directory: pexlite path/to/package
-M --module : put it into a directory for -D; what -e or -c name is found by itself
--project : name its directory: pexlite path/to/project, with --extra and --group
--dependency-group : use --group
--requirements --with-requirements : use --requirement
--constraints : use --constraint
--requirements-pex : take its wheels, pexlite extract FILE DIR, and name them: pexlite --no-index DIR/*.whl
--pex-repository : take its wheels, pexlite extract FILE DIR, and use --no-index --wheels DIR
--pex-path : name everything in one build; where the file runs, PEX_PATH adds other files
--seed : unpack it where it runs: PEX_TOOLS=1 ./app.pex warm
--no-seed : leave it out: nothing is unpacked until the file starts
--help-variables : read pexlite docs from-pex
--docs --help-html : read pexlite docs
-p --preamble-file : put it into a module that calls the entry point, and start that: -e my_start:main
--resolver-version : use --resolver uv or --resolver pip
--pip-version --allow-pip-version-fallback --no-allow-pip-version-fallback : {_PIP}
--extra-pip-requirement : install it beside pexlite, as keyring
--use-pip-config --no-use-pip-config : {_CONFIGURED}
--keyring-provider : set PIP_KEYRING_PROVIDER
--pypi : leave it out: the configured index is used unless --no-index is given
--no-pypi : use --no-index
--repo : use --find-links
--source --derive-sources-from-requirements-files : {_PINNED}
--retries : set PIP_RETRIES
--timeout : set PIP_TIMEOUT
--proxy : set PIP_PROXY
--cert : set PIP_CERT
--client-cert : set PIP_CLIENT_CERT
--resume-retries : set PIP_RETRIES
--cache-ttl -H --header : {_DEPRECATED}
--pex-lock : use --lock with a pylock.toml: pex3 lock export --format pep-751
--pylock --pep-751-lock : use --lock
--path-mapping : leave it out: a pylock.toml names what is local by relative paths
--pylock-extra : use --extra
--pylock-group --pylock-dependency-group : use --group
--pre-resolved-dist --pre-resolved-dists : name the wheels: pexlite --no-index DIR/*.whl
--venv-repository : use --venv
--no-pre : leave it out: pre-releases are taken only where nothing else fits
--wheel --binary --build --prefer-wheel --prefer-binary --no-prefer-wheel --no-prefer-binary : {_BUILDING}
--no-wheel --no-use-wheel --no-binary --no-use-binary : set PIP_NO_BINARY=:all:
--only-build : set PIP_NO_BINARY to the names of those projects
--no-build : set PIP_ONLY_BINARY=:all:
--only-binary --only-wheel : set PIP_ONLY_BINARY to the names of those projects
--force-pep517 --use-pep517 : leave it out: projects are built by PEP 517
--build-isolation : leave it out: projects are built with what they ask for, apart from all else
--transitive : leave it out: everything that is needed goes in
--no-transitive --intransitive : use --exclude for what should stay out: the rest has to be whole
-j --jobs --max-install-jobs : leave it out: as many at once as there are processors
--pip-log --preserve-pip-download-log --no-preserve-pip-download-log : use -v
--include-tools : leave it out: PEX_TOOLS=1 works with every file
--zip-safe --not-zip-safe --unzip --no-unzip --always-write-cache : {_DEPRECATED}
--layout : leave it out: pexlite writes one kind of file, a single one
--pre-install-wheels --no-pre-install-wheels : {_WHEELS}; the first start unpacks them
--check : leave it out: a file of any size starts on any Python
--compress --compressed : {_WHEELS}
--not-compressed --no-compression : use --no-compress
--venv-bin-path : use --bin-path
--venv-copies --no-venv-copies : leave it out; for an environment of its own, pexlite venv FILE DIR
--venv-site-packages-copies --no-venv-site-packages-copies : {_LINKS}
--venv-system-site-packages : use --inherit-path fallback
--no-venv-system-site-packages : leave it out: the host's packages stay out
--non-hermetic-venv-scripts : set PEX_EXTRA_SYS_PATH, or use --inherit-path
--rc --no-rc --pexrc --no-pexrc --native-runtime --no-native-runtime : {_NATIVE}
-Z --compression-method --compression-level --pexrc-platform --pexrc-binary : {_NATIVE}
--scie : use --python-from uv: the file carries a Python and stays one file
--scie-only --no-scie-only : leave it out: there is one file, with its Python in it
--scie-platform --scie-pbs-release --scie-python-version : {_SCIE_FROM}
--scie-pbs-stripped : leave it out: what only debuggers read stays out
--scie-busybox : several -c make a file of several commands, by a link's name or the first argument
--no-record-git-state : leave it out: it is off
--use-system-time : set SOURCE_DATE_EPOCH: it dates what is built here
--no-use-system-time : leave it out: the files in a zip are dated 1980
--strip-pex-env : leave it out: only PEX_ROOT and PEX_KEEP_DAYS reach child processes
--python-path : name the interpreter: --python /path/to/python
--interpreter-constraint : name the interpreters: --python 3.11 --python 3.12
--interpreter-selection-strategy : name the interpreters: --python 3.11
--abbreviated-platform : use --platform
--complete-platform : use --target FILE, with the same file or what pexlite probe has written
--manylinux : name the platform: --platform manylinux_2_28_x86_64-cp-312-cp312
--resolve-local-platforms : use --python for an interpreter that is here: then projects are built for it
--no-sh-boot : leave it out: it is off
--python-script : use --exe
--pep723 --enable-script-metadata : leave it out: a script's header is heeded
--validate-entry-point : leave it out: module and function are looked for in each build, and nothing is imported
--bind-resource-path : read it with importlib.resources: the files of a package lie on disk
--emit-warnings --no-emit-warnings : leave it out: a line on stderr says what a start has to say
--pex-root : leave it out for the build; for the running file, use --runtime-pex-root
--disable-cache : set PEXLITE_CACHE_DIR to a new directory: $(mktemp -d)
--cache-dir : set PEXLITE_CACHE_DIR
--tmpdir : set TMPDIR
--rcfile : write defaults into [tool.pexlite] of pyproject.toml
""",
    ),
    *_rows(
        Verdict.NOT,
        f"""
--no-manylinux --no-use-manylinux : an old glibc is named by its platform: --platform manylinux_2_17_x86_64-…
--no-use-pep517 : a project is built by its own backend, as PEP 517 says, and never by setup.py alone
--no-build-isolation : a project is built with what it asks for, so that the same source gives the same wheel
--ignore-errors : a file that lacks something is not written; --exclude says what the host has
--no-strip-pex-env : the switches of one start never reach another program
--no-pep723 --no-enable-script-metadata : a script's header counts; without it there is nothing to read
--par --pex-and-scie --scie-load-dotenv --no-scie-load-dotenv : {_SCIE}
--scie-desktop-file --scie-icon --scie-prompt-desktop-install --no-scie-prompt-desktop-install : {_SCIE}
--scie-windowed --scie-name-style --scie-bind-resource-path --scie-exe --scie-args --scie-env : {_SCIE}
--scie-pex-entrypoint-env-passthrough --scie-busybox-pex-entrypoint-env-passthrough : {_SCIE}
--no-scie-pex-entrypoint-env-passthrough --no-scie-busybox-pex-entrypoint-env-passthrough : {_SCIE}
--scie-pypy-release : {_SCIE}
--scie-pbs-free-threaded --no-scie-pbs-free-threaded --scie-pbs-debug --no-scie-pbs-debug : {_SCIE}
--no-scie-pbs-stripped --scie-hash-alg --scie-science-binary : {_SCIE}
--scie-assets-base-url --scie-base : {_SCIE}
""",
    ),
)


def in_pexlite(option: str) -> str | None:
    """Advice on what to do instead of pex's `option`; None where pex has none, or it is the same here."""
    found = next((row for row in PEX_OPTIONS if option in row.names), None)
    if found is None or found.verdict in (Verdict.SAME, Verdict.ANOTHER):
        return None
    return found.words if found.verdict is Verdict.OTHERWISE else f"pex has it, pexlite has not: {found.words}"
