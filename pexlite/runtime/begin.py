"""Starts that are no plain warm ones: with switches, or where the app is not in its directory as it should be."""

import os

from . import launcher


def begin(facts, file, prefix, switches):
    """As `start`, of which this is the rest, with the names of the `switches` that are set."""
    if switches:
        from .switches import heeded

        switches = heeded(switches, facts, file, prefix)
    launch = launcher(facts, prefix)
    for _ in range(2):
        if launch is None:
            prefix = _put_in_order(facts, file, prefix, switches)
            launch = launcher(facts, prefix)
    if launch is None:
        from . import failed

        failed.fail("%s cannot be read" % prefix, "set PEX_ROOT to a directory that can be written and read")
    os.environ["PEX"] = file
    return launch.go_on(facts, prefix, switches)


def _put_in_order(facts, file, prefix, switches):
    """The app's directory: one that was not there, or that was, but without its launcher or with another's.

    What is READY now may be what another start has completed since its launcher was looked for: then it is whole.
    """
    from . import roots

    if not roots.is_ready(prefix):
        return roots.find_or_install(facts, file, prefix, switches)
    if launcher(facts, prefix) is not None:
        return prefix
    from . import repair

    return repair.install_again(facts, file, prefix, switches)
