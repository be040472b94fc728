"""Starts that are more than calling the entry point: interpreter, scripts, sealed arguments and variables."""

import os
import sys

from .launch import by_spark

# Set across the exec that gives Python the arguments sealed in with --inject-python-args.
_ARGUMENTS_GIVEN = "__PEXLITE_PYTHON_ARGUMENTS"


def run(facts, switches, prefix):
    """The facts to go on with, or no return: the process becomes an interpreter or a script of the bundle."""
    if not _looks_whole(prefix):
        from . import repair

        prefix = repair.install_again(facts, os.environ["PEX"], prefix, switches)
    facts = dict(facts)
    arguments = sys.argv[1:]
    if switches:
        switches.say("%s runs %s" % (sys.executable, prefix))
    if facts.get("sh_boot") and not _leads_somewhere(shell_pointer(prefix)):
        leave_for_shell(facts, prefix)
    for name, value in facts.get("inject_env", ()):
        os.environ.setdefault(name, value)
    _put_scripts_on_path(facts.get("bin_path", "off"), prefix + "/bin")
    if switches and switches.inherit_path:
        facts["inherit_path"] = switches.inherit_path
    if switches and switches.extra_path:
        facts["extra_path"] = switches.extra_path
    interpreter = switches and switches.interpreter
    if facts.get("spark") or by_spark():
        from . import spark

        interpreter = spark.prepare(facts, prefix) or interpreter
        if "as_module" in facts:
            return facts
        arguments = sys.argv[1:]
    if switches and switches.module:
        module, _, attribute = switches.module.partition(":")
        facts["start"] = (module, attribute)
        return facts
    if switches and switches.script:
        _run_script(prefix, facts, switches.script, arguments)
    if interpreter:
        _become_python(prefix, facts, arguments)
    if facts.get("inject_python_args") and not os.environ.pop(_ARGUMENTS_GIVEN, None):
        os.environ[_ARGUMENTS_GIVEN] = "1"
        if switches:
            switches.give_back()
        python = prefix + "/bin/python"
        _execute([python] + list(facts["inject_python_args"]) + sys.argv, prefix)
    arguments = list(facts.get("inject_args", ())) + arguments
    if facts.get("script"):
        _run_script(prefix, facts, facts["script"], arguments)
    if not facts["start"]:
        _become_python(prefix, facts, arguments)
    sys.argv[1:] = arguments
    return facts


def _looks_whole(prefix):
    """Whether nothing is gone, as far as two listings tell.

    A process that becomes another program does not come back when that fails, so this is looked at before.
    """
    place = "%s/lib/%s/site-packages" % (prefix, os.path.basename(os.path.dirname(os.__file__)))
    try:
        # As bytes: what was written under one locale is read under another.
        with open(prefix + "/READY", "rb") as ready:
            first, _, names = ready.read().partition(b"\n")
        wheels = os.listdir(os.fsencode(os.path.dirname(os.path.dirname(prefix)) + "/wheels"))
        shown = set(names.split(b"\n")).issubset([b""] + os.listdir(os.fsencode(place)))
        return shown and set(first.split()[1:]).issubset(wheels) and os.path.exists(prefix + "/pyvenv.cfg")
    except OSError:
        return False


def _become_python(prefix, facts, arguments):
    python = prefix + "/bin/python"
    more = list(facts.get("extra_path", ()))
    if facts["inherit_path"] != "false":
        more.extend([entry for entry in sys.path if "-packages" in entry])
    if more:
        known = [entry for entry in (os.environ.get("PYTHONPATH"),) if entry]
        os.environ["PYTHONPATH"] = os.pathsep.join(more + known)
    _execute([python] + _python_options() + arguments, prefix)


def _execute(words, prefix):
    """The process is `words` from here on."""
    try:
        os.execv(words[0], words)
    except OSError as failure:
        from . import repair

        if not repair.explain(type(failure), os.environ["PEX"], prefix):
            sys.stderr.write("error: %s cannot be started: %s\n" % (words[0], failure.strerror))
        sys.exit(1)


def _run_script(prefix, facts, name, arguments):
    """A file in bin/: by the app's own Python if it is a Python script, else as the program that it is."""
    path = "%s/bin/%s" % (prefix, name)
    try:
        with open(path, "rb") as script:
            first = script.read(2)
    except OSError as failure:
        from . import repair

        if repair.explain(type(failure), os.environ["PEX"], prefix):
            sys.exit(1)
        known = ", ".join(sorted(set(os.listdir(prefix + "/bin")) - _PYTHONS)) or "none"
        sys.stderr.write("error: there is no script %r in this file\n  it has: %s\n" % (name, known))
        sys.stderr.write("hint: set PEX_SCRIPT to one of these\n")
        sys.exit(1)
    if first == b"#!" and _is_python_script(path):
        _become_python(prefix, facts, [path] + arguments)
    _execute([path] + arguments, prefix)


_PYTHONS = frozenset(["python", "python3", "python%d.%d" % sys.version_info[:2]])


def _is_python_script(path):
    with open(path, "rb") as script:
        head = script.read(600).split(b"\n", 3)
    by_shell = head[0].startswith(b"#!/bin/sh") and len(head) > 1
    return b"python" in head[0] or (by_shell and b"/python" in head[1])


def _python_options():
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


def _with_site(option):
    """The option without -S: `site` is what shows the bundle to bin/python."""
    return option.replace("S", "") if set(option[1:]) <= _LETTERS and option[:1] == "-" else option


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


def shell_pointer(prefix):
    """The file in which the sh header finds the app's directory: one for all Pythons, the last one wins."""
    return prefix.rpartition("/")[0] + "/" + os.path.basename(prefix).partition("-")[0] + ".sh"


def _leads_somewhere(pointer):
    """Whether the Python and the script that it names are there."""
    try:
        with open(pointer, "rb") as file:
            python, script = file.read().split(b"\n")[:2]
        return os.path.exists(python) and (not script or os.path.getsize(script) > 0)
    except (OSError, ValueError):
        return False


def leave_for_shell(facts, prefix):
    """Have later starts through the sh header go straight to the app's own Python.

    Two lines: that Python, and the script it runs; an empty one where it is the interpreter itself. What is sealed
    in beyond an entry point needs this module, so then nothing is left and every start comes through here.
    """
    sealed = ("inject_args", "inject_env", "inject_python_args", "script")
    if "\n" in prefix or facts["bin_path"] != "off" or facts["inherit_path"] != "false":
        return
    if any([facts[name] for name in sealed]) or facts.get("spark"):
        return
    script = prefix + "/_pexlite_run.py" if facts["start"] else ""
    temporary = "%s/.sh-%d" % (os.path.dirname(prefix), os.getpid())
    try:
        if script:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(_RUN % (facts["start"],))
            os.rename(temporary, script)
        with open(temporary, "wb") as file:
            file.write(os.fsencode("%s/bin/python\n%s\n" % (prefix, script)))
        os.rename(temporary, shell_pointer(prefix))
    except OSError:
        pass  # a cache that is only read: starts stay as they are, a little slower


# In quotes to its end: cut off, it is no Python, where a shorter program would do less and say nothing.
_RUN = """\
exec('''
import marshal
import sys
from _frozen_importlib_external import MAGIC_NUMBER

prefix = __file__.rpartition("/")[0]
launch = {"__name__": "_pexlite_launch", "__file__": prefix + "/_pexlite_launch.py"}
try:
    with open(prefix + "/_pexlite_launch.pyc", "rb") as file:
        content = file.read()
    if content[:4] != MAGIC_NUMBER:
        raise ImportError
    exec(marshal.loads(content[16:]), launch)
except Exception:
    import os

    # The file itself knows what to do about a cache that is damaged.
    os.execv(sys.executable, [sys.executable] + sys.argv[1:])

launch["leave_out_python_path"]()
del sys.argv[0]
launch["call"](%r, globals())
''')
"""


def _put_scripts_on_path(where, directory):
    """Let child processes find the bundle's scripts by name: --bin-path prepend or append."""
    if where == "off":
        return
    path = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry != directory]
    path = [directory] + path if where == "prepend" else path + [directory]
    os.environ["PATH"] = os.pathsep.join(path)
