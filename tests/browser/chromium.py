"""Debian's Chromium, driven over its own debugging protocol: no driver program, no wheel of 50 MB."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
)


class PageGone(Exception):
    """The page that was asked made room for the next one."""


class Browser:
    """One page. ``events`` are what it told since ``open`` was called last, as (method, parameters)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while (message := await self._socket.receive_json()).get("id") != number:
            self.events.append((message["method"], message["params"]))
        if "navigated" in message.get("error", {}).get("message", ""):
            raise PageGone
        assert "error" not in message, message
        return dict(message["result"])

    async def open(self, url: str) -> None:
        self.events.clear()
        await self.ask("Page.navigate", url=url)
        await self.until("document.readyState == 'complete' && location.href != 'about:blank'")

    async def value(self, expression: str) -> Any:
        return (await self.ask("Runtime.evaluate", expression=expression))["result"].get("value")

    async def until(self, expression: str) -> None:
        async with asyncio.timeout(20):
            while not await self._holds(expression):  # noqa: ASYNC110 - the page cannot tell us
                await asyncio.sleep(0.05)

    async def _holds(self, expression: str) -> bool:
        try:
            return bool(await self.value(expression))
        except PageGone:
            return False

    async def press(self, key: str, code: int) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    @property
    def requested(self) -> list[str]:
        return [told["request"]["url"] for method, told in self.events if method == "Network.requestWillBeSent"]

    @property
    def complaints(self) -> list[str]:
        """Errors in the console, exceptions, and what the content policy forbade."""
        errors = [told for method, told in self.events if method == "Runtime.exceptionThrown"]
        errors += [
            told for method, told in self.events if method == "Log.entryAdded" and told["entry"]["level"] == "error"
        ]
        return [json.dumps(one) for one in errors]


@asynccontextmanager
async def browsing(program: str, directory: Path) -> AsyncIterator[Browser]:
    command = [program, *FLAGS, f"--user-data-dir={directory}", "about:blank"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = await asyncio.create_subprocess_exec(*command, **quiet)
    try:
        port = directory / "DevToolsActivePort"
        async with asyncio.timeout(30):
            while not port.exists() or len(port.read_text().splitlines()) < 2:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.05)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json") as answer:
                (page,) = [one for one in await answer.json() if one["type"] == "page"]
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                browser = Browser(socket)
                for domain in ("Page", "Runtime", "Network", "Log"):
                    await browser.ask(f"{domain}.enable")
                yield browser
    finally:
        process.terminate()
        await process.wait()
