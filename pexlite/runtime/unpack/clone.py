"""Large members that the file holds uncompressed, copied by the kernel.

XFS, btrfs and their like only note that both files have the same blocks, where the member begins at a multiple of
their size: that takes no room and hardly any time. Others copy inside the kernel.
"""

import errno
import os
import sys

_BLOCK = 4096
# As most machines have it. The others refuse this number, and have `copy_file_range` from Python 3.8 on.
_FICLONERANGE = 0x4020940D


def copied(source: int, start: int, size: int, target: int) -> str:
    """Copy `size` bytes at `start` of the open `source` to the empty file `target`; return the call that did it.

    The position in `target` stays at its beginning. Raises OSError where the kernel does not do that here, as it
    says by many errors: EXDEV for another file system, EAGAIN on ZFS, ENOSYS and EINVAL of old ones, EOPNOTSUPP.
    """
    if hasattr(os, "copy_file_range"):
        done = 0
        while done < size:
            more = os.copy_file_range(source, target, size - done, start + done, done)
            if not more:  # the file ends too early, or the kernel says that of one that it does not know
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            done += more
        return "copy_file_range"
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    import fcntl
    import struct

    rest = size % _BLOCK
    fcntl.ioctl(target, _FICLONERANGE, struct.pack("=qQQQ", source, start, size - rest, 0))
    if os.pwrite(target, os.pread(source, rest, start + size - rest), size - rest) != rest:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return "FICLONERANGE"
