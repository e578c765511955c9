"""Short turns of the processor, for which Python has no call: sched_setattr(2).

Linux lets a process that runs finish its turn, one to three milliseconds, before another that has just become ready, unless that one asks for
shorter turns (since 6.12; older kernels take the wish and do not listen). Who answers users has little to do at a time, and should
not wait for who has much. What it gets in all stays the same, which is the matter of nice(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from typing import Final

SECONDS: Final = 0.0001
"""The shortest that Linux grants."""

_CALL_NUMBERS: Final = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
"""By machine; the C library has no name for the call before glibc 2.41."""
_KEEP_POLICY: Final = 0x08


class _Attributes(ctypes.Structure):
    """``struct sched_attr`` as it was first (48 bytes)."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def shorten(pid: int, seconds: float = SECONDS) -> None:
    """Have process ``pid``, and the threads that it starts from now on, take turns of ``seconds``. Raises OSError, ENOSYS where we do not know how to."""
    number = _CALL_NUMBERS.get(platform.machine())
    if not sys.platform.startswith("linux") or sys.maxsize < 2**32 or number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    wanted = _Attributes(
        size=ctypes.sizeof(_Attributes),
        flags=_KEEP_POLICY,
        nice=os.getpriority(os.PRIO_PROCESS, pid),
        runtime=round(seconds * 1e9),
    )
    if ctypes.CDLL(None, use_errno=True).syscall(number, pid, ctypes.byref(wanted), 0):
        failed = ctypes.get_errno()
        raise OSError(failed, os.strerror(failed))
