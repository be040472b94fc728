"""A host's side of `pexlite push`: says what is there, puts the new file together, puts it in its place.

This file travels: the host's Python runs its text. stdin is lines of JSON, deflated, in base64: the question, then
plans, each followed by its bytes. The answers are such lines on stdout, after a line with the question's mark:
a shell's own files may have printed something. While bytes come, other lines tell how many have arrived.
"""

import base64
import errno
import json
import os
import sys
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pexlite.ship.remote import arrived, host, machine, place

    def load_rest() -> None:
        """Load the modules that are needed once something is to be changed."""


def main() -> None:
    """Answer the question, then follow plans until stdin ends."""
    question = _heard()
    if not question:
        return
    sys.stdout.buffer.write(("\n%s\n" % question["mark"]).encode())
    try:
        at = place.Place(question["path"])
        at.check()
        if question["do"] == "roll back":
            load_rest()
            _say(host.rolled_back(at))
            return
        said = machine.described()
        if arrived.has_sha256(at.path, question["size"], question["sha256"]):
            _say(_settled(dict(said, same=True), at, question))
            return
        load_rest()
        _follow(host.Host(question, at, _STDIN, lambda count: _say({"arrived": count})), said)
    except place.Refused as refused:
        _say(refused.said)
    except OSError as problem:
        reason = "full" if problem.errno in (errno.ENOSPC, errno.EDQUOT) else "system"
        _say({"refused": reason, "why": problem.strerror or str(problem), "number": problem.errno})


def _follow(pushed: "host.Host", said: "dict[str, Any]") -> None:
    try:
        _say(pushed.answer(said))
        while True:
            plan = _heard()
            if not plan:
                break
            outcome = pushed.follow(plan)
            _say(_settled(outcome, pushed.place, pushed.question) if "done" in outcome else outcome)
    finally:
        pushed.close()


def _settled(said: "dict[str, Any]", at: "place.Place", question: "dict[str, Any]") -> "dict[str, Any]":
    """`said`, after the file was unpacked where that is asked for."""
    if question["warm"] and question["do"] == "push":
        said["warm"] = place.warmed(at.path)
    return said


_STDIN = sys.stdin.buffer  # type: Any


def _heard() -> "dict[str, Any]":
    """The next line of stdin; empty at its end, or where it is cut off."""
    line = _STDIN.readline()
    if not line.endswith(b"\n"):
        return {}
    said = json.loads(zlib.decompress(base64.b64decode(line.split()[0])).decode("utf-8"))  # type: dict[str, Any]
    return said


def _say(said: "dict[str, Any]") -> None:
    line = base64.b64encode(zlib.compress(json.dumps(said, separators=(",", ":")).encode("utf-8"), 6))
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _run() -> None:
    """Exit with 0, or with 70 after a failure that nobody foresaw: other codes have the next Python tried."""
    try:
        os.dup2(3, 2)  # the shell hid what a Python says that cannot run this
        main()
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(70)


if __name__ == "__main__":
    _run()
