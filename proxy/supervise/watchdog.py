"""Notices a process whose event loop is stuck, or which is stopped, and finds out what it is doing. See ``silence`` for what counts."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from proxy.supervise.silence import LOOK_SECONDS, WORDS, Silence

_TICKS = os.sysconf("SC_CLK_TCK")

WRITE_SECONDS = 0.5
"""How long a process may take to write its stacks. A stopped one never does."""


def vitals(pid: int) -> tuple[str, float]:
    """The state of its main thread, as a letter, and the processor time that all of its threads have used.
    Raises OSError if it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return fields[0], (int(fields[11]) + int(fields[12])) / _TICKS


async def until_stuck(pid: int, silence: Silence, seconds: float) -> str:
    """Look until it has been silent for so long; says what it seems to be doing. Runs for ever if it is gone."""
    clock = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            state, cpu = vitals(pid)
        except OSError:
            continue
        if silence.look(clock(), state, cpu) >= seconds:
            return WORDS.get(state, state)


async def written_stacks(file: Path) -> str:
    """What the process wrote after it was asked to, its innermost frames first."""
    await asyncio.sleep(WRITE_SECONDS)
    try:
        text = await asyncio.to_thread(file.read_text, encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rstrip()
