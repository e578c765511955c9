"""How long an answer took by the kernel's clock: the same however late we come to read it."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import Final

import aiohttp
from aiohttp.connector import Connection

_INFO_BYTES: Final = 56
_SENT_AND_RECEIVED: Final = struct.Struct("=44x I 4x I")
"""``tcpi_last_data_sent`` and ``tcpi_last_data_recv`` of Linux's struct tcp_info: milliseconds since then."""

_LESS_THAN_A_TICK: Final = 0.002
"""Seconds that stand for nothing at all: the kernel counts in ticks, of which a second has 100 to 1,000."""


class TimedResponse(aiohttp.ClientResponse):
    """``on_the_wire`` is what ``seconds_on_the_wire`` told when the head had come."""

    on_the_wire: float | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        transport = connection.transport  # a short answer takes the connection away from us
        response = await super().start(connection)
        self.on_the_wire = seconds_on_the_wire(transport)
        return response


def seconds_on_the_wire(transport: asyncio.BaseTransport | None) -> float | None:
    """From the last byte sent to the last one that has come so far, to a few milliseconds; None where the kernel does not tell:
    on Unix sockets, on other systems, on a connection that is closed."""
    sock = transport.get_extra_info("socket") if transport is not None else None
    if sys.platform != "linux" or sock is None or sock.family == socket.AF_UNIX:
        return None
    try:
        info: bytes = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        sent, received = _SENT_AND_RECEIVED.unpack(info)
    except (OSError, struct.error):
        return None
    return float(max((sent - received) / 1000, _LESS_THAN_A_TICK))
