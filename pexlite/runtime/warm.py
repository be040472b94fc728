"""The warm start of one Python, for which it travels compiled, as `__main__.pyc`; all else is for `__main__.py`.

Only without a line to compile does a start cost hardly more than that of a venv's script: whatever `compile` is
asked for first, Python makes the types of its syntax trees for it, which takes longer than all of this.

Python runs it unchecked, and it is stored, so it is short: it finds the app's directory as `start` of the package
does, and where anything is not as it should be it leaves the start to that.
"""

import os
import sys

# As marshal writes them: what stands among a code's constants has to be hashed like it, and a dict cannot be.
FACTS = b"the facts of a file stand here in it"

if __name__ == "__main__":
    run = None
    try:
        import _imp
        import marshal

        FACTS = marshal.loads(FACTS)
        for name in os.environ:
            if name[:4] == "PEX_" and name not in ("PEX_ROOT", "PEX_KEEP_DAYS"):
                break
        else:
            root = os.environ.get("PEX_ROOT") or FACTS["pex_root"] or os.environ["HOME"].rstrip("/") + "/.pex"
            abi = sys.abiflags
            names = (sys.implementation, abi, os.uname()[4], sys.maxsize, sys.base_prefix, sys.base_exec_prefix)
            place = "%s/lite-1/apps/%s-cp%s-%s/_pexlite_launch.pyc" % (
                os.path.abspath(os.path.expanduser(root)),
                FACTS["build_id"],
                sys.implementation.cache_tag[8:],
                _imp.source_hash(0, ascii(names).encode()).hex()[:10],
            )
            file = open(place, "rb")
            content = file.read()
            file.close()
            if content[:4] == b"what the Python that compiles this puts there":
                launch = {"__name__": "__pexlite__.launch", "__file__": place}
                exec(marshal.loads(content[16:]), launch)
                run = launch["ready"](FACTS)
    except Exception:
        run = None
    if run:
        run(__loader__.archive, globals())
    else:
        place = __loader__.archive + "/__main__.py"
        exec(compile(__loader__.get_data(place), place, "exec"))
