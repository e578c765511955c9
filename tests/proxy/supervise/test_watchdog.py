"""Vital signs of real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.supervise.silence import Silence
from proxy.supervise.watchdog import until_stuck, vitals, written_stacks


def test_our_own_vitals() -> None:
    before = vitals(os.getpid())
    sum(range(10_000_000))
    state, cpu = vitals(os.getpid())
    assert state == "R"
    assert cpu > before[1]


def test_a_process_that_is_gone_has_none() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(OSError, match=str(gone.pid)):
        vitals(gone.pid)


@pytest.mark.promise("O11")
async def test_a_stopped_process_is_stuck() -> None:
    process = await asyncio.create_subprocess_exec("/bin/sleep", "60")
    try:
        process.send_signal(signal.SIGSTOP)
        silence = Silence(asyncio.get_running_loop().time())
        assert await asyncio.wait_for(until_stuck(process.pid, silence, 1.0), 10.0) == "stopped by a signal"
    finally:
        process.kill()
        await process.wait()


async def test_stacks_that_nobody_wrote_are_nothing(tmp_path: Path) -> None:
    assert await written_stacks(tmp_path / "none") == ""
