"""Errors and notices on stderr: why a start failed before the app's own code ran, and what a start noticed."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def explain(failure: BaseException, facts: "dict[str, Any]", file: str) -> "NoReturn":
    """Exit with 1 after an error and a hint about a boot that failed; PEX_VERBOSE=1 shows the traceback too.

    Either the file has changed or been replaced, or the boot has a bug.
    """
    from .file import whole
    from .file.zip import Damaged

    name = os.path.basename(file)
    if isinstance(failure, FileNotFoundError) and failure.filename is None:  # as os.getcwd() has it
        fail("the current directory is gone", "start %s from another one" % name)
    if _is_verbose():
        sys.excepthook(type(failure), failure, failure.__traceback__)
    try:
        with whole.opened(file) as found:
            build_id = found.build_id
    except Damaged as damage:
        fail_damaged(file, damage)
    except OSError as problem:
        fail("%s cannot be read: %s" % (name, problem.strerror), "see whether it is still there")
    if build_id != facts["build_id"]:
        fail_replaced(file)
    if facts["own"]:
        _mend_interpreter(name, file, failure)
    last = failure.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = "%s:%d" % (os.path.basename(last.tb_frame.f_code.co_filename), last.tb_lineno) if last else "?"
    words = " ".join(str(failure).split())[:80]
    fail(
        "%s could not be started: %s: %s (%s)" % (name, type(failure).__name__, words, where),
        "a bug in pexlite: PEX_VERBOSE=1 shows the traceback; report it to pexlite's issue tracker with that",
    )


def _mend_interpreter(name: str, file: str, failure: BaseException) -> None:
    """Exit with an error where the file's own Python is damaged as unpacked; the next start unpacks it again."""
    from .file import whole

    try:
        from .file import interpreter

        with whole.opened(file) as found:
            wrong = interpreter.damage(found.descriptor, found.manifest, type(failure))
    except (ImportError, SyntaxError, AttributeError) as worse:
        from .app.own import mark_interpreter

        mark_interpreter(sys.base_prefix)
        wrong = [str(worse)]
    if wrong:
        fail("the unpacked Python of %s is damaged: %s" % (name, wrong[0]), "start it again: it is unpacked anew")


def _is_verbose() -> bool:
    # The switches of this start may have been taken out of the environment already.
    switches: Any = sys.modules.get("__pexlite__.app.switches")
    return os.environ.get("PEX_VERBOSE", "0") not in ("", "0") or bool(switches and switches.Switches.verbose)


def fail_damaged(file: str, damage: object) -> "NoReturn":
    """Exit with an error and a hint for a file whose own parts have changed since it was built."""
    fail("%s is damaged: %s" % (os.path.basename(file), damage), "copy it here again")


def fail_unreadable(file: str, problem: object) -> "NoReturn":
    """Exit with an error and a hint for a file that is whole, and whose wheels this Python cannot read."""
    fail(
        "%s cannot be read by %s: %s" % (os.path.basename(file), sys.executable, problem),
        "start it with a Python that has it: PEX_PYTHON=/path/to/python; or build it without --zstd",
    )


def fail_replaced(file: str) -> "NoReturn":
    """Exit with an error and a hint for a path where another file lies since Python opened the first one."""
    fail("%s was replaced while it started" % os.path.basename(file), "start it again")


def fail(message: str, hint: str) -> "NoReturn":
    """Exit with 1 after an error and a hint."""
    _say("error: %s\nhint: %s\n" % (shown(message), shown(hint)))
    sys.exit(1)


def notice(words: str) -> None:
    """Write `words` to stderr, if this process has one."""
    _say("pexlite: %s\n" % shown(words))


def shown(text: str) -> str:
    """`text` with control characters and line breaks escaped, as repr() writes them."""
    # A file's own name or manifest must not move the cursor or forge a line.
    return text if text.isprintable() else "".join([c if c.isprintable() else ascii(c)[1:-1] for c in text])


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass  # a process without stderr still has its exit code


def end_as_interrupted() -> "NoReturn":
    """End this process by SIGINT, without the traceback of our own code."""
    # `signal` takes long enough for another one to come.
    import _signal  # type: ignore[import-not-found]

    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    os.kill(os.getpid(), 0xC000013A if os.name == "nt" else _signal.SIGINT)  # STATUS_CONTROL_C_EXIT
    sys.exit(130)
