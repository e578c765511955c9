"""Whether bytes still move, as the kernel knows it."""

from __future__ import annotations

import asyncio
import socket

from proxy.listen.progress import Progress
from tests.proxy.wire import eventually


async def test_what_a_peer_sends_and_takes_is_seen_and_what_it_does_not_is_not() -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with socket.create_connection(listening.getsockname()) as peer:
            transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, listening.accept()[0])
            progress = Progress()
            progress.look(transport)
            assert progress.look(transport) == (False, False)
            peer.sendall(b"x")
            await eventually(lambda: progress.look(transport)[0])
            assert progress.look(transport) == (False, False)
            transport.write(b"y" * 32 * 1024 * 1024)
            await eventually(lambda: progress.look(transport) == (False, True))
            await eventually(
                lambda: progress.look(transport) == (False, False), "a peer that takes nothing was not seen"
            )
            await asyncio.to_thread(peer.recv, 8 * 1024 * 1024, socket.MSG_WAITALL)
            await eventually(lambda: progress.look(transport)[1])
            transport.abort()
        await asyncio.sleep(0)
