"""Closing a listening socket without a gap: first nobody new gets in, then those who are in are accepted, then it closes."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct

_DROP_SYN = ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
"""A classic BPF program on the TCP header: load the flags; only SYN and ACK of them; if that is SYN alone: drop, else: keep."""

_SO_ATTACH_FILTER = 26


def refuse_handshakes(listening: socket.socket) -> None:
    """Let nobody begin a new handshake on this TCP socket; those under way can finish.

    Without it whoever comes between our last accept and our close would be reset, after having been told that it is
    connected. Now its SYN goes unanswered, and is sent again after a second: to whoever listens then, or to be refused.
    """
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in _DROP_SYN))
    with contextlib.suppress(OSError):  # without the filter there is a gap of microseconds
        listening.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_DROP_SYN), ctypes.addressof(program))
        )
