"""One app on one Python: a directory that is a venv, made of links into the unpacked wheels."""

import os
import sys

from . import unzip

# Keeps PYTHONPATH usable for what is started through bin/python (Spark hands pyspark over by it) but behind the
# bundle's own modules, where it can add and not shadow. The second line does for the starts of bin/python what
# `note_use` does for the others.
_PATH_HOOK = (
    "import os, sys; os.environ.get('PYTHONPATH')"
    " and (__import__('_pexlite_pythonpath'), sys.modules.pop('_pexlite_pythonpath'))\n"
    "import os, sys, time; ready = sys.prefix + '/READY'; os.path.exists(ready)"
    " and not -86400 < time.time() - os.path.getmtime(ready) < 86400"
    " and os.access(ready, os.W_OK) and os.utime(ready)\n"
    "import os, sys; given = os.environ; 'PEX' in given and 'PYTHON_WORKER_FACTORY_SECRET' not in given"
    " and ('SPARK_HOME' in given or 'spark' in given.get('PYTHONPATH', '')"
    " or os.path.exists(sys.prefix + '/%s/pyspark')) and __import__('_pexlite_spark')\n"
)
# A job that bin/python runs may be a driver too: `./env.pex job.py`.
_SPARK_MODULE = """\
import os
import sys


class Driver:
    def find_spec(self, name, path=None, target=None):
        if name == "pyspark":
            sys.meta_path.remove(self)
            sys.path.insert(0, os.environ["PEX"])
            try:
                from __pexlite__ import find_the_rest

                find_the_rest()
                from __pexlite__ import finder, spark

                finder.leave()
                spark.Sharing(os.environ["PEX"]).watch()
            except ImportError:
                pass
            finally:
                sys.path.remove(os.environ["PEX"])


sys.meta_path.insert(0, Driver())
"""
_PATH_MODULE = """\
import os
import sys

if not sys.flags.ignore_environment:
    library = os.path.dirname(os.__file__)
    given = [os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    given = [entry for entry in given if entry not in (library, library + "/lib-dynload")]
    kept = [entry for entry in sys.path if entry not in given]
    sys.path[:] = kept + [entry for entry in sys.path if entry in given]
"""
_SCRIPT = """\
import sys
from {module} import {head}
if __name__ == "__main__":
    sys.exit({call}())
"""


def fits_platform(variant):
    """Whether the wheels of `variant` run on this machine: its system, C library and age."""
    platform = variant["platform"]
    if platform == "any":
        return True
    if platform != _platform():
        return False
    if variant["libc"]:
        name, version = _libc()
        if name != variant["libc"][0] or version and version < tuple(variant["libc"][1]):
            return False
    if variant["macos"]:
        from platform import mac_ver

        here = tuple([int(part) for part in mac_ver()[0].split(".")[:2]])
        return here >= tuple(variant["macos"])
    return True


def _platform():
    machine = os.uname()[4]
    if sys.maxsize <= 2**32:  # a 32-bit Python on a 64-bit kernel
        machine = {"x86_64": "i686", "aarch64": "armv7l"}.get(machine, machine)
    return ("macosx" if sys.platform == "darwin" else sys.platform) + "_" + machine


def _libc():
    """The system's C library as ("glibc", (2, 36)); the version is None where it does not say."""
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()
        return name, tuple([int(part) for part in version.split(".")[:2]])
    except (AttributeError, OSError, ValueError):
        return "musl", None


def platform_words():
    """What this machine is, in the words of "linux x86_64 (glibc 2.36)"."""
    system, _, machine = _platform().partition("_")
    name, version = _libc() if system == "linux" else ("", None)
    libc = " (%s%s)" % (name, " %d.%d" % version if version else "") if name else ""
    return "%s %s%s" % (system, machine, libc)


def lay_out(app, root, directory, prefix):
    """Make `directory` the app that will be found at `prefix`; READY is written last."""
    manifest, wheels = app.opened.manifest, app.wheels
    library = os.path.basename(os.path.dirname(os.__file__))
    site_packages = "lib/%s/site-packages" % library
    unzip.make_directories("%s/%s" % (directory, site_packages))
    os.mkdir(directory + "/bin", 0o755)
    base = base_python()
    for name in ("python", "python3", "python%d.%d" % sys.version_info[:2]):
        os.symlink(base, "%s/bin/%s" % (directory, name))
    write(directory + "/pyvenv.cfg", _configuration(manifest, base, app.name))
    places = [wheel["sha256"][:32] for wheel in wheels]
    link = _Linker(root, directory)
    link.merge(site_packages, [place + "/lib" for place in places])
    link.merge("", [place + "/data" for place in places], deep=True)
    for wheel, place in zip(wheels, places):
        link.merge("include/site/%s/%s" % (library, wheel["name"].partition("-")[0]), [place + "/headers"])
    write("%s/%s/_pexlite_pythonpath.py" % (directory, site_packages), _PATH_MODULE)
    write("%s/%s/_pexlite_spark.py" % (directory, site_packages), _SPARK_MODULE)
    write("%s/%s/_pexlite_pythonpath.pth" % (directory, site_packages), _PATH_HOOK % site_packages)
    _put_launch(app.opened.parts, app.facts, directory, prefix)
    first_line = first_lines(prefix + "/bin/python")
    for place in places:
        _put_scripts("%s/wheels/%s/scripts" % (root, place), directory + "/bin", first_line)
    for wheel in wheels:
        for name, reference in wheel["scripts"].items():
            name = os.fsdecode(name.encode("utf-8"))
            put_console_script(directory + "/bin/" + name, reference, first_line)
    # What lies in site-packages is noted, so that a directory that lost something can be told; and the wheels, so
    # that what keeps them from being pruned is one line to read.
    first = " ".join([manifest["pexlite"]["build_id"]] + places)
    names = sorted(set(os.listdir("%s/%s" % (directory, site_packages))) - {"__pycache__"})
    write(directory + "/READY", "\n".join([first] + names) + "\n")


def renew_launch(parts, facts, prefix):
    """Put the launcher that the open file has in the place of the one in the app's directory `prefix`."""
    from .cold import beside, remove

    temporary = beside(prefix)
    try:
        os.mkdir(temporary, 0o755)
        _put_launch(parts, facts, temporary, prefix)
        for name in ("_pexlite_launch.py", "_pexlite_launch.pyc"):
            os.rename(temporary + "/" + name, prefix + "/" + name)
    finally:
        remove(temporary)


def _put_launch(parts, facts, directory, prefix):
    """The module that every later start goes through, with its bytecode: compiling it anew costs 2 ms.

    It also holds the facts as they were when the file was checked, for later starts to compare.
    """
    import marshal
    from importlib.util import MAGIC_NUMBER

    modules = parts["__pexlite__/rest"].split(b"\0")
    source = modules[modules.index(b"launch") + 1]
    source += ("\nFACTS = %s\n" % ascii(facts)).encode("ascii")
    write(directory + "/_pexlite_launch.py", source)
    code = compile(source, prefix + "/_pexlite_launch.py", "exec", dont_inherit=True)
    # As any .pyc that is not checked against its source (PEP 552).
    write(directory + "/_pexlite_launch.pyc", MAGIC_NUMBER + b"\1\0\0\0pexlite1" + marshal.dumps(code))


def base_python():
    """The program behind this Python that is no venv's own."""
    version = "%d.%d" % sys.version_info[:2]
    program = "pypy" if sys.implementation.name == "pypy" else "python"
    here = sys.base_prefix + "/bin/"
    # By its place rather than by the name it was called by: that may be a link which goes away, or a shim.
    candidates = [
        here + program + version + getattr(sys, "abiflags", ""),
        getattr(sys, "_base_executable", None) or "",
    ]
    if sys.prefix == sys.base_prefix:
        candidates.append(sys.executable or "")
    candidates.extend([here + program + version, here + program + "3", here + program])
    for path in candidates:
        # A venv's own program here would make a venv of a venv: it has no standard library beside it.
        if path and os.access(path, os.X_OK) and not _in_venv(path):
            return os.path.abspath(path)
    return os.path.realpath(sys.executable)


def _in_venv(path):
    directory = os.path.dirname(os.path.abspath(path))
    return any([os.path.exists(place + "/pyvenv.cfg") for place in (directory, os.path.dirname(directory))])


def _configuration(manifest, base, name):
    """What makes a directory a venv; its prompt is the name of the file, for people who look into the cache."""
    inherit = "true" if manifest["inherit_path"] != "false" else "false"
    values = (os.path.dirname(base), inherit) + tuple(sys.version_info[:3])
    text = "home = %s\ninclude-system-site-packages = %s\nversion = %d.%d.%d\n" % values
    plain = set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")
    return text + ("prompt = %s\n" % name if name and plain else "")


class _Linker:
    """Links out of an app's directory into the wheels, as few as will do."""

    def __init__(self, root, directory):
        self.wheels = root + "/wheels/"
        self.directory = directory

    def merge(self, target, sources, deep=False):
        """Have `target` show what all of `sources` (paths under wheels/) hold.

        A name that one source owns is one link; a directory of several becomes a real directory of links. Of a
        file that several bring the last one wins, as in an installation. `deep` makes every directory a real one,
        so that what an app writes there stays its own.
        """
        owners = {}
        for source in sources:
            try:
                names = os.listdir(self.wheels + source)
            except OSError:
                continue  # most wheels have no data and no headers
            for name in names:
                if name != "__pycache__":
                    owners.setdefault(name, []).append(source + "/" + name)
        if not owners:
            return
        here = self.directory + "/" + target if target else self.directory
        unzip.make_directories(here)
        unzip.make_room_for_bytecode([here])
        # wheels/ is seen from apps/<app>/<target>; a relative link survives a move of the whole cache.
        up = "../" * (2 + (target.count("/") + 1 if target else 0)) + "wheels/"
        for name, paths in sorted(owners.items()):
            place = here + "/" + name
            directories = [path for path in paths if os.path.isdir(self.wheels + path)]
            shared = len(paths) > 1 or deep or os.path.lexists(place)
            if shared and len(directories) == len(paths) and not os.path.islink(place):
                self.merge(target + "/" + name if target else name, paths, deep)
            else:
                if os.path.lexists(place):
                    os.unlink(place)
                os.symlink(up + paths[-1], place)
                self._link_bytecode(here, up, paths[-1])

    def _link_bytecode(self, here, up, path):
        """Have Python find the bytecode that a file brought for the module at `path`, and that of no other one."""
        folder, name = os.path.split(path)
        stem, extension = os.path.splitext(name)
        bytecode = "/__pycache__/%s.%s.pyc" % (stem, sys.implementation.cache_tag)
        if extension != ".py":
            return
        if os.path.lexists(here + bytecode):
            os.unlink(here + bytecode)
        if os.path.exists(self.wheels + folder + bytecode):
            unzip.make_directories(here + "/__pycache__")
            os.symlink("../" + up + folder + bytecode, here + bytecode)


def _put_scripts(source, target, first_line):
    """A wheel's .data/scripts: programs as links, Python scripts with the app's own Python in their first line."""
    try:
        names = os.listdir(source)
    except OSError:
        return
    for name in names:
        path = source + "/" + name
        place = target + "/" + name
        if os.path.lexists(place):
            os.unlink(place)
        rest = None
        if not os.path.isdir(path):
            with open(path, "rb") as script:
                if script.read(8) == b"#!python":
                    rest = (script.readline(), script.read())[1]
        if rest is None:
            os.symlink(os.path.relpath(os.path.realpath(path), os.path.realpath(target)), place)
        else:
            write(place, first_line.encode("utf-8", "surrogateescape") + rest, 0o755)


def put_console_script(path, reference, first_line):
    """A program that calls the function `reference` ("module:attribute [extras]")."""
    module, _, attribute = reference.partition("[")[0].strip().partition(":")
    if os.path.lexists(path):
        os.unlink(path)
    call = attribute.strip()
    text = first_line + _SCRIPT.format(module=module.strip(), head=call.partition(".")[0], call=call)
    write(path, text, 0o755)


def first_lines(python):
    """The line that has the kernel start a script with `python`, whatever characters its path has."""
    line = os.fsencode(python)
    utf8 = line.decode("utf-8", "ignore").encode("utf-8") == line
    if len(line) < 125 and not line.split()[1:] and utf8:
        return "#!%s\n" % python
    # Kernels cut long lines, and at spaces: sh and Python both read this.
    quoted = "'" + python.replace("'", "'\"'\"'") + "'"
    if not utf8:
        quoted = '"${0%/*}/python"'  # Python would not read the script
    return "#!/bin/sh\n'''exec' %s \"$0\" \"$@\"\n' '''\n" % quoted


def write(path, content, mode=0o644):
    if not isinstance(content, bytes):
        content = content.encode("utf-8", "surrogateescape")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        while content:
            content = content[os.write(handle, content) :]
    finally:
        os.close(handle)
