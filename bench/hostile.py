"""``python -m bench.hostile KIND:PORT ...``: candidates as bad as they come, one port for each kind in ``KINDS``."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import uvloop

HUGE: Final = 100_000_000
PIECE: Final = bytes(65536)

Kind = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Answers one request."""


async def hung(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """A byte a second, after the head."""
    writer.write(_head(1000))
    for _ in range(1000):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(1)


async def broken(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\n\r\nbroken")


async def huge(writer: asyncio.StreamWriter) -> None:
    writer.write(_head(HUGE))
    for _ in range(0, HUGE, len(PIECE)):
        writer.write(PIECE)
        await writer.drain()


async def cut(writer: asyncio.StreamWriter) -> None:
    """Reset in the middle of the answer."""
    writer.write(_head(1000) + bytes(100))
    await writer.drain()
    linger = struct.pack("ii", 1, 0)  # closing sends a reset
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


KINDS: Final[dict[str, Kind]] = {"hung": hung, "dripping": dripping, "broken": broken, "huge": huge, "cut": cut}


def _head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length


async def _serve(kind: Kind, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, whose requests have no bodies."""
    with suppress(OSError, asyncio.IncompleteReadError):
        while not writer.is_closing():
            await reader.readuntil(b"\r\n\r\n")
            await kind(writer)
    writer.close()


async def _all(ports: dict[str, int]) -> None:
    for name, port in ports.items():
        kind = KINDS[name]
        await asyncio.start_server(lambda reader, writer, kind=kind: _serve(kind, reader, writer), "127.0.0.1", port)  # type: ignore[misc]  # mypy has no lambda defaults
    await asyncio.Event().wait()


def main() -> None:
    ports = {name: int(port) for name, _, port in (word.partition(":") for word in sys.argv[1:])}
    uvloop.run(_all(ports))


if __name__ == "__main__":
    main()
