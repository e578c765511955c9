"""What an instance and its commands leave on disk is for their user alone, whatever the umask says."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.instance import Instance
from tests.integration.test_faults import TABLE, until, until_shadowing
from tests.proxy.wire import Client, Origin, always, get, ok

pytestmark = pytest.mark.heavy

ONE = ok(b'{"total": 1}', b"Content-Type: application/json")
OTHER = ok(b'{"total": 2}', b"Content-Type: application/json")


@pytest.fixture
def careless() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short path: sockets are in there, and where theirs would be too long the run directory is elsewhere."""
    with tempfile.TemporaryDirectory(prefix="strangler-") as name:
        yield Path(name)


Modes = dict[Path, int]


def modes(*folders: Path) -> Modes:
    """Of all that lies below ``folders``, with the bits that tell what it is."""
    return {path: path.lstat().st_mode for folder in folders for path in folder.rglob("*")}


def wrong(found: Modes) -> dict[str, str]:
    return {
        path.name: stat.filemode(mode)
        for path, mode in found.items()
        if stat.S_IMODE(mode) != (0o700 if stat.S_ISDIR(mode) else 0o600)
    }


def command(folder: Path, *words: str) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "console", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, (words, done.stdout + done.stderr)


@pytest.mark.usefixtures("careless")
async def test_every_file_folder_and_socket_is_for_its_user_alone(tmp_path: Path, temporary: Path) -> None:
    state, given = tmp_path / "state", tmp_path / "given"
    for folder in (state, given):
        folder.mkdir()
    config = given / "routes.yaml"
    options = ["--config", str(config), "--store", f"sqlite:///{state / 's.db'}", "--secret", str(state / "s.key")]
    env = {"TMPDIR": str(temporary), "XDG_RUNTIME_DIR": str(temporary)}
    async with Origin(always(ONE)) as legacy, Origin(always(OTHER)) as orders:
        config.write_text(TABLE.format(legacy=legacy.port, orders=orders.port))
        running = Instance(given, options, env)
        successor: Instance | None = None

        try:
            await asyncio.to_thread(running.wait_ready)
            await until_shadowing(running)
            client = await Client.connect(running.port)
            for _ in range(5):
                await client.send(get(b"/orders/1"))
                assert (await client.read_answer())[0] == 200
            await client.close()
            await until(lambda: running.report()["orders"]["outcomes"]["mismatch"] == 5, "nothing was recorded")
            found = modes(state, temporary)  # while the store is open
            store = ("--store", f"sqlite:///{state / 's.db'}")
            signature = running.report()["orders"]["signatures"][0]["id"]
            await asyncio.to_thread(command, given, "report", *store)
            await asyncio.to_thread(command, given, "triage", signature, "--as", "bug-in-new", *store)
            await asyncio.to_thread(command, given, "epoch", "--reason", "another build", *store)
            await asyncio.to_thread(command, given, "replay", "--save", str(state / "pairs.jsonl"), *store)
            os.kill(running.pids("proxy")[0], signal.SIGUSR2)
            os.kill(running.pids("shadow")[0], signal.SIGKILL)
            await until(lambda: list(temporary.glob("*/dead.json")), "what the dead one counted was not folded")
            os.truncate(state / "s.db", 5000)
            await until(lambda: [*running.admin("/"), *state.glob("*.broken-*Z")][2:], "it was not set aside", 60)
            found |= modes(state, temporary)
            successor = Instance(given, [*options, "--take-over"], env, like=running)
            await asyncio.to_thread(successor.wait_ready)
            found |= modes(state, temporary)
        finally:
            for one in (running, successor):
                if one is not None:
                    await asyncio.to_thread(one.end)
    kinds = {path.suffix for path in found}
    assert {".db", ".key", ".sock", ".lock", ".names", ".values", ".json", ".jsonl", ".stacks"} <= kinds
    assert {"s.db-wal", "s.db-shm"} <= {path.name for path in found}
    assert any(".broken-" in path.name for path in found)
    assert wrong(found) == {}
