"""PEX_TOOLS=1: what a built file does instead of running its app: tell about itself, check, unpack, make a venv.

Also a program of its own for the cache as a whole, which needs no built file.
"""

import argparse
import contextlib
import os
import sys

from . import cache_root, failed, unzip, whole

USAGE, WRITING, VERIFICATION = 2, 5, 6
_EPILOG = "Without PEX_TOOLS the file runs its app."


class ToolError(Exception):
    """A sentence for people, and the exit code that goes with it."""

    def __init__(self, sentence, code):
        super().__init__(sentence)
        self.code = code


class Asked:
    """One built file and the start that it was given: `prefix` is where its app's directory belongs."""

    def __init__(self, facts, file, prefix, switches):
        self.facts = facts
        self.file = file
        self.name = os.path.basename(file)
        self.prefix = prefix
        self.root = os.path.dirname(os.path.dirname(prefix))
        self.switches = switches

    @contextlib.contextmanager
    def opened(self):
        """The open file with the wheels of this Python; where it does not fit another one starts over."""
        from . import cold

        with whole.opened(self.file) as opened:
            variant = cold.choose(opened.manifest, self.file, self.switches)
            yield cold.FirstStart(self.facts, self.file, opened, variant, self.switches.say)

    def install(self):
        """The app's directory, unpacked by now."""
        from . import cold

        return cold.install(self.facts, self.file, self.prefix, self.switches)


def run(facts, file, prefix, switches):
    """No return: the file does what its arguments say and the process ends."""
    asked = Asked(facts, file, prefix, switches)
    parser = _Parser(prog="PEX_TOOLS=1 %s" % asked.name, description="Look into this file.", epilog=_EPILOG)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_commands(commands)
    _add_cache(commands)
    options = parser.parse_args(sys.argv[1:])
    if not options.command:
        parser.error("say what to do")
    _end(lambda: options.do(asked, options))


def main():
    """No return: `cache info` or `cache prune`, for the cache that PEX_ROOT or HOME name."""
    parser = _Parser(prog="pexlite")
    _add_cache(parser.add_subparsers())
    options = parser.parse_args()
    _end(lambda: options.do(None, options))


class _Parser(argparse.ArgumentParser):
    """One that says in a line what is wrong with the arguments."""

    def error(self, message):
        sys.stderr.write("error: %s: %s --help\n" % (message, self.prog))
        sys.exit(USAGE)


def _add_commands(commands):
    info = commands.add_parser("info", help="what this file is")
    info.add_argument("--json", action="store_true", help="PEX-INFO as it is")
    info.set_defaults(do=_info)
    verify = commands.add_parser("verify", help="check this file, every wheel against its sha256")
    verify.add_argument("--cache", action="store_true", help="check the unpacked files too")
    verify.add_argument("--repair", action="store_true", help="unpack anew what is damaged there")
    verify.set_defaults(do=_verify)
    venv = commands.add_parser(
        "venv", help="make an ordinary venv of it, which needs neither this file nor a cache"
    )
    venv.add_argument("place", metavar="DIR", help="a directory, or an archive to write: NAME.tar.gz")
    venv.add_argument(
        "--scope", choices=("all", "deps", "srcs"), default="all", help="only what others or you wrote"
    )
    venv.add_argument("--compile", action="store_true", help="with bytecode")
    venv.set_defaults(do=_venv)
    extract = commands.add_parser("extract", help="the wheels in it, into a directory")
    extract.add_argument("place", metavar="DIR")
    extract.set_defaults(do=_extract)
    warm = commands.add_parser("warm", help="do now what the first start would do, and run nothing")
    warm.add_argument("--compile", action="store_true", help="with bytecode")
    warm.set_defaults(do=_warm)


def _add_cache(commands):
    cache = commands.add_parser("cache", help="what is unpacked on this machine")
    actions = cache.add_subparsers(dest="action", metavar="info|prune")
    actions.required = True
    info = actions.add_parser("info", help="the apps in the cache, and when each was last used")
    info.add_argument("--json", action="store_true")
    info.set_defaults(do=_cache_info)
    prune = actions.add_parser("prune", help="remove what is not in use")
    prune.add_argument("--days", type=float, metavar="N", help="unused for so long (PEX_KEEP_DAYS, else 90)")
    prune.add_argument("--json", action="store_true")
    prune.set_defaults(do=_cache_prune)


def _end(work):
    """Exit as `work` ends: with its failure in words, or well."""
    try:
        work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        failed.end_as_interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(128 + 13)
    except (ToolError, unzip.Damaged) as failure:
        _say_error(failure, getattr(failure, "code", VERIFICATION))
    except OSError as failure:
        where = failure.filename
        where = os.fsdecode(where) + ": " if where is not None else ""
        _say_error("%s%s" % (where, failure.strerror or failure), WRITING)
    sys.exit(0)


def _say_error(sentence, code):
    sys.stdout.flush()
    sys.stderr.write("error: %s\n" % sentence)
    sys.exit(code)


def say(line):
    """Print a line, whatever characters the terminal has."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding))


def in_words(size):
    """999 -> "999 B", 1234567 -> "1.2 MB"."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            break
        size, unit = size / 1000.0, {"B": "kB", "kB": "MB", "MB": "GB"}[unit]
    return "%.1f %s" % (size, unit) if unit != "B" else "%d B" % size


# -- the commands ------------------------------------------------------------------------------------


def _info(asked, options):
    with whole.opened(asked.file) as opened:
        if options.json:
            return say(opened.parts["PEX-INFO"].decode("utf-8"))
        manifest = opened.manifest
    own = manifest["pexlite"]
    say(asked.file)
    say("  starts     %s" % (manifest["entry_point"] or "a Python interpreter"))
    say("  runs on    %s" % own["runs_on"])
    say("  asked for  %s" % (", ".join(manifest["requirements"]) or "nothing by name"))
    say("  size       %s" % in_words(os.path.getsize(asked.file)))
    say("  build id   %s" % own["build_id"])
    say("  %d wheels" % len(own["wheels"]))
    for wheel in own["wheels"]:
        say("    %s  %s" % (wheel["name"], in_words(wheel["size"])))


def _verify(asked, options):
    from . import verify

    if options.repair and not options.cache:
        raise ToolError("--repair is for the unpacked files: verify --cache --repair", USAGE)
    with whole.opened(asked.file) as opened:
        problems = verify.problems_of_wheels(opened)
    if problems:
        for problem in problems:
            say(problem)
        raise ToolError("%s is damaged: copy it here again" % asked.name, VERIFICATION)
    say("%s is whole: %d wheels have their sha256" % (asked.name, len(opened.manifest["pexlite"]["wheels"])))
    if options.cache:
        verify.check_cache(asked, options.repair)


def _venv(asked, options):
    from . import venv

    place = os.path.abspath(os.path.expanduser(options.place))
    venv.make(asked, place, options.scope, options.compile)
    say(place)


def _extract(asked, options):
    from . import verify

    place = os.path.abspath(os.path.expanduser(options.place))
    with whole.opened(asked.file) as opened:
        unzip.make_directories(place)
        for wheel in opened.manifest["pexlite"]["wheels"]:
            verify.copy_wheel(opened.descriptor, wheel, place)
    say("%s: %d wheels" % (place, len(opened.manifest["pexlite"]["wheels"])))


def _warm(asked, options):
    from . import prune, repair

    prefix = asked.install()
    if options.compile:
        root = os.path.dirname(os.path.dirname(prefix))
        wheels = prune.wheels_of(root, os.path.basename(prefix))
        # Of a module that is a link of its own, Python keeps the bytecode beside the link.
        places = ["%s/wheels/%s/lib" % (root, wheel) for wheel in wheels] + [repair.site_packages(prefix)]
        compile_all(prefix + "/bin/python", places)
    say(prefix)


def compile_all(python, directories):
    """Nothing; what can be compiled in `directories` has its bytecode (some packages carry what cannot)."""
    import subprocess

    subprocess.call([python, "-I", "-m", "compileall", "-qq", "-j", "0"] + directories)


def _cache_info(asked, options):
    from . import holdings

    found = holdings.Holdings(_root(asked))
    say(found.in_json() if options.json else found.in_text())


def _cache_prune(asked, options):
    from . import holdings, prune

    root = _root(asked)
    days = prune.kept_days() if options.days is None else options.days
    if not days >= 0:
        raise ToolError("--days %s is no number of days" % options.days, USAGE)
    before = holdings.Holdings(root)
    # PEX_KEEP_DAYS=0 keeps everything, --days 0 keeps what is in use.
    idle = not before.exists or not days and options.days is None
    gone = prune.Gone() if idle else prune.prune(root, days)
    if gone is None:
        raise ToolError("%s is not to be locked: another start is at work there, try again" % root, WRITING)
    after = holdings.Holdings(root)
    say(holdings.told(gone, before.size - after.size, options.json))


def _root(asked):
    return asked.root if asked else cache_root(None) + "/lite-1"


if __name__ == "__main__":
    main()
