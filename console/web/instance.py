"""What the console process knows of its instance: what the supervisor told, the table in force, the counters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.counted import Counted
from console.status import STARTING, Document, living, status_document
from proxy.model.counted import read_counters
from proxy.model.packed import unpack
from proxy.model.table import Table


class Instance:
    """``tell`` gives the supervisor what the control message ``reload`` holds; ``journal`` is the file of the table's versions, ``key`` that of the
    installation's key."""

    def __init__(
        self, run_dir: str, tell: Callable[[dict[str, Any]], None], journal: Path = Path(), key: Path = Path()
    ) -> None:
        self.told: Document = STARTING
        self.table: Table | None = None
        self.text: str | None = None
        """Of that table, as its file had it; None where it has no file."""
        self.started = asyncio.Event()
        """Users are served."""
        self.journal = journal
        self.key = key
        self._tell = tell
        self._run_dir = Path(run_dir)

    def take_status(self, message: dict[str, Any]) -> None:
        self.told = {**STARTING, **{name: value for name, value in message.items() if name != "type"}}
        if self.told["state"] != STARTING["state"]:
            self.started.set()

    async def take_table(self, message: dict[str, Any]) -> None:
        """In a thread: a large table takes its time. Raises BadPacked."""
        self.table = await asyncio.to_thread(_unpacked, message)
        self.text = message["text"]

    def ask_for_reload(self, by: str | None = None, reason: str = "", hash_: str | None = None) -> None:
        """Have the table read again. ``by`` and ``reason`` of a change, ``hash_`` of the text that it made, if that is known."""
        self._tell({} if by is None else {"by": by, "reason": reason, "hash": hash_})

    async def counted(self) -> Counted:
        pids = living(self.told)
        return await asyncio.to_thread(lambda: Counted(read_counters(self._run_dir), pids))

    async def status(self) -> Document:
        return status_document(self.told, self.table, await self.counted())


def _unpacked(message: dict[str, Any]) -> Table:
    return replace(unpack(message["table"]), version=message["version"])
