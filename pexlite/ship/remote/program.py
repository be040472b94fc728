"""A host's side of `pexlite push`: says what is there, puts the new file together, puts it in its place.

This file travels: the host's Python runs its text. stdin is lines of JSON, deflated, in base64: which file is
meant and where it goes; then, unless it is there, the rest of this program and all else that is asked; then plans,
each followed by its bytes. The answers are such lines on stdout, after a line with the question's mark: a shell's
own files may have printed something. While bytes come, other lines tell how many have arrived.

To answer that a file is there takes as long as to start a Python: so little is imported here, and what was said
here is read as an expression, which JSON is but for three names.
"""

import os
import sys
import zlib
from binascii import a2b_base64, b2a_base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pexlite.ship.remote import destination, host, machine, noted, place

    def load_all(program: str) -> None:
        """Load the modules that are needed once something is to be changed."""


_OUT = sys.stdout.buffer  # type: Any
_IN = sys.stdin.buffer  # type: Any


def main() -> None:
    """Answer the question, then follow plans until stdin ends."""
    asked = _heard()
    if not asked:
        return
    _OUT.write(("\n%s\n" % asked["mark"]).encode())
    said = {"each": [place.attempt(_looked_at, asked, path) for path in asked["paths"]]}  # type: dict[str, Any]
    if all([one.get("same") or "refused" in one for one in said["each"]]):
        _say(said)
        return
    said.update(machine.described())
    _say(said)
    question = dict(_heard(), **asked)
    if "program" not in question:
        return
    load_all(question["program"])
    if question["do"] == "roll back":
        _roll_back([path for path, one in zip(asked["paths"], said["each"]) if "refused" not in one])
        return
    refused = place.attempt(_follow, host.Host(question, said["each"], _IN, _say))
    if refused:
        _say(refused)


def _looked_at(asked: "dict[str, Any]", path: str) -> "dict[str, Any]":
    """Whether the file is at a path already."""
    at = place.Place(path)
    at.check()
    if asked["do"] == "roll back" or not noted.has_sha256(at.path, asked["size"], asked["sha256"]):
        return {}
    found = {"same": True}  # type: dict[str, Any]
    if asked["warm"] and asked["do"] == "push":
        found["warm"] = place.warmed(at.path)
    return found


def _roll_back(paths: "list[str]") -> None:
    """Roll back each place, and say so; two paths may lead to one, which is swapped once."""
    done = {}  # type: dict[bytes, dict[str, Any]]
    for path in paths:
        at = place.Place(path)
        if at.path not in done:
            done[at.path] = place.attempt(destination.rolled_back, at)
        _say(done[at.path])


def _follow(pushed: "host.Host") -> "dict[str, Any]":
    try:
        _say(pushed.answer())
        while True:
            plan = _heard()
            if not plan:
                return {}
            pushed.follow(plan)
    finally:
        pushed.close()


def _heard() -> "dict[str, Any]":
    """The next line of stdin; empty at its end, or where it is cut off."""
    line = _IN.readline()
    if not line.endswith(b"\n"):
        return {}
    said = zlib.decompress(a2b_base64(line.split()[0])).decode("utf-8", "surrogatepass")
    return dict(eval(said, {"true": True, "false": False, "null": None}))


def _say(said: "dict[str, Any]") -> None:
    json = sys.modules.get("json")  # type: Any
    text = json.dumps(said, separators=(",", ":")) if json else _in_json(said)
    _OUT.write(b2a_base64(zlib.compress(text.encode("ascii"), 6)).replace(b"\n", b"") + b"\n")
    _OUT.flush()


def _in_json(value: "Any") -> str:
    """A value as JSON."""
    if isinstance(value, dict):
        return "{%s}" % ",".join([_in_json(name) + ":" + _in_json(value[name]) for name in value])
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join([_in_json(one) for one in value])
    if isinstance(value, str):
        return '"%s"' % "".join([_escaped(letter) for letter in value])
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "%d" % value


def _escaped(letter: str) -> str:
    if " " <= letter <= "~" and letter not in '"\\':
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(["\\u%02x%02x" % (units[place], units[place + 1]) for place in range(0, len(units), 2)])


def _run() -> None:
    """Exit with 0, or with 70 after a failure that nobody foresaw: other codes have the next Python tried."""
    try:
        os.dup2(3, 2)  # the shell hid what a Python says that cannot run this
        main()
        _OUT.flush()
    except BrokenPipeError:
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(70)


if __name__ == "__main__":
    _run()
