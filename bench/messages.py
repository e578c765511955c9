"""WebSocket messages: ``python -m bench.messages serve PORT`` echoes them, ``python -m bench.messages ask PORT CONNECTIONS SECONDS`` sends them.

Each connection sends a message, waits for it to come back, and sends the next one. Prints a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop
from aiohttp import ClientSession, TCPConnector, web

PATH = "/socket"
MESSAGE = (
    '{"type":"position","id":4711,"at":"2026-11-26T12:00:00Z","place":[52.5200,13.4050],"speed":12.5,"heading":271}'
)
"""What a page that follows something would get, about a hundred bytes."""
END = 30.0
"""Seconds that the last answers may take."""


async def _echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


async def _alive(_: web.Request) -> web.Response:
    return web.Response()


async def _ask(session: ClientSession, until: float, times: list[float]) -> None:
    """Once at least, however long connecting took."""
    async with session.ws_connect(PATH) as socket:
        began = 0.0
        while not began or time.perf_counter() < until:
            began = time.perf_counter()
            await socket.send_str(MESSAGE)
            if await socket.receive_str() != MESSAGE:
                raise SystemExit("bench: another message came back than was sent")
            times.append(time.perf_counter() - began)


async def _load(port: int, connections: int, seconds: float) -> dict[str, float]:
    times: list[float] = []
    async with ClientSession(f"http://127.0.0.1:{port}", connector=TCPConnector(limit=0)) as session:
        began = time.perf_counter()
        asking = [_ask(session, began + seconds, times) for _ in range(connections)]
        await asyncio.wait_for(asyncio.gather(*asking), seconds + END)
        taken = time.perf_counter() - began
    times.sort()
    return {
        "messages": 2 * len(times),  # there and back
        "seconds": taken,
        "p50_ms": 1e3 * times[len(times) // 2],
        "p99_ms": 1e3 * times[int(0.99 * (len(times) - 1))],
    }


def main() -> None:
    what, port = sys.argv[1], int(sys.argv[2])
    if what == "serve":
        app = web.Application()
        app.add_routes([web.get(PATH, _echo), web.get("/", _alive)])
        web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop())
    else:
        print(json.dumps(uvloop.run(_load(port, int(sys.argv[3]), float(sys.argv[4])))))


if __name__ == "__main__":
    main()
