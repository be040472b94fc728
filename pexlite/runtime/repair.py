"""After a start that failed: whether the unpacked files are whole, and what goes so that the next start mends it.

A good start never comes here. Names and sizes are compared with those in the file itself.
"""

import os
import sys

from . import cold, layout, python_tag, unzip

# What a missing, cut-off or emptied file makes an app fail with.
SUSPICIOUS = (ImportError, SyntaxError, EOFError, AttributeError, NameError, OSError, ValueError)


def explain(kind, file, prefix):
    """Whether a failure of class `kind` came from a damaged cache; then words are said and the damage is gone."""
    if not issubclass(kind, SUSPICIOUS):
        return False
    found = mend(file, prefix)
    if not found and issubclass(kind, (EOFError, ValueError, ImportError)) and _cut_bytecode(prefix):
        found = ["bytecode was cut off"]
    if not found:
        return False
    more = " and %d more" % (len(found) - 1) if len(found) > 1 else ""
    sys.stderr.write(
        "error: the unpacked files of %s were damaged: %s%s\n" % (os.path.basename(file), found[0], more)
    )
    sys.stderr.write("hint: start it again, it unpacks them anew\n")
    return True


def launch_again(facts, loader, file, prefix, switches):
    """The module `_pexlite_launch` of an app whose directory had lost it, laid out anew."""
    mend(file, prefix)
    again = cold.install(facts, loader, file, prefix, switches)
    sys.path[0] = again
    sys.path_importer_cache.pop(again, None)
    import _pexlite_launch

    return _pexlite_launch


def mend(file, prefix):
    """What is wrong with the unpacked files, one line each; what is wrong has been removed."""
    from zipimport import zipimporter

    try:
        manifest = cold.read_manifest(zipimporter(file))
        descriptor = os.open(file, os.O_RDONLY)
    except (ImportError, OSError, ValueError, KeyError):
        return []  # the file itself is gone or another one by now: nothing to compare with
    root = os.path.dirname(os.path.dirname(prefix))
    found = []
    try:
        for wheel in _wheels(manifest):
            directory = cold.wheel_directory(root, wheel)
            problems = _problems(descriptor, wheel, directory)
            if problems:
                found.extend(problems)
                cold.set_aside(directory)
    except unzip.Damaged:
        return []
    finally:
        os.close(descriptor)
    found.extend(_problems_of_app(prefix))
    if found and os.path.exists(prefix + "/READY"):
        os.unlink(prefix + "/READY")
    return found


def _wheels(manifest):
    wheels = manifest["pexlite"]["wheels"]
    for variant in manifest["pexlite"]["variants"]:
        if python_tag() in variant["pythons"] and layout.fits_platform(variant):
            return [wheels[index] for index in variant["wheels"]]
    return []


def _problems(descriptor, wheel, directory):
    problems = []
    for member, path in cold.destinations(descriptor, wheel, directory):
        shown = os.path.basename(member.name)
        try:
            size = os.stat(path).st_size
        except OSError:
            problems.append("%s is missing" % shown)
            continue
        # RECORD is corrected when it is unpacked.
        if size != member.size and shown != "RECORD":
            problems.append("%s has %d bytes of %d" % (shown, size, member.size))
    return problems


def _problems_of_app(prefix):
    """What is missing of the app's own directory: a file every one has, or a link that leads nowhere."""
    site_packages = "%s/lib/%s/site-packages" % (prefix, os.path.basename(os.path.dirname(os.__file__)))
    needed = ["pyvenv.cfg", "_pexlite_launch.py", "bin/python"]
    problems = ["%s is missing" % name for name in needed if not os.path.exists(prefix + "/" + name)]
    if not os.path.isdir(site_packages):
        return problems + ["site-packages is missing"]
    known = "\n".join(os.listdir(site_packages)) + "\n"
    with open(prefix + "/READY") as ready:
        expected = ready.read().partition("\n")[2]
    return problems + ["%s is missing" % name for name in expected.splitlines() if name + "\n" not in known]


def _cut_bytecode(prefix):
    """Whether there was bytecode that Python cannot read, now removed."""
    import marshal

    found = False
    for directory, _, names in os.walk(prefix + "/lib", followlinks=True):
        for name in names if directory.endswith("__pycache__") else ():
            path = os.path.join(directory, name)
            try:
                with open(path, "rb") as bytecode:
                    content = bytecode.read()
                marshal.loads(content[16 if sys.version_info >= (3, 7) else 12 :])
            except (EOFError, ValueError, TypeError, OSError):
                found = True
                os.unlink(path)
    return found
