"""A whole shadow worker in the test's own loop, on a real socket with a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from proxy.model.counted import read_counters
from proxy.model.counters import Counters
from proxy.model.settings import Settings
from shadow.store.sqlite import SqliteStore
from shadow.worker import Worker
from tests.shadow.tap import TapClient


@dataclass(slots=True)
class Shadow:
    """A running worker and one proxy worker's connection to it."""

    settings: Settings
    worker: Worker
    running: asyncio.Task[None]
    tap: TapClient
    store: SqliteStore

    def counted(self, metric: str, **labels: str) -> int:
        folder = Path(self.settings.run_dir)
        return sum(
            n for _, name, found, n in read_counters(folder) if name == metric and labels.items() <= found.items()
        )


@pytest.fixture
def shadow_settings(tmp_path: Path) -> Settings:
    (tmp_path / "run").mkdir()
    return Settings(run_dir=str(tmp_path / "run"), store=f"sqlite:///{tmp_path}/strangler.db")


@pytest.fixture
async def shadow(shadow_settings: Settings, tmp_path: Path) -> AsyncIterator[Shadow]:
    counters = Counters(Path(shadow_settings.run_dir), "shadow-0-1")
    worker = Worker(shadow_settings, counters, b"the key")
    running = asyncio.create_task(worker.run())
    await worker.ready.wait()
    tap = await TapClient.connect(shadow_settings.tap_path)
    yield Shadow(shadow_settings, worker, running, tap, SqliteStore(tmp_path / "strangler.db"))
    await tap.close()
    worker.drain(5)
    await running
    counters.close()
