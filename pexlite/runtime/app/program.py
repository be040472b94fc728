"""The app's programs: its Python as an interpreter, and the bundle's scripts.

This process runs them itself where it can do exactly what the app's Python would do with the same arguments. For
all else, as interactive sessions and options, it execs that Python or the script.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    Facts = dict[str, Any]
    # The entry point as launch.call takes it, sys.argv, and what begins sys.path.
    Found = tuple[tuple[Any, Any], list[str], str]

_PYTHONS = frozenset(["python", "python3", "python%d.%d" % sys.version_info[:2]])
_LETTERS = frozenset("BEIOPRSbdiqsuvx")
_FLAGS = (
    ("d", "debug"),
    ("i", "inspect"),
    ("B", "dont_write_bytecode"),
    ("E", "ignore_environment"),
    ("s", "no_user_site"),
    ("v", "verbose"),
    ("b", "bytes_warning"),
    ("q", "quiet"),
    ("P", "safe_path"),
)
_END_OF_ZIP = b"PK\x05\x06"  # a file with these bytes may be a zip, whose `__main__` Python runs
_OUR_HOOKS = "_pexlite.pth"  # it serves the app's Python; a start in this process needs none of them
_BY_SHELL = "/_pexlite_run.py"  # what the sh header has the app's Python run


class Program:
    """A program of the app in the directory `place`, which this process runs itself or execs.

    `parts` is the launcher's content, whose "site_time" is site-packages' mtime when it was finished, in
    nanoseconds, 0 in a venv made of the file; `damage` and `part` are launch's.
    """

    def __init__(
        self,
        facts: "Facts",
        place: str,
        parts: "dict[str, Any]",
        damage: "Callable[..., Any]",
        part: "Callable[[str], Any]",
    ) -> None:
        self.facts = facts
        self.place = place
        self.python = place + parts["inside"]["python"]
        self.scripts = place + parts["inside"]["scripts"]
        self.site_packages = place + parts["inside"]["packages"]
        self.site_time: int = parts["site_time"]
        self.damage = damage
        self.part = part

    def as_python(self, arguments: "list[str]") -> "Facts":
        """The facts of a start that does what the app's Python does with `arguments`.

        The entries of PYTHONPATH come behind the bundle. May not return: execs the app's Python unless the
        arguments are `-c COMMAND`, `-m MODULE` or the path of a Python source file.
        """
        if not self._looks_whole():
            self.mend()
        self.facts.pop("not_lazy", None)  # an interpreter does what its user says
        found = _is_plain() and (_command(arguments) or _module(arguments) or _file(arguments))
        if not found:
            self._become_python(arguments)
        if self.facts["inherit_path"] == "false" and not sys.flags.ignore_environment:
            self.facts["extra_path"] = list(self.facts.get("extra_path", ())) + _on_pythonpath()
        return self._in_this_process(found, arguments)

    def as_script(self, name: str, arguments: "list[str]") -> "Facts":
        """The facts of a start that runs the Python script `name` in bin/. May not return: execs other scripts."""
        path = self.scripts + os.sep + name
        if os.name == "nt":
            path = self.part("windows").script_path(path)
        if not os.path.exists(path) or not self._looks_whole():
            self.mend()
        try:
            with open(path, "rb") as script:
                content = script.read()
        except OSError:
            names = os.listdir(self.scripts)
            if os.name == "nt":
                names = self.part("windows").names_of_scripts(names)
            known = ", ".join(sorted(set(names) - _PYTHONS)) or "none"
            sys.stderr.write("error: there is no script %r in this file\n  it has: %s\n" % (name, known))
            sys.stderr.write("hint: set PEX_SCRIPT to one of these, or PEX_MODULE to a module\n")
            sys.exit(1)
        words = [path] + arguments
        if os.name == "nt":
            content = self.part("windows").program_in(path, content)
        if not _is_python_script(content):
            self.execute(words)
        found = _is_plain() and _source(words, content)
        if not found:
            self._become_python(words)
        return self._in_this_process(found, words)

    def _in_this_process(self, found: "Found", arguments: "list[str]") -> "Facts":
        """The facts of a start in this process of the `found` program, for these arguments of the app's Python."""
        start, words, first = found
        original = [self.python] + _python_options() + arguments
        return dict(
            self.facts,
            start=start,
            pth=_startup_files(self.site_packages),
            program=(words, first, original),
            drives=self.facts.get("drives") or self._may_drive_spark(),
        )

    def _may_drive_spark(self) -> bool:
        """Whether the program may be a Spark driver, by the same rule as _pexlite_site.py."""
        given = os.environ
        if "PYTHON_WORKER_FACTORY_SECRET" in given or "PYTHON_WORKER_FACTORY_SOCK_DIR" in given:
            return False
        return bool(self.facts["spark"]) or "SPARK_HOME" in given or "spark" in given.get("PYTHONPATH", "")

    def become_sealed(self, options: "list[str]") -> "NoReturn":
        """Exec the app's Python with the sealed `options` and those given now, which win.

        Taken from the flags: where a tool runs the file in its own process, as coverage does, the words on the
        command line are the tool's. Python adds up -O, -b and -v, so a sealed one goes where it is given now.
        """
        now = _flags_set()
        sealed = [word for word in options if word[:2] not in now]
        self.execute([self.python] + sealed + now + sys.argv)

    def _become_python(self, arguments: "list[str]") -> "NoReturn":
        """Exec the app's Python with this Python's options and `arguments`."""
        self.execute([self.python] + _python_options() + arguments)

    def execute(self, words: "list[str]") -> "NoReturn":
        """Exec `words`, once missing files are mended: after the exec none of our code could mend them."""
        if not self._looks_whole():
            self.mend()
        try:
            if os.name == "nt":
                self.part("windows").run_instead(words)
            os.execv(words[0], words)
        except OSError as failure:
            sys.stderr.write("error: %s cannot be started: %s\n" % (words[0], failure.strerror))
            sys.exit(1)

    def mend(self) -> None:
        """Write missing files back into the app's directory. Failures are left for the program itself to meet."""
        self.damage(os.environ["PEX"], None).is_mended()

    def _looks_whole(self) -> bool:
        """Whether the app's directory looks whole, at the price of three stats.

        The mtime of site-packages changes when an entry comes or goes; only then are its names compared with
        READY's.
        """
        if not self.site_time:
            return True  # a venv, which is nobody's to mend
        try:
            if not os.path.exists(self.python) or not os.path.exists(self.place + "/pyvenv.cfg"):
                return False
            if os.stat(self.site_packages).st_mtime_ns == self.site_time:
                return True
            # As bytes: READY may have been written under another locale.
            with open(self.place + "/READY", "rb") as ready:
                expected = ready.read().split(b"\n\n", 1)[1].split(b"\n")
            return set(expected).issubset([b""] + os.listdir(os.fsencode(self.site_packages)))
        except (OSError, IndexError):
            return False


def begin(program: "tuple[list[str], str, list[str]]", site_packages: str) -> None:
    """Set sys.argv, sys.path[0] and the like as Python does for a program on its command line."""
    words, first, original = program
    if os.path.exists(site_packages + "/sitecustomize.py"):
        import site

        site.execsitecustomize()
    sys.argv[:] = words
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = original  # reloaders start the program again with it
    if not getattr(sys.flags, "safe_path", sys.flags.isolated):
        sys.path.insert(0, first)


# -- Python's command line, understood as Python does ------------------------------------------------


def _is_plain() -> bool:
    """Whether no option or variable has this Python do more than run a program."""
    flags = sys.flags
    asked = not flags.ignore_environment and os.environ.get("PYTHONINSPECT")
    return not (asked or flags.inspect or flags.interactive or flags.no_site)


def _command(words: "list[str]") -> "Found | None":
    """The program of `-c COMMAND`, dedented as Python does since 3.14; None for other arguments."""
    if words[:1] != ["-c"] or len(words) < 2 or words[1][:1].isspace():
        return None
    try:
        words[1].encode("utf-8")
    except UnicodeError:
        return None
    from _frozen_importlib import BuiltinImporter

    return (words[1], {"__loader__": BuiltinImporter}), ["-c"] + words[2:], ""


def _module(words: "list[str]") -> "Found | None":
    """The program of `-m MODULE`; None for other arguments."""
    if words[:1] != ["-m"] or len(words) < 2:
        return None
    try:
        here = os.getcwd() if sys.version_info >= (3, 7) else ""
    except OSError:
        here = ""  # it is gone
    return (words[1], None), ["-m"] + words[2:], here


def _file(words: "list[str]") -> "Found | None":
    """The program of a source file; None for directories, pipes and unreadable files, which are left to Python."""
    path = words[0] if words else ""
    if path[:1] in ("", "-") or not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            content = file.read()
        return _source(words, content)
    except OSError:
        return None


def _source(words: "list[str]", content: bytes) -> "Found | None":
    """The program of a source file with this content; None for zips and bytecode."""
    if b"\0" in content or _END_OF_ZIP in content:
        return None
    from _frozen_importlib_external import SourceFileLoader

    path = named = words[0]
    if sys.version_info >= (3, 9) and not os.path.isabs(path):
        named = os.path.join(os.getcwd(), path)
    names = {"__file__": named, "__loader__": SourceFileLoader("__main__", named)}
    if sys.version_info < (3, 15):
        names["__cached__"] = None
    return (content, names), words, os.path.dirname(os.path.realpath(path))


def _startup_files(site_packages: str) -> "list[str]":
    """The names of the files that Python would run from it at its start, but for our own."""
    try:
        names = os.listdir(site_packages)
    except OSError:
        return []  # site-packages has gone: the app's own imports will fail and say so
    found = [name for name in names if name.endswith((".pth", ".start")) and name[0] != "."]
    return sorted([name for name in found if name != _OUR_HOOKS])


def _on_pythonpath() -> "list[str]":
    path = os.environ.get("PYTHONPATH")
    # An empty entry, as between two colons, is the current directory.
    return [os.path.abspath(entry) for entry in path.split(os.pathsep)] if path else []


def _is_python_script(content: bytes) -> bool:
    head = content[:600].split(b"\n", 3)
    by_shell = head[0].startswith(b"#!/bin/sh") and len(head) > 1
    return head[0].startswith(b"#!") and (b"python" in head[0] or by_shell and b"/python" in head[1])


def _python_options() -> "list[str]":
    """The options this Python was started with, for the Python that replaces it."""
    original = getattr(sys, "orig_argv", None)
    if original is not None:
        options = original[1 : len(original) - len(sys.argv)]
        return [word for word in map(_with_site, options) if word != "-" and not word.endswith(_BY_SHELL)]
    return _flags_set()


def _flags_set() -> "list[str]":
    """The options by which this Python's flags are as they are."""
    flags = sys.flags
    options = ["-I"] if flags.isolated else []
    for letter, name in _FLAGS:
        options.extend(["-" + letter] * int(getattr(flags, name, 0)))
    options.extend(["-O"] * flags.optimize)
    if getattr(sys.stdout, "write_through", False):
        options.append("-u")
    for option in sys.warnoptions:
        options.append("-W" + option)
    for name, value in sys._xoptions.items():
        options.append("-X" + (name if value is True else "%s=%s" % (name, value)))
    return options


def _with_site(option: str) -> str:
    """`option` without the letter S: the app's bin/python needs `site` to find the bundle."""
    return option.replace("S", "") if set(option[1:]) <= _LETTERS and option[:1] == "-" else option
