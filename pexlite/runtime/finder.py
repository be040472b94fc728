"""Finds the modules of this room that travel as one piece, `rest`: apart they would take half as much again."""

import marshal
import os
import sys

_PACKAGE = "__pexlite__."


class _Finder:
    """The piece taken apart: names and sources, in turn, between zero bytes."""

    def __init__(self, loader, make_spec):
        self.make_spec = make_spec
        self.folder = os.sep.join((loader.archive, "__pexlite__", ""))
        parts = loader.get_data(self.folder + "rest").decode("utf-8").split("\0")
        self.sources = dict(zip(parts[::2], parts[1::2]))
        self.codes = _codes(loader, self.folder)

    def find_spec(self, name, path=None, target=None):
        if name.startswith(_PACKAGE) and name[len(_PACKAGE) :] in self.sources:
            return self.make_spec(name, self, origin=self._path(name))
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__name__
        module.__file__ = self._path(name)
        code = self.codes.get(name[len(_PACKAGE) :])
        if code:
            code = marshal.loads(code)
        else:
            code = compile(self.get_source(name), module.__file__, "exec", dont_inherit=True)
        exec(code, module.__dict__)

    def get_source(self, name):
        return self.sources[name[len(_PACKAGE) :]]

    def _path(self, name):
        return "%s%s.py" % (self.folder, name[len(_PACKAGE) :])


def _codes(loader, folder):
    """The bytecode that the file has for this very Python: none, where the package came without, or it changed."""
    digest = getattr(sys.modules[_PACKAGE[:-1]], "digest_of_rest", None)
    if not digest:
        return {}
    import _imp
    from _frozen_importlib_external import MAGIC_NUMBER

    packed = loader.get_data("%s%s-rest" % (folder, sys.implementation.cache_tag))
    found = _imp.source_hash(int.from_bytes(MAGIC_NUMBER, "little"), packed)
    return marshal.loads(packed) if found == digest else {}


def install(loader, spec):
    """Modules of this room can be imported from now on; `loader` and `spec` are the package's own."""
    if not [finder for finder in sys.meta_path if isinstance(finder, _Finder)]:
        sys.meta_path.append(_Finder(loader, type(spec)))


def leave():
    """What comes now is the app's: it finds no finder of ours."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
