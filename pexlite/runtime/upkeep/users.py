"""Which apps of the cache are in use, judged by the running processes.

An app in use holds no lock and need not hold any file open. So this goes by command lines, files mapped into
memory and start times. In doubt an app counts as used.
"""

import os
import time

from ..start import LAYOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..cache.app import App

# Every start renews a mark older than a day: a process that began later than this after the mark is no user of it.
_MARK_IS_RIGHT_WITHIN = 86400 + 60
_CLOCKS_DIFFER_BY = 0.1  # seconds: start times of processes and mtimes of files come from different clocks
_MOST_WORDS = 50  # of a command line that are looked at
_SINCE_BOOT = 7  # CLOCK_BOOTTIME, which Python 3.6 has no name for
_OF_THE_KERNEL = 0x00200000  # PF_KTHREAD of /proc/PID/stat
_LOOKS, _BETWEEN_LOOKS = 50, 0.001  # seconds: looks at a process amid exec, which shows no command line yet


class Candidate:
    """An app that may be removed. `mark` is its last use, before the pruner dated it back."""

    def __init__(self, app: "App", mark: float) -> None:
        self.app = app
        self.name = app.name
        self.build_id = app.build_id
        self.path = "/%s/apps/%s/" % (LAYOUT, app.name)
        self.mark = mark
        self.root = os.path.realpath(os.path.dirname(app.root))
        ready = app.ready()
        self.file_name = ready.file if ready else ""
        self.wheels = ready.wheels if ready else ()
        # PEX_ROOT does not tell of a root sealed into the file, nor of a private root in place of another.
        sealed = ready is None or bool(ready.sealed_root)
        self.is_found_otherwise = sealed or os.path.basename(self.root)[:8] == "pexlite-"
        python = os.path.realpath(app.place + "/bin/python")
        self.python = python if os.path.exists(python) else None
        try:
            self.owner = os.stat(app.place).st_uid
        except OSError:
            self.owner = -1
        self.is_closed = is_closed(os.path.realpath(app.place), self.owner)

    def is_mapped(self, process: "Process") -> bool:
        """Whether the process has mapped a file of the app, or of its wheels (the app may hold symbolic links)."""
        return self.path in process.mapped or any(["/%s/" % wheel in process.mapped for wheel in self.wheels])

    def is_perhaps_run_by(self, process: "Process") -> bool:
        """Whether the process may run this app, by its Python, cache, user and age."""
        if self.is_closed and process.owner != self.owner:
            return False  # other users cannot enter, and root uses no cache of another account
        program = process.program or process.words[0]
        if program.endswith(" (deleted)"):
            program = program[: -len(" (deleted)")]
        if process.program and self.python:
            if program != self.python:
                return False
        elif not _is_python(program):
            return False
        if process.root and process.root != self.root and not self.is_found_otherwise:
            return False
        if process.owner == self.owner or process.started < self.mark + _MARK_IS_RIGHT_WITHIN:
            return True
        # Another user cannot renew the mark, so go by the file's name.
        return self.file_name in [os.path.basename(word) for word in process.words]


class Process:
    """A running process; what cannot be seen of it is None. `root` is the cache that its variables name."""

    def __init__(
        self,
        words: "list[str]",
        started: float,
        owner: int,
        program: "str | None" = None,
        directory: "str | None" = None,
        mapped: str = "",
        root: "str | None" = None,
        number: int = 0,
    ) -> None:
        self.number = number
        self.words = words
        self.started = started
        self.owner = owner
        self.program = program
        self.directory = directory
        self.mapped = mapped
        self.root = root


def in_use(apps: "Sequence[Candidate]") -> "dict[str, Process]":
    """The apps that a running process uses or may use, each by name with one such process."""
    used: dict[str, Process] = {}
    for process in running():
        rest = [app for app in apps if app.name not in used]
        if not rest:
            break
        for name in _used_by(process, rest):
            used[name] = process
    return used


def without_process(interpreters: "Sequence[str]") -> "list[str]":
    """Those of the files' own Pythons, given by name, that no running process uses, as far as can be seen."""
    left = list(interpreters)
    for process in running():
        if not process.program and process.owner == os.geteuid() and _is_python(process.words[0]):
            return []  # what it runs cannot be seen
        seen = "%s\n%s\n%s" % (process.program, "\n".join(process.words), process.mapped)
        left = [name for name in left if "/%s/interpreters/%s/" % (LAYOUT, name) not in seen]
    return left


def is_closed(path: str, owner: int) -> bool:
    """Whether `path`, or a directory above it, is owned by `owner` and closed to all others except root."""
    while path != "/":
        try:
            found = os.stat(path)
        except OSError:
            return False
        if (
            found.st_uid == owner
            and not found.st_mode & 0o001
            and not (found.st_mode & 0o010 and (_has_others(found) or _has_list(path)))
        ):
            return True
        path = os.path.dirname(path)
    return False


def _has_list(path: str) -> bool:
    """Whether the path has an ACL that may let others in; the group's bits are then only its upper limit."""
    try:
        return "system.posix_acl_access" in os.listxattr(path)
    except (AttributeError, OSError):
        return False


def _has_others(found: os.stat_result) -> bool:
    """Whether the group may have members other than the owner. Many users have a group for themselves alone."""
    import grp
    import pwd

    try:
        group, name = grp.getgrgid(found.st_gid), pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        return True
    return group.gr_name != name or bool(set(group.gr_mem) - {name})


def _used_by(process: Process, apps: "Sequence[Candidate]") -> "list[str]":
    """The names of the `apps` that the process may use.

    A process known to run one app uses no other, although versions of an app share most wheels.
    """
    line = "\n".join(process.words)
    if "/%s/apps/" % LAYOUT in line:
        return [app.name for app in apps if app.path in line]
    try:
        known, build_id = _what_it_runs(process)
    except Exception:  # a file that is damaged or has gone
        known, build_id = False, ""
    if build_id:
        return [app.name for app in apps if app.build_id == build_id]
    return [app.name for app in apps if app.is_mapped(process) or not known and app.is_perhaps_run_by(process)]


def _what_it_runs(process: Process) -> "tuple[bool, str]":
    """(True, build id) of a built file; (True, "") for any other program; (False, "") where nobody can tell."""
    if not _is_python(process.words[0]):
        return not _is_python(process.program or ""), ""  # a Python that has changed its own command line
    script = _script(process.words)
    # Any argument may be the file, not only the script: `-m pdb` and coverage run a file too.
    for word in process.words[1:_MOST_WORDS]:
        path = os.path.join(process.directory or "", word)
        # /dev/fd/3 is a different file in each process.
        if not os.path.isabs(path) or path.startswith(("/dev/", "/proc/")) or not os.path.exists(path):
            if word == script:
                return False, ""
            continue
        build_id = _build_id(path)
        if build_id:
            # A newer file may be another version, put in the place of the one that runs.
            as_it_was = os.stat(path).st_ctime < process.started - _CLOCKS_DIFFER_BY
            return as_it_was, build_id if as_it_was else ""
    return True, ""


def _is_python(program: str) -> bool:
    return os.path.basename(program).lower().startswith(("python", "pypy"))


def _script(words: "list[str]") -> str:
    """The file that a Python's command line runs; "" for -c, -m or a prompt."""
    position = 1
    while position < len(words):
        word = words[position]
        if word[:1] != "-" or word == "-":
            return word if word != "-" else ""
        if word in ("-W", "-X", "--check-hash-based-pycs"):
            position += 1
        elif word[:2] not in ("-W", "-X", "--") and ("c" in word or "m" in word):
            return ""
        position += 1
    return ""


def _build_id(path: str) -> str:
    """The build id of the file at `path`; "" where pexlite did not make it."""
    import json
    from zipimport import zipimporter

    try:
        facts = zipimporter(path).get_data(path + os.sep + "PEX-INFO")
        return str(json.loads(facts.decode("utf-8"))["pexlite"]["build_id"])
    except (ImportError, OSError, ValueError, KeyError, TypeError):
        return ""


# -- processes, as the system shows them -------------------------------------------------------------


def running() -> "Iterator[Process]":
    """The processes of this machine, except this one and the kernel's."""
    return _from_proc() if os.path.exists("/proc/self/stat") else _from_ps()


def _from_proc() -> "Iterator[Process]":
    booted = time.time() - time.clock_gettime(_SINCE_BOOT)
    ticks = os.sysconf("SC_CLK_TCK")
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        place = "/proc/" + name
        try:
            seen = Process(_words(place), 0, os.stat(place).st_uid, _link(place + "/exe"), _link(place + "/cwd"))
            seen.number = int(name)
            seen.mapped, seen.root = _read(place + "/maps"), _root(_read(place + "/environ"))
            facts = _facts(place)  # read last: if the process is still there, all that was read before is right
            seen.started = booted + int(facts[19]) / ticks
        except (OSError, ValueError, IndexError):
            continue
        if _is_one(facts):
            yield seen


def _words(place: str) -> "list[str]":
    """The words of a process's command line; they are missing during an exec, and a process may empty its own."""
    for _ in range(_LOOKS):
        line = _read(place + "/cmdline").rstrip("\0")
        if line or not _is_one(_facts(place)):
            break
        time.sleep(_BETWEEN_LOOKS)
    return line.split("\0")


def _facts(place: str) -> "list[str]":
    # "1234 (a name) S 1 …": the name may hold anything, also ")", so count from its last one.
    return _read(place + "/stat").rpartition(")")[2].split()


def _is_one(facts: "list[str]") -> bool:
    """Whether these fields belong to a process that has not ended and is not the kernel's."""
    return bool(facts) and facts[0] not in "ZX" and not int(facts[6]) & _OF_THE_KERNEL


def _root(environment: str) -> "str | None":
    """The cache root that a start with these variables uses; None where it depends on the process's directory."""
    given = {line.partition("=")[0]: line.partition("=")[2] for line in environment.split("\0")}
    root = given.get("PEX_ROOT") or given.get("HOME", "") + "/.pex"
    return os.path.realpath(root) if root[0] == "/" and root != "/.pex" else None


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _link(path: str) -> "str | None":
    try:
        return os.readlink(path)
    except OSError:
        return None


def _from_ps() -> "Iterator[Process]":
    """The processes by `ps` (POSIX), without directories and maps; words with blanks are split."""
    import subprocess

    columns = ["-o", "pid=", "-o", "uid=", "-o", "etime=", "-o", "args="]
    output = subprocess.check_output(["/bin/ps", "-A", "-ww"] + columns)
    for line in output.decode("utf-8", "surrogateescape").splitlines():
        fields = line.split(None, 3)
        if len(fields) == 4 and int(fields[0]) != os.getpid():
            started = time.time() - _seconds(fields[2])
            yield Process(fields[3].split(" "), started, int(fields[1]), number=int(fields[0]))


def _seconds(elapsed: str) -> int:
    """The seconds of a time that ps shows as "2-03:04:05" or "04:05"."""
    days, _, rest = elapsed.rpartition("-")
    total = int(days or 0)
    parts = [int(part) for part in rest.split(":")]
    for part, base in zip([0] * (3 - len(parts)) + parts, (24, 60, 60)):
        total = total * base + part
    return total
