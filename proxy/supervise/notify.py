"""Tells systemd where we are, if it wants to know (``Type=notify-reload``): one datagram, never waited for."""

from __future__ import annotations

import contextlib
import os
import socket
import time

VARIABLE = "NOTIFY_SOCKET"


def notify(*lines: str) -> None:
    address = os.environ.get(VARIABLE)
    if not address:
        return
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto("\n".join(lines).encode(), name)


def notify_reloading() -> None:
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
