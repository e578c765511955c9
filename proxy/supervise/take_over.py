"""Handing the ports from a running instance to the next one (``serve --take-over``), without a moment in which nobody listens.

    new -> old   connects to a socket that bears the name of the port
    old -> new   one line of JSON, and with it the listening sockets
    new -> old   ready      its workers accept: from now on the old ones need not
    old -> new   over       the old console is gone, so the admin port speaks for the new instance

The new one may die at any time before ``ready``: then nothing has changed. Both check that the other is of the same user.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from proxy.model.settings import Settings
from proxy.supervise.activation import port_of
from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.ports import Port

log = logging.getLogger(__name__)

READY = b"ready\n"
OVER = b"over\n"

ANSWER_SECONDS = 10.0
MAX_SOCKETS = 64
MAX_LINE = 4096


def _name(host: str, port: int) -> str:
    """In the abstract namespace: it lives and dies with its socket, and belongs to a network namespace as the port does."""
    return f"\0strangler-{os.getuid()}-{host}:{port}"


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The instance whose ports we have now, and which goes on until it is relieved."""

    ports: Mapping[str, Port]
    link: socket.socket

    async def relieve(self) -> None:
        """Tell it that we accept; wait until its console is gone, or all of it."""
        loop = asyncio.get_running_loop()
        self.link.setblocking(False)
        with self.link, contextlib.suppress(OSError):
            await loop.sock_sendall(self.link, READY)
            await loop.sock_recv(self.link, len(OVER))


def find_predecessor(host: str, port: int) -> Predecessor | None:
    """Whoever serves this port and is ours, or None. Raises CannotStart if it does not answer."""
    with contextlib.ExitStack() as on_failure:
        link = on_failure.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        link.settimeout(ANSWER_SECONDS)
        try:
            link.connect(_name(host, port))
        except ConnectionRefusedError:
            return None
        if not _is_ours(link):
            raise CannotStart(f"cannot take over {host}:{port}: it belongs to another user")
        try:
            line, descriptors, _, _ = socket.recv_fds(link, MAX_LINE, MAX_SOCKETS)
        except TimeoutError:
            line, descriptors = b"", []
        if not line:
            raise CannotStart(
                f"cannot take over {host}:{port}: the running instance did not answer within {ANSWER_SECONDS:g} s; "
                "perhaps another one is taking it over"
            )
        on_failure.pop_all()
    return Predecessor(_decode(line, descriptors), link)


async def offer(settings: Settings, ports: Mapping[str, Port], relieved: Callable[[], Awaitable[None]]) -> None:
    """Wait for a successor and give it our ports; ends when it has relieved us, which ``relieved`` carries out."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.setblocking(False)
        try:
            listening.bind(_name(settings.listen_host, settings.listen_port))
        except OSError as error:  # a name that somebody else has
            log.warning("this instance cannot be taken over", extra={"reason": str(error)})
            return
        listening.listen()
        while True:
            link, _ = await loop.sock_accept(listening)
            with link:
                if _is_ours(link) and await _hand_over(link, ports):
                    listening.close()  # the name is the successor's
                    await relieved()
                    with contextlib.suppress(OSError):
                        await loop.sock_sendall(link, OVER)
                    return


async def _hand_over(link: socket.socket, ports: Mapping[str, Port]) -> bool:
    """Says whether the successor serves; if it dies before, nothing has changed."""
    line, descriptors = _encode(ports)
    try:
        socket.send_fds(link, [line], descriptors)
        link.setblocking(False)
        return await asyncio.get_running_loop().sock_recv(link, len(READY)) == READY
    except OSError:
        return False


def _is_ours(link: socket.socket) -> bool:
    _, uid, _ = struct.unpack("iII", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII")))
    return bool(uid == os.getuid())


def _encode(ports: Mapping[str, Port]) -> tuple[bytes, list[int]]:
    kinds = [(kind, len(port.sockets), port.lasting) for kind, port in ports.items()]
    return json.dumps(kinds).encode(), [one.fileno() for port in ports.values() for one in port.sockets]


def _decode(line: bytes, descriptors: list[int]) -> dict[str, Port]:
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    ports = {}
    for kind, count, lasting in json.loads(line):
        ports[kind] = port_of(sockets[:count], lasting=lasting)
        sockets = sockets[count:]
    return ports
