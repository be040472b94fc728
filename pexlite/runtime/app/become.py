"""Starts that do more than call the entry point: sealed arguments and variables, switches, the sh header."""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .program import Program
    from .switches import Switches

# Set across the exec that gives Python the arguments sealed in with --inject-python-args.
_ARGUMENTS_GIVEN = "__PEXLITE_PYTHON_ARGUMENTS"


class Becoming:
    """A start in the app's directory `place`, with the launcher's content (`parts`) and the switches, if any.

    `part` loads another module of this folder (launch.part); `damage` makes what mends missing files
    (launch.damage).
    """

    def __init__(
        self,
        parts: "dict[str, Any]",
        place: str,
        switches: "Switches | None",
        part: "Callable[[str], Any]",
        damage: "Callable[[str, float | None], Any]",
    ) -> None:
        self.parts = parts
        self.place = place
        self.switches = switches
        self.part = part
        self.damage = damage

    def prepared(self, facts: "dict[str, Any]", asked: str, spark: "Any") -> "dict[str, Any]":
        """The facts to start with, once the sealed variables are set and the script directory is on PATH.

        `asked` is the way in which Spark starts the file ("" for any other start), and `spark` the module for such
        starts. May not return: this process may become an interpreter or a script of the bundle.
        """
        facts, switches = dict(facts), self.switches
        if switches:
            switches.say("%s runs %s" % (sys.executable, self.place))
        if (
            facts["sh_boot"]
            and self.parts["facts"]["inherit_path"] == "false"
            and not _leads_somewhere(shell_pointer(self.place))
        ):
            leave_for_shell(facts, self.place, self.parts["run"])
        for name, value in facts["inject_env"]:
            os.environ.setdefault(name, value)
        _put_scripts_on_path(facts["bin_path"], self.place + "/bin")
        is_interpreter = bool(spark) and spark.prepare(facts, asked)
        if facts.get("as_module"):
            return facts
        if switches and switches.module:
            module, _, attribute = switches.module.partition(":")
            facts["start"] = (module, attribute)
            return facts
        return self._as_program(facts, is_interpreter or bool(switches and switches.interpreter))

    def _as_program(self, facts: "dict[str, Any]", is_interpreter: bool) -> "dict[str, Any]":
        """The facts of a start in this process. May not return: execs what this process cannot run itself."""
        program: Program = self.part("program").Program(facts, self.place, self.parts["site_time"], self.damage)
        arguments = sys.argv[1:]
        if self.switches and self.switches.script:
            return program.as_script(self.switches.script, arguments)
        if is_interpreter:
            return program.as_python(arguments)
        if facts["inject_python_args"] and not os.environ.pop(_ARGUMENTS_GIVEN, None):
            os.environ[_ARGUMENTS_GIVEN] = "1"
            if self.switches:
                self.switches.give_back()
            program.execute([program.python] + list(facts["inject_python_args"]) + sys.argv)
        arguments = list(facts["inject_args"]) + arguments
        if facts["script"]:
            return program.as_script(facts["script"], arguments)
        if not facts["start"]:
            return program.as_python(arguments)
        sys.argv[1:] = arguments
        return facts


def _put_scripts_on_path(where: str, directory: str) -> None:
    """Let child processes find the bundle's scripts by name: --bin-path prepend or append."""
    if where == "off":
        return
    path = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry != directory]
    path = [directory] + path if where == "prepend" else path + [directory]
    os.environ["PATH"] = os.pathsep.join(path)


# -- the sh header's way -----------------------------------------------------------------------------


def shell_pointer(place: str) -> str:
    """The path of the file by which the sh header finds the app: one for all Pythons, last written wins."""
    return place.rpartition("/")[0] + "/" + os.path.basename(place).partition("-")[0] + ".sh"


def leave_for_shell(facts: "dict[str, Any]", place: str, program: bytes) -> None:
    """Write the pointer by which the sh header starts the app's own Python directly, and the `program` it runs.

    The pointer's two lines are that Python's path and the program's; the second is empty for an interpreter.
    """
    # Whose packages are let in, each start has to find out: those of the first Python on PATH.
    if "\n" in place or facts["inherit_path"] != "false":
        return
    python, script = place + "/bin/python", ""
    try:
        if facts["start"] or facts["script"]:
            script = place + "/_pexlite_run.py"
            _replace(script, program)
        _replace(shell_pointer(place), os.fsencode("%s\n%s\n" % (python, script)))
    except OSError:
        pass  # a read-only cache: starts go on without the pointer, a little slower


def _leads_somewhere(pointer: str) -> bool:
    """Whether the Python and the program that the `pointer` names exist."""
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
