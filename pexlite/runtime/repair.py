"""After a start that failed: whether the unpacked files are whole, and what goes so that the next start mends it.

A good start never comes here. Names and sizes are compared with those in the file itself.
"""

import os
import sys

from . import cold, layout, python_tag, roots, unzip, whole
from .lock import Lock


def explain(kind, file, prefix):
    """Whether a failure of class `kind` came from a damaged cache; then words are said and the damage is gone."""
    # Nothing is looked at, and less so removed, that is no app of the cache.
    if "/lite-1/apps/" not in prefix:
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


def install_again(facts, file, prefix, switches):
    """The app's directory, laid out anew, and unpacked anew what of it was damaged. Raises unzip.Damaged."""
    if not mend(file, prefix) and roots.is_ready(prefix):
        # All is there: what is wrong is inside the launcher, whose place a new one takes.
        with whole.opened(file) as opened:
            layout.renew_launch(opened.parts, facts, prefix)
        return prefix
    return cold.install(facts, file, prefix, switches)


def mend(file, prefix):
    """What is wrong with the unpacked files, one line each; then the app is not READY any more.

    Looked at while no other start installs it: what one is about to put in place is not missing.
    """
    root = os.path.dirname(os.path.dirname(prefix))
    try:
        with whole.opened(file) as opened:
            manifest = opened.manifest
            if not os.path.basename(prefix).startswith(manifest["pexlite"]["build_id"] + "-"):
                return []  # the file has been replaced by another one
            path = "%s/locks/%s" % (root, os.path.basename(prefix))
            with Lock(path, os.path.basename(file)):
                found = []
                for wheel in _wheels(manifest):
                    found.extend(problems_of_wheel(opened.descriptor, wheel, root, prefix))
                found.extend(_problems_of_app(prefix))
                if found:
                    remove_ready(prefix)
                return found
    except (unzip.Damaged, OSError):
        return []  # the file itself is gone or damaged: nothing to compare with


def problems_of_wheel(descriptor, wheel, root, prefix=None):
    """What is wrong with the unpacked `wheel` of the open file, one line each.

    With `prefix`, also what of it is not to be found in that app's directory.
    """
    directory = cold.wheel_directory(root, wheel)
    if not os.path.lexists(directory):
        return ["%s is missing" % wheel["name"]]
    pairs = cold.destinations(descriptor, wheel, directory)
    problems = _problems(pairs)
    if not problems and prefix:
        problems = _not_shown(pairs, len(os.fsencode(directory)) + 1, prefix)
        problems.extend(_scripts_gone(wheel, prefix + "/bin/"))
    return problems


def remove_ready(prefix):
    try:
        os.unlink(prefix + "/READY")
    except OSError:
        pass


def _wheels(manifest):
    wheels = manifest["pexlite"]["wheels"]
    for variant in manifest["pexlite"]["variants"]:
        if python_tag() in variant["pythons"] and layout.fits_platform(variant):
            return [wheels[index] for index in variant["wheels"]]
    return []


def _problems(pairs):
    problems = []
    # RECORD names the files of .data where they are unpacked to.
    corrected = any([".data/" in member.name for member, _ in pairs])
    for member, path in pairs:
        shown = os.path.basename(member.name)
        try:
            size = os.stat(path).st_size
        except OSError:
            problems.append("%s is missing" % shown)
            continue
        if size != member.size and not (corrected and size and shown == "RECORD"):
            problems.append("%s has %d bytes of %d" % (shown, size, member.size))
    return problems


def _not_shown(pairs, start, prefix):
    """What the app does not show of a wheel: the part of its paths from `start` on tells where it belongs."""
    places = {b"lib": site_packages(prefix), b"scripts": prefix + "/bin", b"data": prefix}
    problems = []
    for member, path in pairs:
        scheme, _, rest = path[start:].partition(b"/")
        if scheme in places and not os.path.exists(os.fsencode(places[scheme]) + b"/" + rest):
            problems.append("%s is missing" % os.path.basename(member.name))
    return problems


def _scripts_gone(wheel, directory):
    problems = []
    for name in wheel["scripts"]:
        path = os.fsencode(directory) + name.encode("utf-8")
        if not os.path.exists(path) or not os.path.getsize(path):
            problems.append("%s is missing" % name)
    return problems


def site_packages(prefix):
    """Where the modules of the app in the directory `prefix` are."""
    return "%s/lib/%s/site-packages" % (prefix, os.path.basename(os.path.dirname(os.__file__)))


def _problems_of_app(prefix):
    """What is missing of the app's own directory: a file every one has, or a link that leads nowhere."""
    place = site_packages(prefix)
    needed = ["pyvenv.cfg", "_pexlite_launch.py", "_pexlite_launch.pyc", "bin/python"]
    problems = ["%s is missing" % name for name in needed if not os.path.exists(prefix + "/" + name)]
    if not os.path.isdir(place):
        return problems + ["site-packages is missing"]
    # As bytes: what was written under one locale is read under another.
    known = set(os.listdir(os.fsencode(place)))
    if not os.path.exists(prefix + "/READY"):
        return problems + ["READY is missing"]
    with open(prefix + "/READY", "rb") as ready:
        expected = ready.read().splitlines()[1:]
    return problems + ["%s is missing" % os.fsdecode(name) for name in expected if name not in known]


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
