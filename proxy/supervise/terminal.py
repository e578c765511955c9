"""SIGHUP has two meanings: ``kill -HUP`` asks for a reload, a terminal that is closed says that nobody is there any more."""

from __future__ import annotations

import os

_STDERR = 2


class Terminal:
    """Remembers whether we were started on one."""

    def __init__(self) -> None:
        self._was_there = os.isatty(_STDERR)

    def is_gone(self) -> bool:
        return self._was_there and not os.isatty(_STDERR)
