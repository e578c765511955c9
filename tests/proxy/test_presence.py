from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from proxy.presence import Presence, presence
from tests.proxy.wire import eventually


@pytest.mark.parametrize(
    ("how", "seen"), [("stays", Presence.HERE), ("ends", Presence.ENDED), ("resets", Presence.GONE)]
)
async def test_who_is_not_read_from_is_seen_to_leave(how: str, seen: Presence) -> None:
    loop = asyncio.get_running_loop()
    accepted: asyncio.Future[asyncio.Transport] = loop.create_future()

    class Server(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.set_result(transport)  # type: ignore[arg-type]  # uvloop's transport is a Transport in all but name

        def data_received(self, data: bytes) -> None:  # noqa: ARG002 - that it came is all
            accepted.result().pause_reading()

    server = await loop.create_server(Server, "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()) as client:
        client.sendall(b"first")
        transport = await accepted
        await eventually(lambda: not transport.is_reading())
        client.sendall(b"this is never read")
        if how == "resets":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how != "stays":
            client.close()
        await eventually(lambda: presence(transport) is seen)
        transport.abort()
    server.close()
