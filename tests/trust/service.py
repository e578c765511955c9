"""Both services in one process: ``python -m tests.trust.service LEGACY_PORT NEW_PORT`` serves until its input ends."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import sys
import zlib

from aiohttp import web

from tests.trust.bugs import bug_of
from tests.trust.endpoints import ENDPOINTS
from tests.trust.reply import Reply, Side

WRITES = 0.1
"""Share of reads of an inventory after which somebody writes it."""


def application(side: Side, dice: random.Random) -> web.Application:
    """``side.stock`` is shared with the other side: the data is one, the services are two."""

    async def handle(request: web.Request) -> web.Response:
        route, number = request.match_info["route"], int(request.match_info["number"])
        reply = ENDPOINTS[route](number, side)
        if side.is_new and (bug := bug_of(route, number)) is not None:
            bug.plant(reply)
        elif route == "inventory" and not side.is_new and dice.random() < WRITES:
            sku = number % 50
            side.stock[sku] = side.stock.get(sku, 0) + 1
        return _written(reply)

    app = web.Application()
    app.router.add_get("/{route}/{number}", handle)
    return app


def _written(reply: Reply) -> web.Response:
    body = _body(reply)
    headers = [("Content-Type", reply.media), *reply.headers]
    if reply.coding:
        body = gzip.compress(body, 1) if reply.coding == "gzip" else zlib.compress(body, 1)
        headers.append(("Content-Encoding", reply.coding))
    return web.Response(status=reply.status, headers=headers, body=body)


def _body(reply: Reply) -> bytes:
    match reply.document:
        case bytes() as body:
            return body
        case str() as text:
            return text.encode()
        case document if reply.media == "application/x-ndjson":
            return b"".join(json.dumps(line).encode() + b"\n" for line in document)
        case document:
            return json.dumps(document).encode()


async def serve(legacy_port: int, new_port: int) -> None:
    """Serve both until standard input ends."""
    stock: dict[int, int] = {}
    for is_new, port in ((False, legacy_port), (True, new_port)):
        side = Side(is_new, f"http://127.0.0.1:{port}", random.Random(port), stock)
        runner = web.AppRunner(application(side, random.Random(port + 1)), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
