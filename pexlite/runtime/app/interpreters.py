"""More interpreters in the app's process (concurrent.interpreters), which are made to see the bundle too.

Python gives them the path that it began with itself, which is the host's.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_PROGRAM = """
import marshal
with open(%(launcher)a, "rb") as file:
    parts = marshal.loads(file.read()[4:])
launch = {"__name__": "__pexlite__.app.launch", "PARTS": parts, "PLACE": %(place)a, "FACTS": parts["facts"]}
exec(marshal.loads(parts["launch"]), launch)
launch["enter"](%(place)a, %(facts)a)
del marshal, file, parts, launch
"""


def loaded(stand_in: "ModuleType", place: str, facts: "dict[str, Any]", attribute: str) -> "Any":
    """The `attribute` of the module whose place `stand_in` has taken; of its interpreters each is the app's."""
    sys.modules.pop(__name__, None)
    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
    module: Any = __import__(name)
    del stand_in.__getattr__
    path = {"inherit_path": facts["inherit_path"], "inherited": facts.get("inherited", [])}
    seen = dict(path, pth=facts["pth"], extra_path=list(facts.get("extra_path", ())))
    program = _PROGRAM % {"launcher": place + "/_pexlite_launch", "place": place, "facts": seen}
    create, run = module.create, getattr(module, "exec", None) or module.run_string

    def create_with_bundle(*arguments: "Any", **more: "Any") -> "Any":
        made = create(*arguments, **more)
        run(made, program)
        return made

    module.create = create_with_bundle
    stand_in.__dict__.update(module.__dict__)
    return getattr(module, attribute)
