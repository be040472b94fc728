"""Faults put into the room on purpose, each of which the simulation has to find.

A break replaces pieces of text in modules, each of which must be there once.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    """The case in which the fault shows, and its edits: a module of the room, old text and new."""

    case: str
    edits: tuple[tuple[str, str, str], ...]

    def applied(self, module: str, source: str) -> str:
        """The source of the module with the fault in it."""
        for place, old, new in self.edits:
            if place == module:
                assert source.count(old) == 1, f"{module} has {old!r} {source.count(old)} times"
                source = source.replace(old, new)
        return source


_SECOND_LOOK = (
    "install.py",
    "            if launcher(place, self.facts) is None and not self._begins_early(plan, shared, alone):\n",
    "            if True:\n",
)
_REPLACING = (
    "install.py",
    "            system.rename(temporary, plan.app.place)\n",
    """            if os.path.lexists(plan.app.place):
                old = files.beside(plan.app.place)
                os.rename(plan.app.place, old)
                os.rename(temporary, plan.app.place)
                files.remove(old)
            else:
                os.rename(temporary, plan.app.place)
""",
)
_ALWAYS_LAID_OUT = (
    "install.py",
    """        if not os.path.lexists(plan.app.place):
            self._lay_out(plan, temporary)
        else:
            files.remove(temporary)  # where locks do not work, another start may have been faster
""",
    "        self._lay_out(plan, temporary)\n",
)

BREAKS = {
    "a READY app whose launcher was not found is taken for damaged": Break(
        "cold",
        (
            (
                "boot.py",
                "    place = ours.place\n",
                """    place = ours.place
    if os.path.lexists(place + "/READY"):
        from .cache import files
        os.unlink(place + "/READY")
        aside = files.beside(place)
        os.rename(place, aside)
        files.remove(aside)
""",
            ),
        ),
    ),
    "a start looks once, and replaces what is there": Break("cold", (_SECOND_LOOK, _REPLACING, _ALWAYS_LAID_OUT)),
    "what is damaged is replaced": Break("damaged", (_REPLACING, _ALWAYS_LAID_OUT)),
    "an app is laid out in its place": Break(
        "lockless",
        (
            (
                "install.py",
                "        temporary = files.beside(plan.app.place)\n",
                "        temporary = plan.app.place\n",
            ),
        ),
    ),
    "a wheel is unpacked in its place": Break(
        "lockless",
        (
            (
                "unpack/wheel.py",
                "                temporaries.append(files.beside(directory_of(self.root, wheel)))\n",
                "                temporaries.append(directory_of(self.root, wheel))\n",
            ),
        ),
    ),
    "READY is written first": Break(
        "power",
        (
            (
                "install.py",
                "            layout.run()\n",
                """            files.make_directories(app.site_packages(temporary))
            launching.put(plan, self.facts, temporary)
            tree.Layout(plan, temporary).run()
""",
            ),
            (
                "install.py",
                "bytecode(plan, temporary)\n            launching.put(plan, self.facts, temporary)\n",
                "bytecode(plan, temporary)\n",
            ),
        ),
    ),
    "the pruner does not look at the mark again": Break(
        "pruned",
        (
            ("upkeep/prune.py", "            ready = os.lstat(found.ready_path)\n", ""),
            (
                "upkeep/prune.py",
                "            if ready.st_size and ready.st_mtime != _DATED_BACK:\n",
                "            if False:\n",
            ),
        ),
    ),
    "the pruner does not date back": Break(
        "pruned",
        (
            (
                "upkeep/prune.py",
                "            candidate.app.set_mark(_DATED_BACK)\n",
                "            self.seen = dict(getattr(self, 'seen', {}), **{candidate.name: candidate.mark})\n",
            ),
            ("upkeep/prune.py", "ready.st_mtime != _DATED_BACK", "ready.st_mtime != self.seen[name]"),
        ),
    ),
    "the pruner removes where things lie": Break(
        "pruned",
        (
            (
                "upkeep/prune.py",
                """        if not self.apps.rename(name, new):
            return False
        self.aside.append("%s/apps/%s" % (self.root, new))
        return True
""",
                """        files.remove(found.place)
        return bool(new)
""",
            ),
        ),
    ),
    "an app in use is pruned": Break(
        "pruned", (("upkeep/prune.py", "        used = users.in_use(candidates)\n", "        used = set()\n"),)
    ),
    "a pruning does not wait for first starts": Break(
        "pruned",
        (
            (
                "upkeep/prune.py",
                'lock.Lock(root + "/locks/prune").take(0)',
                'lock.Lock(root + "/locks/prune", shared=True).take(0)',
            ),
        ),
    ),
    "mending removes a wheel and unpacks it anew": Break(
        "mended",
        (
            (
                "unpack/wheel.py",
                """    if os.path.isdir(directory_of(root, wheel)):
        complete(descriptor, wheel, root)
""",
                """    if os.path.isdir(directory_of(root, wheel)):
        files.remove(directory_of(root, wheel))
        Unpacking(descriptor, [wheel], root, "").run(len)
""",
            ),
        ),
    ),
    "a start goes on beside a pruner that does not end": Break(
        "halted", (("install.py", "            if shared.refused:\n", "            if False:\n"),)
    ),
    "a start with an old mark does not wait for the pruner": Break(
        "pruned",
        (("app/launch.py", "        while not _is_shared(fcntl, lock):\n", "        while False:\n"),),
    ),
    "a directory that cannot be listed counts as empty": Break(
        "halted",
        (
            (
                "upkeep/prune.py",
                "        return os.listdir(self.descriptor) if self.descriptor >= 0 else []\n",
                """        try:
            return os.listdir(self.descriptor) if self.descriptor >= 0 else []
        except OSError:
            return []
""",
            ),
        ),
    ),
    "a missing RECORD is none": Break(
        "damaged", (("upkeep/check.py", "here == size != tree.UNKNOWN or", "here == size or"),)
    ),
    "an app that lost its files is not mended": Break(
        "damaged",
        (("upkeep/mend.py", "        mended = _mend(plan, opened, cut, found[0])\n", "        mended = True\n"),),
    ),
    "damage that an app swallows is not looked for": Break(
        "swallowed", (("app/failing.py", "        self.is_mended()\n", "        return\n"),)
    ),
    "anybody's cache is used": Break(
        "foreign",
        (
            (
                "start.py",
                '    return os.name == "nt" or not found.st_mode & 0o022 and found.st_uid in (0, os.geteuid())\n',
                "    return True\n",
            ),
        ),
    ),
    "an app with READY is mended without its lock": Break(
        "damaged",
        (("install.py", "None if plan.app.is_ready() else plan.app.is_ready\n", "plan.app.is_ready\n"),),
    ),
}
