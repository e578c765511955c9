"""Whether somebody whom we do not read from is still there: the end of a connection stays unread, but the kernel has seen it."""

from __future__ import annotations

import asyncio
import enum
import socket


class Presence(enum.Enum):
    HERE = enum.auto()
    ENDED = enum.auto()
    """It sends no more: it has left, or waits for answers. What it sent may still wait to be read."""
    GONE = enum.auto()


_STATES = {7: Presence.GONE, 8: Presence.ENDED}
"""TCP_CLOSE and TCP_CLOSE_WAIT of Linux's tcp_states.h: a reset came, or the end."""


def presence(transport: asyncio.Transport) -> Presence:
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return Presence.HERE
    state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return _STATES.get(state, Presence.HERE)
