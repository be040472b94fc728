"""Starts that are more than calling the entry point: interpreter, scripts, sealed arguments and variables."""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from .switches import Switches

# Set across the exec that gives Python the arguments sealed in with --inject-python-args.
_ARGUMENTS_GIVEN = "__PEXLITE_PYTHON_ARGUMENTS"
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
)


class Becoming:
    """A start in the app's directory `place`: `parts` is what the launcher holds, `switches` what is asked of it.

    `damage` helps where files are missing (launch.damage).
    """

    def __init__(
        self, parts: "dict[str, Any]", place: str, switches: "Switches | None", damage: "Callable[..., Any]"
    ) -> None:
        self.parts = parts
        self.place = place
        self.switches = switches
        self.damage = damage

    def prepared(self, facts: "dict[str, Any]", asked: str, spark: "Any") -> "dict[str, Any]":
        """The facts to go on with, what is sealed in being in its place.

        `asked` is the way in which Spark starts the file, if it does, and `spark` the module that then helps. May
        not return: the process becomes an interpreter or a script of the bundle.
        """
        facts, switches = dict(facts), self.switches
        if switches:
            switches.say("%s runs %s" % (sys.executable, self.place))
        if facts["sh_boot"] and not _leads_somewhere(shell_pointer(self.place)):
            leave_for_shell(facts, self.place, self.parts["run"])
        for name, value in facts["inject_env"]:
            os.environ.setdefault(name, value)
        _put_scripts_on_path(facts["bin_path"], self.place + "/bin")
        if switches and switches.inherit_path:
            facts["inherit_path"] = switches.inherit_path
        if switches and switches.extra_path:
            facts["extra_path"] = switches.extra_path
        is_interpreter = bool(spark) and spark.prepare(facts, asked)
        if facts.get("as_module"):
            return facts
        if switches and switches.module:
            module, _, attribute = switches.module.partition(":")
            facts["start"] = (module, attribute)
            return facts
        return self._as_program(facts, is_interpreter or bool(switches and switches.interpreter))

    def _as_program(self, facts: "dict[str, Any]", is_interpreter: bool) -> "dict[str, Any]":
        """The facts of a start in this process; else it becomes the program that `facts` and switches name."""
        program = Program(facts, self.place, self.parts["site_time"], self.damage)
        arguments = sys.argv[1:]
        if self.switches and self.switches.script:
            program.run_script(self.switches.script, arguments)
        if is_interpreter:
            program.run_python(arguments)
        if facts["inject_python_args"] and not os.environ.pop(_ARGUMENTS_GIVEN, None):
            os.environ[_ARGUMENTS_GIVEN] = "1"
            if self.switches:
                self.switches.give_back()
            program.execute([program.python] + list(facts["inject_python_args"]) + sys.argv)
        arguments = list(facts["inject_args"]) + arguments
        if facts["script"]:
            program.run_script(facts["script"], arguments)
        if not facts["start"]:
            program.run_python(arguments)
        sys.argv[1:] = arguments
        return facts


class Program:
    """A program of the app that this process may become."""

    def __init__(self, facts: "dict[str, Any]", place: str, site_time: int, damage: "Any") -> None:
        self.facts = facts
        self.place = place
        self.python = place + "/bin/python"
        self.site_time = site_time
        self.damage = damage

    def run_python(self, arguments: "list[str]") -> "NoReturn":
        """Exec the app's Python, with the options of this one, and `arguments`."""
        more = list(self.facts.get("extra_path", ()))
        if self.facts["inherit_path"] != "false":
            more.extend([entry for entry in sys.path if "-packages" in entry])
        if more:
            known = [entry for entry in (os.environ.get("PYTHONPATH"),) if entry]
            os.environ["PYTHONPATH"] = os.pathsep.join(more + known)
        self.execute([self.python] + _python_options() + arguments)

    def run_script(self, name: str, arguments: "list[str]") -> "NoReturn":
        """Exec a file in bin/: by the app's own Python if it is a Python script, else as a program."""
        path = "%s/bin/%s" % (self.place, name)
        if not os.path.exists(path):
            self.mend()
        try:
            by_python = _is_python_script(path)
        except OSError:
            known = ", ".join(sorted(set(os.listdir(self.place + "/bin")) - _PYTHONS)) or "none"
            sys.stderr.write("error: there is no script %r in this file\n  it has: %s\n" % (name, known))
            sys.stderr.write("hint: set PEX_SCRIPT to one of these\n")
            sys.exit(1)
        if by_python:
            self.run_python([path] + arguments)
        self.execute([path] + arguments)

    def execute(self, words: "list[str]") -> "NoReturn":
        """Exec `words`; what is missing of the app is mended before, since this process does not come back."""
        if not self._looks_whole():
            self.mend()
        try:
            os.execv(words[0], words)
        except OSError as failure:
            sys.stderr.write("error: %s cannot be started: %s\n" % (words[0], failure.strerror))
            sys.exit(1)

    def mend(self) -> None:
        """Write back what is missing in the app's directory, from the file; else the program itself will tell."""
        self.damage(os.environ["PEX"], None).is_mended()

    def _looks_whole(self) -> bool:
        """Whether nothing is gone, as far as three looks tell.

        The directory of the bundle's modules has a new time when anything in it comes or goes; then its names
        are compared.
        """
        library = os.path.basename(os.path.dirname(os.__file__))
        site_packages = "%s/lib/%s/site-packages" % (self.place, library)
        try:
            if not os.path.exists(self.python) or not os.path.exists(self.place + "/pyvenv.cfg"):
                return False
            if os.stat(site_packages).st_mtime_ns == self.site_time:
                return True
            # As bytes: what was written under one locale is read under another.
            with open(self.place + "/READY", "rb") as ready:
                expected = ready.read().split(b"\n\n", 1)[1].split(b"\n")
            return set(expected).issubset([b""] + os.listdir(os.fsencode(site_packages)))
        except (OSError, IndexError):
            return False


def _is_python_script(path: str) -> bool:
    with open(path, "rb") as script:
        head = script.read(600).split(b"\n", 3)
    by_shell = head[0].startswith(b"#!/bin/sh") and len(head) > 1
    return head[0].startswith(b"#!") and (b"python" in head[0] or by_shell and b"/python" in head[1])


def _python_options() -> "list[str]":
    """The options this Python itself was started with, for the Python that it becomes."""
    original = getattr(sys, "orig_argv", None)
    if original is not None:
        options = original[1 : len(original) - len(sys.argv)]
        return [word for word in map(_with_site, options) if word != "-"]
    flags = sys.flags
    options = ["-I"] if flags.isolated else []
    for letter, name in _FLAGS:
        options.extend(["-" + letter] * int(getattr(flags, name)))
    options.extend(["-O"] * flags.optimize)
    for option in sys.warnoptions:
        options.append("-W" + option)
    for name, value in sys._xoptions.items():
        options.append("-X" + (name if value is True else "%s=%s" % (name, value)))
    return options


def _with_site(option: str) -> str:
    """The option without -S: `site` is what shows the bundle to bin/python."""
    return option.replace("S", "") if set(option[1:]) <= _LETTERS and option[:1] == "-" else option


def _put_scripts_on_path(where: str, directory: str) -> None:
    """Let child processes find the bundle's scripts by name: --bin-path prepend or append."""
    if where == "off":
        return
    path = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry != directory]
    path = [directory] + path if where == "prepend" else path + [directory]
    os.environ["PATH"] = os.pathsep.join(path)


# -- the sh header's way -----------------------------------------------------------------------------


def shell_pointer(place: str) -> str:
    """The path of the file by which the sh header finds the app: one for all Pythons, the last one wins."""
    return place.rpartition("/")[0] + "/" + os.path.basename(place).partition("-")[0] + ".sh"


def leave_for_shell(facts: "dict[str, Any]", place: str, program: bytes) -> None:
    """Have later starts through the sh header go straight to the app's own Python.

    Two lines: that Python; and the script that it runs, an empty line where it runs none. What calls the entry
    point is `program`. The header gives what is sealed in. Nothing is left for a script that is none of Python's.
    """
    if "\n" in place:
        return
    python, script = place + "/bin/python", ""
    try:
        if facts["start"]:
            script = place + "/_pexlite_run.py"
            _replace(script, program)
        elif facts["inherit_path"] != "false":
            return
        elif facts["script"]:
            script = "%s/bin/%s" % (place, facts["script"])
            if not _is_python_script(script):
                return  # nothing would date READY anew
        _replace(shell_pointer(place), os.fsencode("%s\n%s\n" % (python, script)))
    except OSError:
        pass  # a cache that is only read: starts stay as they are, a little slower


def _leads_somewhere(pointer: str) -> bool:
    """Whether the Python and the script that it names are there."""
    try:
        with open(pointer, "rb") as file:
            python, script = file.read().split(b"\n")[:2]
        return os.path.exists(python) and (not script or os.path.getsize(script) > 0)
    except (OSError, ValueError):
        return False


def _replace(path: str, content: bytes) -> None:
    folder, name = os.path.split(path)
    temporary = "%s/.%s-%d-%d-%08x" % (folder, name, os.getpid(), time.time() * 1e6, 0)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
    os.rename(temporary, path)
