"""Reserves the ports before anything starts, so that a busy one is one clear line and not a storm of dying workers."""

from __future__ import annotations

import contextlib
import errno
import socket
from dataclasses import dataclass
from typing import cast

from proxy.supervise.cannot_start import CannotStart

Address = tuple[str | int, ...]
"""As the socket module has it: host, port, and for IPv6 two more numbers."""

_REASONS = {
    errno.EADDRINUSE: "the port is taken; stop what listens there (`ss -ltnp` shows it), or choose another with {option}",
    errno.EACCES: "ports below 1024 need the right to bind them (CAP_NET_BIND_SERVICE); or choose another with {option}",
    errno.EADDRNOTAVAIL: "this machine has no such address; choose another with {option}",
    errno.EAFNOSUPPORT: "this machine does not speak that address family; choose another with {option}",
}


@dataclass(frozen=True, slots=True)
class Reservation:
    """A port kept for our children. They bind it with SO_REUSEPORT too; we never listen, so no connection comes to us."""

    host: str
    port: int
    held: tuple[socket.socket, ...]

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def close(self) -> None:
        for one in self.held:
            one.close()


def reserve(host: str, port: int, option: str) -> Reservation:
    """Hold ``port`` on every address of ``host``; port 0 becomes a free one. Raises CannotStart."""
    held: list[socket.socket] = []
    usable: list[str] = []
    failed: OSError | None = None
    addresses = _addresses(host, port, option)
    for family, address in addresses:
        try:
            one = _hold(family, (address[0], port, *address[2:]))
        except OSError as error:
            # Many machines name ::1 as an address of localhost and have no IPv6.
            if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                _close(held)
                raise _cannot_listen(host, port, option, error) from error
            failed = error
            continue
        held.append(one)
        usable.append(str(address[0]))
        port = one.getsockname()[1]
    if not held:
        raise _cannot_listen(host, port, option, failed or OSError(errno.EADDRNOTAVAIL, "")) from failed
    return Reservation(host if len(held) == len(addresses) else usable[0], port, tuple(held))


def _addresses(host: str, port: int, option: str) -> list[tuple[socket.AddressFamily, Address]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotStart(f"cannot listen on {host}:{port}: {error.strerror}; correct {option}") from error
    return list(dict.fromkeys((family, cast("Address", address)) for family, _, _, _, address in found))


def _hold(family: socket.AddressFamily, address: Address) -> socket.socket:
    # Without SO_REUSEPORT first: with it, a second instance of ours would quietly take half of the first one's requests.
    with _bound(family, address, socket.SO_REUSEADDR) as trial:
        port = trial.getsockname()[1]
    return _bound(family, (address[0], port, *address[2:]), socket.SO_REUSEPORT)


def _bound(family: socket.AddressFamily, address: Address, option: int) -> socket.socket:
    with contextlib.ExitStack() as on_failure:
        one = on_failure.enter_context(socket.socket(family, socket.SOCK_STREAM))
        one.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as asyncio does, so that both families fit
        one.bind(address)
        on_failure.pop_all()
    return one


def _close(held: list[socket.socket]) -> None:
    for one in held:
        one.close()


def _cannot_listen(host: str, port: int, option: str, error: OSError) -> CannotStart:
    reason = _REASONS.get(error.errno or 0, "{error}; choose another address with {option}")
    return CannotStart(f"cannot listen on {host}:{port}: {reason.format(option=option, error=error.strerror)}")
