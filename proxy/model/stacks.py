"""The stacks of a process that does not answer: written by a signal handler in C, even while Python code never returns."""

from __future__ import annotations

import faulthandler
import os
import signal
from pathlib import Path

SIGNAL = signal.SIGUSR2


def stacks_file(run_dir: str | Path, role: str, index: int, pid: int) -> Path:
    return Path(run_dir) / f"{role}-{index}-{pid}.stacks"


def write_stacks_when_asked(run_dir: str, role: str, index: int) -> None:
    """On ``SIGNAL`` this process writes what each of its threads is doing. Not to the log, which may be what blocks."""
    file = stacks_file(run_dir, role, index, os.getpid()).open("w", encoding="utf-8")
    faulthandler.register(SIGNAL, file, all_threads=True)
