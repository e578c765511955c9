"""Takes the exit status of processes that are not ours: the duty of whoever is process 1."""

from __future__ import annotations

import os
from collections.abc import Container


def reap_strangers(ours: Container[int | None]) -> None:
    """Reap every ended child process that is not among ``ours``. Stops at one that is: its keeper reaps it, then we come again."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in ours:
            return
        os.waitpid(ended.si_pid, 0)
