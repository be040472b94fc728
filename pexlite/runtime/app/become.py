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

        `asked` is the way in which an engine starts the file: "python" for Ray and Dask, else Spark's, and then
        `spark` is the module for that; "" for any other start. May not return: this process may become an
        interpreter or a script of the bundle.
        """
        facts, switches = dict(facts), self.switches
        if switches:
            switches.say("%s runs %s" % (sys.executable, self.place))
        if (
            facts["sh_boot"]
            and os.name != "nt"
            and self.parts["facts"]["inherit_path"] == "false"
            and not _leads_somewhere(shell_pointer(self.place))
        ):
            if not os.path.exists(self.place + "/bin/python"):
                self.damage(os.environ["PEX"], None).is_mended()
            leave_for_shell(facts, self.place, self.parts["run"], self.part("own") if facts["own"] else None)
        for name, value in facts["inject_env"]:
            os.environ.setdefault(name, value)
        _put_scripts_on_path(facts["bin_path"], self.place + self.parts["inside"]["scripts"])
        is_interpreter = asked == "python" or bool(spark) and spark.prepare(facts, asked)
        if facts.get("as_module"):
            return facts
        if switches and switches.module:
            module, _, attribute = switches.module.partition(":")
            facts["start"] = (module, attribute)
            return facts
        return self._as_program(facts, is_interpreter or bool(switches and switches.interpreter))

    def _as_program(self, facts: "dict[str, Any]", is_interpreter: bool) -> "dict[str, Any]":
        """The facts of a start in this process. May not return: execs what this process cannot run itself."""
        program: Program = self.part("program").Program(facts, self.place, self.parts, self.damage, self.part)
        arguments = sys.argv[1:]
        if self.switches and self.switches.script:
            return program.as_script(self.switches.script, arguments)
        if is_interpreter:
            return program.as_python(arguments)
        if facts["inject_python_args"] and not os.environ.pop(_ARGUMENTS_GIVEN, None):
            os.environ[_ARGUMENTS_GIVEN] = "1"
            if self.switches:
                self.switches.give_back()
            program.become_sealed(list(facts["inject_python_args"]))
        if "commands" in facts:
            facts = self.part("commands").chosen(facts, self.place)
            arguments = sys.argv[1:]
        arguments = [_with_variables(word) for word in facts["inject_args"]] + arguments
        if facts["script"]:
            return program.as_script(facts["script"], arguments)
        if not facts["start"]:
            return program.as_python(arguments)
        sys.argv[1:] = arguments
        return facts


def _with_variables(word: str) -> str:
    """The sealed `word`, with the variable NAME's value for each {pex.env.NAME} in it; "" where it is not set."""
    first, *pieces = word.split("{pex.env.")
    for piece in pieces:
        name, end, rest = piece.partition("}")
        first += os.environ.get(name, "") + rest if end else "{pex.env." + piece
    return first


def _put_scripts_on_path(where: str, directory: str) -> None:
    """Let child processes find the bundle's scripts by name: --bin-path prepend or append."""
    if where == "off":
        return
    path = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry != directory]
    path = [directory] + path if where == "prepend" else path + [directory]
    os.environ["PATH"] = os.pathsep.join(path)


# -- the sh header's way -----------------------------------------------------------------------------


def shell_pointer(place: str) -> str:
    """The path of the file by which the sh header finds the app in `place`: the name has dots, and ".sh"."""
    apps, _, name = place.rpartition("/")
    return "%s/%s.sh" % (apps, name.replace("-", "."))


def leave_for_shell(facts: "dict[str, Any]", place: str, program: bytes, own: "Any" = None) -> None:
    """Write the pointer by which the sh header starts the app's own Python directly, and the `program` it runs.

    The pointer's lines are that Python's path, the program's, which is empty for an interpreter, and the loader's;
    of a Python that the file has brought also its prefix, and the files there that the launcher looks for, by the
    module `own`. Then its time is that of the newest of these.
    """
    # Whose packages are let in, each start has to find out: those of the first Python on PATH.
    if "\n" in place or facts["inherit_path"] != "false":
        return
    python, script, newest = place + "/bin/python", "", None
    try:
        if facts["start"] or facts["script"] or "commands" in facts:
            script = place + "/_pexlite_run.py"
            _replace(script, program)
        lines = [python, script, _loader_of(python)]
        if own is not None and own.is_here():
            needed = own.needed(os.path.realpath(python), not script)
            newest = max([os.stat(sys.base_prefix + "/" + name).st_mtime_ns for name in needed])
            lines += [sys.base_prefix, " ".join(needed)]
        _replace(shell_pointer(place), os.fsencode("\n".join(lines) + "\n"), newest)
    except (OSError, ValueError):
        pass  # a read-only cache: starts go on without the pointer, a little slower


def _loader_of(program: str) -> str:
    """The path of the loader of the ELF file `program`, which names machine and C library; "/" where it has none.

    A home may be shared by machines that have different Pythons at the same path.
    """
    with open(program, "rb") as file:
        head = file.read(4096)
    is_wide = head[4:5] == b"\2"
    places = (32, 54, 8, 32, 8) if is_wide else (28, 42, 4, 16, 4)  # of fields, see elf(5)
    headers, sizes, offset, length, size = places

    def number(place: int, size: int) -> int:
        return int.from_bytes(head[place : place + size], "little" if head[5:6] == b"\1" else "big")

    if head[:4] == b"\x7fELF":
        for index in range(number(sizes + 2, 2)):
            header = number(headers, size) + index * number(sizes, 2)
            if number(header, 4) == 3:  # PT_INTERP
                start = number(header + offset, size)
                return os.fsdecode(head[start : start + number(header + length, size)].rstrip(b"\0")) or "/"
    return "/"


def _leads_somewhere(pointer: str) -> bool:
    """Whether the Python, the program and the loader that the `pointer` names exist."""
    try:
        with open(pointer, "rb") as file:
            python, script, loader = file.read().split(b"\n")[:3]
        return os.path.exists(python) and os.path.exists(loader) and (not script or os.path.getsize(script) > 0)
    except (OSError, ValueError):
        return False


def _replace(path: str, content: bytes, time_ns: "int | None" = None) -> None:
    folder, name = os.path.split(path)
    temporary = "%s/.%s-%d-%d-%08x" % (folder, name, os.getpid(), time.time() * 1e6, 0)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
    if time_ns is not None:
        try:
            os.utime(temporary, ns=(time_ns, time_ns))
        except OSError:
            pass  # a file system without such times: the pointer is newer anyway
    os.rename(temporary, path)
