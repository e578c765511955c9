"""Opens the ports before anything starts, so that a busy one is one clear line and not a storm of dying workers.

The sockets stay with the supervisor for its whole life, and all children of a role share them: a connection that waits to be
accepted belongs to none of them, so the end of one, however sudden, loses none. Nobody here ever accepts.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from dataclasses import dataclass
from typing import cast

from proxy.supervise.cannot_start import CannotStart

Address = tuple[str | int, ...]
"""As the socket module has it: host, port, and for IPv6 two more numbers."""

BACKLOG = 4096
"""Connections that may wait to be accepted; the kernel's net.core.somaxconn is the limit if it is lower."""

_REASONS = {
    errno.EADDRINUSE: "the port is taken; stop what listens there (`ss -ltnp` shows it), or choose another with {option}",
    errno.EACCES: "ports below 1024 need the right to bind them (CAP_NET_BIND_SERVICE); or choose another with {option}",
    errno.EADDRNOTAVAIL: "this machine has no such address; choose another with {option}",
    errno.EAFNOSUPPORT: "this machine does not speak that address family; choose another with {option}",
}


@dataclass(frozen=True, slots=True)
class Port:
    """Listening sockets, one for each address of ``host``. ``lasting``: somebody else holds them too, and they outlive us."""

    host: str
    port: int
    sockets: tuple[socket.socket, ...]
    lasting: bool = False

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def close(self) -> None:
        for one in self.sockets:
            one.close()


def open_port(host: str, port: int, option: str) -> Port:
    """Listen on ``port`` of every address of ``host``; port 0 becomes a free one. Raises CannotStart."""
    usable: list[str] = []
    failed: OSError | None = None
    addresses = _addresses(host, port, option)
    with contextlib.ExitStack() as on_failure:
        opened: list[socket.socket] = []
        for family, address in addresses:
            try:
                one = on_failure.enter_context(_listening(family, (address[0], port, *address[2:])))
            except OSError as error:
                # Many machines name ::1 as an address of localhost and have no IPv6.
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    raise _cannot_listen(host, port, option, error) from error
                failed = error
                continue
            opened.append(one)
            usable.append(str(address[0]))
            port = one.getsockname()[1]
        if not opened:
            raise _cannot_listen(host, port, option, failed or OSError(errno.EADDRNOTAVAIL, "")) from failed
        on_failure.pop_all()
    return Port(host if len(opened) == len(addresses) else usable[0], port, tuple(opened))


def _addresses(host: str, port: int, option: str) -> list[tuple[socket.AddressFamily, Address]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotStart(f"cannot listen on {host}:{port}: {error.strerror}; correct {option}") from error
    return list(dict.fromkeys((family, cast("Address", address)) for family, _, _, _, address in found))


def _listening(family: socket.AddressFamily, address: Address) -> socket.socket:
    # Without SO_REUSEPORT: with it, a second instance of ours would quietly take half of the first one's requests.
    with contextlib.ExitStack() as on_failure:
        one = on_failure.enter_context(socket.socket(family, socket.SOCK_STREAM))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # so that both families fit
        one.setblocking(False)
        one.bind(address)
        one.listen(BACKLOG)
        on_failure.pop_all()
    return one


def _cannot_listen(host: str, port: int, option: str, error: OSError) -> CannotStart:
    reason = _REASONS.get(error.errno or 0, "{error}; choose another address with {option}")
    return CannotStart(f"cannot listen on {host}:{port}: {reason.format(option=option, error=error.strerror)}")
