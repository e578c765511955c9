"""SIGHUP has two meanings: ``kill -HUP`` asks for a reload, a terminal that is closed says that nobody is there any more."""

from __future__ import annotations

import os

_STDERR = 2


class Terminal:
    """Remembers whether we were started on one."""

    def __init__(self, descriptor: int = _STDERR) -> None:
        self._descriptor = descriptor
        self._was_there = os.isatty(descriptor)

    def is_gone(self) -> bool:
        return self._was_there and not os.isatty(self._descriptor)
