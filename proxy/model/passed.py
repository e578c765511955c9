"""Listening sockets on their way from the supervisor to a child: inherited, their numbers in the environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable

VARIABLE = "STRANGLER_SOCKETS"


def numbers_of(sockets: Iterable[socket.socket]) -> str:
    return ",".join(str(one.fileno()) for one in sockets)


def passed_sockets() -> tuple[socket.socket, ...]:
    """Ours from now on, and nobody's whom we start. Raises KeyError when there are none."""
    sockets = tuple(socket.socket(fileno=int(number)) for number in os.environ[VARIABLE].split(","))
    for one in sockets:
        one.set_inheritable(False)
        one.setblocking(False)
    return sockets
