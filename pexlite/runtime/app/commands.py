"""A file of several commands: which of them a start is. Only such a file's launcher has this module."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_ENDS = (".exe", ".pex")
_VERSION = "0123456789."


def chosen(facts: "dict[str, Any]", place: str) -> "dict[str, Any]":
    """The facts of a start as one of the file's commands, with its arguments in sys.argv.

    It is the command that the file is called by, as by a link, else that of the first argument: then sys.argv[0]
    is the command's script in the app's directory `place`, as in a venv, so that usage lines and completion have
    its name. May not return: without either the commands are listed.
    """
    known = facts["commands"]
    called = os.path.basename(sys.argv[0])
    name = called if called in known else _named(called, known)
    if not name:
        name = sys.argv[1] if len(sys.argv) > 1 else ""
        if name not in known:
            _show(called, known, name)
        sys.argv[:2] = ["%s/bin/%s" % (place, name)]
    module, attribute, _ = known[name]
    return dict(facts, start=(module, attribute) if module else (), script="" if module else name)


def _named(called: str, known: "dict[str, Any]") -> str:
    """The command that a link `called` "http.pex", "http3" or "http-3.2" means; "" for another name."""
    stem = called[:-4] if called[-4:].lower() in _ENDS else called
    for name in (stem, stem.rstrip(_VERSION), stem.rstrip(_VERSION).rstrip("-_@")):
        if name in known:
            return name
    return ""


def _show(called: str, known: "dict[str, Any]", word: str) -> "NoReturn":
    """Exit having listed the commands, or with an error about the `word` that is none."""
    if word in ("", "-h", "--help", "help"):
        width = max([len(name) for name in known])
        lines = ["usage: %s COMMAND [ARGUMENT]..." % called, ""]
        lines += [("  %-*s  %s" % (width, name, known[name][2])).rstrip() for name in sorted(known)]
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        try:
            print("\n".join(lines).encode(encoding, "backslashreplace").decode(encoding))
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit()
    # The standard library first: nothing that PYTHONPATH names may be taken for it.
    sys.path.insert(0, os.path.dirname(os.__file__))
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    hint = "did you mean `%s %s`?" % (called, near[0]) if near else "`%s --help` lists its commands" % called
    sys.stderr.write("error: %s has no command %s\nhint: %s\n" % (called, ascii(word), hint))
    sys.exit(2)
