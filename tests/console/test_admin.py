"""The console process as the supervisor starts it: a real process, a real control channel, a real port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from console.exits import Exit
from proxy.model import passed
from proxy.model.control import FD_VARIABLE, ControlChannel
from proxy.model.packed import pack
from proxy.model.settings import Settings
from proxy.supervise.ports import open_port
from proxy.table.load import load_table
from tests.console.scene import TABLE, fill_store
from tests.console.test_status import process, told

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
TABLE_MESSAGE = {
    "type": "table",
    "version": 3,
    "source": "routes.yaml",
    "text": TABLE,
    "table": pack(load_table(TABLE)),
}


class Console:
    """The process, and the supervisor's end of its channel."""

    def __init__(self, directory: Path) -> None:
        port = open_port("127.0.0.1", 0, "--admin")
        self.port = port.port
        self.settings = Settings(
            admin_port=self.port,
            store=fill_store(directory / "strangler.db"),
            run_dir=str(directory),
            log_format="json",
        )
        self.log = directory / "console.log"
        self.ours, theirs = socket.socketpair()
        with contextlib.closing(port), theirs, self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "console.admin"],
                cwd=ROOT,
                env={
                    **os.environ,
                    **self.settings.to_environment(),
                    FD_VARIABLE: str(theirs.fileno()),
                    passed.VARIABLE: passed.numbers_of(port.sockets),
                },
                pass_fds=(theirs.fileno(), *(one.fileno() for one in port.sockets)),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            )

    async def connect(self) -> None:
        self.channel = await ControlChannel.over(self.ours)

    async def hear(self) -> dict[str, Any]:
        """What it says beside that it is alive."""
        async with asyncio.timeout(PATIENCE):
            async for message in self.channel:
                if message["type"] != "beat":
                    return message
        raise AssertionError("the channel ended")

    async def get(self, path: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.status, json.loads(await answer.read())

    async def until_ready(self, wanted: int) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                status, body = await self.get("/readyz")
                if status == wanted:
                    return dict(body)
                await asyncio.sleep(0.02)

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait, PATIENCE)

    async def strangler(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "console", *words, "--admin", f"127.0.0.1:{self.port}"]
        return await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
        )


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    console = Console(tmp_path)
    try:
        await console.connect()
        console.channel.send(TABLE_MESSAGE)
        assert await console.hear() == {"type": "ready", "table_version": 3}
        yield console
    finally:
        console.process.kill()
        console.process.wait()
        with contextlib.suppress(AttributeError):
            console.channel.close()


def status_message(**changes: Any) -> dict[str, Any]:
    return {"type": "status", **told(**changes)}


async def test_it_is_ready_when_the_supervisor_says_that_all_workers_are(console: Console) -> None:
    assert (await console.get("/readyz"))[0] == 503
    console.channel.send(status_message())
    assert await console.until_ready(200) == {"ready": True, "reasons": []}
    console.channel.send(status_message(state="draining"))
    assert (await console.until_ready(503))["reasons"] == ["the instance is draining"]


async def test_each_new_table_is_confirmed_and_a_bad_one_is_rejected(console: Console) -> None:
    console.channel.send({**TABLE_MESSAGE, "version": 4})
    assert await console.hear() == {"type": "ready", "table_version": 4}
    console.channel.send({**TABLE_MESSAGE, "version": 5, "table": "nonsense"})
    rejected = await console.hear()
    assert (rejected["type"], rejected["table_version"]) == ("rejected", 5)
    assert (await console.get("/healthz"))[0] == 200


async def test_a_reload_goes_to_the_supervisor(console: Console) -> None:
    url = f"http://127.0.0.1:{console.port}/-/reload"
    async with aiohttp.ClientSession() as session, session.post(url) as answer:
        assert answer.status == 202
    assert await console.hear() == {"type": "reload"}
    said = {"by": "ada", "reason": "20 % as agreed", "hash": "a" * 64}
    async with aiohttp.ClientSession() as session, session.post(url, json=said) as answer:
        assert answer.status == 202
    assert await console.hear() == {"type": "reload", **said}


async def test_it_ends_when_told_to_drain(console: Console) -> None:
    console.channel.send({"type": "drain", "grace": 3.0})
    assert await console.ended() == 0


async def test_it_ends_when_the_supervisor_is_gone(console: Console) -> None:
    console.channel.close()
    assert await console.ended() == 0
    assert "the supervisor is gone" in console.log.read_text()


async def test_it_ends_on_sigterm_and_takes_no_notice_of_ctrl_c(console: Console) -> None:
    console.process.send_signal(signal.SIGINT)
    assert (await console.get("/healthz"))[0] == 200
    console.process.send_signal(signal.SIGTERM)
    assert await console.ended() == 0


async def test_an_open_connection_does_not_keep_it_from_ending(console: Console) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", console.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")  # and no more
    await writer.drain()
    console.channel.send({"type": "drain", "grace": 3.0})
    assert await console.ended() == 0
    writer.close()


async def test_the_status_command_asks_it(console: Console) -> None:
    starting = await console.strangler("status")
    assert starting.returncode == Exit.FINDINGS
    assert "the instance is starting" in starting.stdout
    console.channel.send(status_message())
    await console.until_ready(200)
    ready = await console.strangler("status", "--format", "json")
    assert ready.returncode == Exit.FINE
    assert json.loads(ready.stdout)["processes"][1]["role"] == "proxy"
    console.channel.send(status_message(processes=[process("proxy", ready=False)]))
    await console.until_ready(503)
    assert (await console.strangler("status")).returncode == Exit.FINDINGS
    console.process.kill()
    await console.ended()
    gone = await console.strangler("status")
    assert gone.returncode == Exit.UNDECIDED
    assert "strangler serve" in gone.stderr
    assert "Traceback" not in gone.stderr
