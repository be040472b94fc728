"""CPythons that no Debian has: compiled in a Debian of their own, from Debian's sources, once.

A free-threaded CPython 3.13, and one that stands on musl alone. They have no ssl, lzma,
tkinter and sqlite where these would take more libraries than a journey needs.
"""

from __future__ import annotations

from pathlib import Path

from tests.programs.machines.inside import Inside
from tests.programs.machines.roots import CannotMakeError, debootstrap

_PACKAGES = ("autoconf", "automake", "build-essential", "ca-certificates", "dpkg-dev", "libffi-dev", "libssl-dev")
_MORE = ("libltdl-dev", "libtool", "musl-tools", "pkgconf", "python3", "zlib1g-dev")
# Without Debian's patches: by one of them no venv of a free-threaded CPython finds its site-packages.
_SOURCES = """
cd /srv
sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list
apt-get update -q
apt-get source -q libffi
apt-get source -q --download-only python3.13 && dpkg-source --skip-patches -x python3.13_*.dsc
apt-get source -q --tar-only zlib && tar xf zlib_*.orig.tar.*
touch sources
"""
_PYTHON = """
rm -rf /opt/{name} /srv/build-{name} && mkdir /srv/build-{name} && cd /srv/build-{name}
OPT="-DNDEBUG -O1" /srv/python3.13-*/configure --prefix=/opt/{name} --without-ensurepip \
    --without-static-libpython --disable-test-modules {flags} >configure.log
make -j2 >make.log 2>&1
make altinstall >install.log 2>&1
find /opt/{name} -name '*.so' -exec strip {{}} +
find /opt/{name}/bin -type f -name 'python3.13*' ! -name '*-config' -exec strip {{}} +
"""
_FREE_THREADED = _PYTHON.format(name="cp313t", flags="--disable-gil")
# musl-gcc says of itself that it compiles for glibc, and the names of extension modules would follow that. The
# headers of the kernel belong to no C library.
_MUSL = r"""
mkdir -p /opt/musl-build/include && cd /opt/musl-build
printf '#!/bin/sh\ncase "$*" in --print-multiarch) echo x86_64-linux-musl;; *) exec musl-gcc "$@";; esac\n' >cc
chmod 755 cc
ln -sfn /usr/include/linux include/linux
ln -sfn /usr/include/asm-generic include/asm-generic
ln -sfn /usr/include/x86_64-linux-gnu/asm include/asm
export CC=/opt/musl-build/cc CFLAGS='-O2 -fPIC -I/opt/musl-build/include' LDFLAGS=-L/opt/musl-build/lib
(cd /srv/zlib-*/ && ./configure --static --prefix=/opt/musl-build && make -j2 && make install) >zlib.log 2>&1
(cd /srv/libffi-*/ && autoreconf -fi) >libffi.log 2>&1
rm -rf /srv/build-libffi && mkdir /srv/build-libffi && cd /srv/build-libffi
(/srv/libffi-*/configure --disable-shared --disable-docs --disable-multi-os-directory \
    --libdir=/opt/musl-build/lib --prefix=/opt/musl-build && make -j2 && make install) >libffi.log 2>&1
export PKG_CONFIG_LIBDIR=/opt/musl-build/lib/pkgconfig
""" + _PYTHON.format(name="musl", flags="")
_STEPS = {"cp313t": _FREE_THREADED, "musl": _MUSL}


def compiled(name: str, directory: Path) -> Path:
    """The directory of the CPython that is /opt/`name` inside, compiled if `directory` has it not yet."""
    root = directory / "roots" / "builder"
    place = root / "opt" / name
    if (place / "DONE").exists():
        return place
    debootstrap(root, "trixie", "amd64", (*_PACKAGES, *_MORE))
    inside = Inside(root, account="root")
    if not (root / "srv" / "sources").exists():
        _typed(inside, _SOURCES)
    _typed(inside, _STEPS[name])
    (place / "DONE").touch()
    return place


def _typed(inside: Inside, lines: str) -> None:
    done = inside.run(["sh", "-ec", lines], seconds=3600)
    if done.code:
        raise CannotMakeError(f"compiling ended with {done.code}: {done.complained.strip()[-1000:]}")
