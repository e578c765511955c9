"""Memory that all workers of an instance share: a file in the run directory, as words of 64 bits, zeros at first."""

from __future__ import annotations

import contextlib
import mmap
import os
from array import array
from pathlib import Path


def mapped_words(path: Path, count: int) -> memoryview:
    """Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(os.close, descriptor)
        # Not a sparse file: on a full disk the first touch of a page would kill us.
        os.posix_fallocate(descriptor, 0, count * 8)
        return memoryview(mmap.mmap(descriptor, count * 8)).cast("q")


def own_words(count: int) -> memoryview:
    """The same, shared with nobody."""
    return memoryview(array("q", bytes(count * 8)))
