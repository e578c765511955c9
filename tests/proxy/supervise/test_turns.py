"""Short turns, as the kernel tells of them in ``/proc/PID/sched`` (Linux 6.12 and newer)."""

from __future__ import annotations

import errno
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.supervise import turns


def turn_of(pid: int) -> float | None:
    """In seconds; None where the kernel does not say, or does not listen to wishes."""
    said = Path(f"/proc/{pid}/sched")
    if not said.exists() or tuple(map(int, re.findall(r"\d+", platform.release())[:2])) < (6, 12):
        return None
    found = re.search(r"^se\.slice\s*:\s*(\d+)$", said.read_text(), re.MULTILINE)
    return int(found[1]) / 1e9 if found else None


@pytest.fixture
def pid() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


@pytest.mark.skipif(turn_of(os.getpid()) is None, reason="this kernel does not tell, or is older than Linux 6.12")
def test_turns_become_shorter_and_nothing_else_changes(pid: int) -> None:
    os.setpriority(os.PRIO_PROCESS, pid, 3)
    os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))
    turns.shorten(pid)
    assert turn_of(pid) == turns.SECONDS
    assert os.getpriority(os.PRIO_PROCESS, pid) == 3
    assert os.sched_getscheduler(pid) == os.SCHED_BATCH


def test_a_process_that_is_gone_is_an_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with pytest.raises(ProcessLookupError):
        turns.shorten(process.pid)


def test_where_the_call_is_not_known_it_is_not_made(pid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "pdp11")
    before = turn_of(pid)
    with pytest.raises(OSError) as raised:
        turns.shorten(pid)
    assert raised.value.errno == errno.ENOSYS
    assert turn_of(pid) == before
