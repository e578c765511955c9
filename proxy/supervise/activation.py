"""Listening sockets that systemd opened for us (``LISTEN_FDS``; sd_listen_fds(3)): they go on listening while we are restarted."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.ports import Port

FIRST = 3
"""The number of the first descriptor."""

ADMIN = "admin"
"""``FileDescriptorName=`` of the admin port's sockets; all others are for users."""


def passed_ports(environment: MutableMapping[str, str] | None = None, first: int = FIRST) -> dict[str, Port]:
    """``data`` and ``admin``, as far as sockets for them were passed. Nobody whom we start finds the variables any more.
    Raises CannotStart."""
    environment = os.environ if environment is None else environment
    count = environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if environment.pop("LISTEN_PID", "") != str(os.getpid()) or not count.isdecimal():
        return {}
    sockets: dict[str, list[socket.socket]] = {}
    for offset in range(int(count)):
        name = names[offset] if offset < len(names) else ""
        sockets.setdefault("admin" if name == ADMIN else "data", []).append(_listening(first + offset, name))
    return {kind: port_of(found, lasting=True) for kind, found in sockets.items()}


def _listening(descriptor: int, name: str) -> socket.socket:
    wrong = CannotStart(
        f"descriptor {descriptor} ({name or 'without a name'}) is no listening TCP socket; correct the socket unit: "
        "ListenStream= with an address and a port, and not Accept=yes"
    )
    try:
        one = socket.socket(fileno=descriptor)
    except OSError as error:
        raise wrong from error
    tcp = one.family in {socket.AF_INET, socket.AF_INET6} and one.type == socket.SOCK_STREAM
    if not (tcp and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)):
        one.close()
        raise wrong
    one.setblocking(False)
    one.set_inheritable(False)
    return one


def port_of(sockets: list[socket.socket], *, lasting: bool) -> Port:
    """The address of the first one stands for all."""
    host, port = sockets[0].getsockname()[:2]
    return Port(host, port, tuple(sockets), lasting)
