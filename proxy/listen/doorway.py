"""From an accepted socket to the protocol that is spoken on it.

Without TLS and PROXY headers there is nothing to do here. Else a connection passes through: the header of the load balancer, if it comes
from one, read byte by byte so that nothing beyond it is taken; the handshake; then a client connection for what was agreed on. All of
it within ``PATIENCE`` seconds, and no more than ``MAX_INSIDE`` connections at a time: those that wait longest must make room, so nobody
keeps others out by saying nothing.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import ssl
from typing import TYPE_CHECKING, Final

from proxy.accept import ClientConnection
from proxy.http2 import either_protocol, http2_protocol
from proxy.listen.arrival import Arrival
from proxy.listen.client_certificate import MAX_CERTIFICATE, certificate_lines
from proxy.listen.proxy_header import MAX_HEADER, BadHeader, ProxyHeader, read_proxy_header
from proxy.listen.tls_client import TlsClient
from proxy.networks import Networks

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.listen.tls import ServerTls
    from proxy.live_path import LivePath
    from proxy.model.listen import Listen

log = logging.getLogger(__name__)

PATIENCE: Final = 10.0
"""Seconds for a PROXY header, and again for a handshake."""

SHUTDOWN_SECONDS: Final = 24 * 3600.0
"""uvloop's patience with a client that does not take the rest of its answer. Ours ends before, and looks whether it reads."""

BUFFER: Final = 64 * 1024
"""Bytes that may wait on either side of a connection by TLS, as without; uvloop would keep 512 KiB."""

MAX_INSIDE: Final = 1024
"""Connections of a worker whose header or handshake is not complete; at most some 50 KiB each."""


class TurnedAway(Exception):
    """The connection is closed without an answer. ``reason`` counts it, the message says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Doorway:
    """``use`` says how connections come in from now on; those that are in stay as they are."""

    def __init__(self, live: LivePath) -> None:
        self._live = live
        self._loop = live.loop
        self._inside: dict[asyncio.Task[object], str] = {}
        self._balancers = Networks()
        self._tls: ServerTls | None = None
        self._is_plain = True
        self._protocol: Callable[[LivePath, Arrival | None], asyncio.Protocol] = ClientConnection

    def use(self, listen: Listen, tls: ServerTls | None) -> None:
        self._balancers = Networks(listen.proxy_protocol)
        self._tls = tls
        self._is_plain = tls is None and not self._balancers
        self._protocol = either_protocol if listen.http2 else ClientConnection

    async def let_in(self, accepted: socket.socket, peer: str) -> None:
        """Returns when the protocol has taken over, or the connection is closed."""
        if self._is_plain:
            try:
                await self._loop.connect_accepted_socket(lambda: self._protocol(self._live, None), accepted)
            except OSError:  # it is gone again
                accepted.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._inside[task] = peer
        if len(self._inside) > MAX_INSIDE:
            self._make_room()
        try:
            await self._through(accepted, peer)
        except TurnedAway as away:
            self._count(peer, away.reason, str(away))
            accepted.close()
        except BaseException:
            accepted.close()
            raise
        finally:
            self._inside.pop(task, None)

    def _make_room(self) -> None:
        oldest = next(iter(self._inside))
        self._count(self._inside.pop(oldest), "crowded", "others wait, and this one said nothing for the longest time")
        oldest.cancel()

    def _count(self, peer: str, reason: str, detail: str) -> None:
        self._live.counters.add("strangler_connections_turned_away", reason=reason)
        log.info("turned away", extra={"reason": reason, "detail": detail, "peer": peer})

    async def _through(self, accepted: socket.socket, peer: str) -> None:
        """Raises TurnedAway."""
        accepted.setblocking(False)
        scheme = b"http"
        if peer in self._balancers:
            header = await self._header(accepted)
            peer = header.address or peer
            scheme = b"https" if header.secure else b"http"
        tls = self._tls
        if tls is None:
            arrival = Arrival(peer, scheme)
            await self._loop.connect_accepted_socket(lambda: self._protocol(self._live, arrival), accepted)
            return
        try:
            await self._loop.connect_accepted_socket(
                lambda: Threshold(functools.partial(self._greet, peer)),
                accepted,
                ssl=tls.context,
                ssl_handshake_timeout=PATIENCE,
                ssl_shutdown_timeout=SHUTDOWN_SECONDS,
            )
        except ssl.SSLError as error:
            raise TurnedAway("plain_http" if error.reason == "HTTP_REQUEST" else "handshake", _said(error)) from None
        except ConnectionAbortedError:
            raise TurnedAway("handshake_timeout", f"no handshake within {PATIENCE:g} s") from None
        except OSError as error:
            raise TurnedAway("left", str(error) or "the client left during the handshake") from None

    def _greet(self, peer: str, transport: asyncio.Transport) -> None:
        """The handshake is done."""
        connection: ssl.SSLObject = transport.get_extra_info("ssl_object")
        resumed = "yes" if connection.session_reused else "no"
        self._live.counters.add("strangler_tls_handshakes", version=connection.version() or "", resumed=resumed)
        certificate = connection.getpeercert(binary_form=True)
        if certificate is not None and len(certificate) > MAX_CERTIFICATE:
            self._count(
                peer, "client_certificate", f"a certificate of {len(certificate)} bytes is more than a head holds"
            )
            transport.abort()
            return
        lines = certificate_lines(certificate, connection.getpeercert() or {}) if certificate else None
        arrival = Arrival(peer, b"https", lines)
        speaks_http2 = connection.selected_alpn_protocol() == "h2"
        client = http2_protocol(self._live, arrival) if speaks_http2 else TlsClient(self._live, arrival)
        transport.set_write_buffer_limits(high=BUFFER)
        transport.set_read_buffer_limits(high=BUFFER)  # type: ignore[attr-defined]  # uvloop has it for TLS
        transport.set_protocol(client)
        client.connection_made(transport)

    async def _header(self, accepted: socket.socket) -> ProxyHeader:
        """Raises TurnedAway."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._read_header(accepted)
        except BadHeader as error:
            raise TurnedAway("proxy_header", str(error)) from None
        except TimeoutError:
            raise TurnedAway("proxy_header_timeout", f"no PROXY header within {PATIENCE:g} s") from None
        except OSError as error:
            raise TurnedAway("left", str(error)) from None

    async def _read_header(self, accepted: socket.socket) -> ProxyHeader:
        """Looks first and takes then, so what follows stays in the socket for whoever comes next."""
        taken = b""
        while True:
            await self._readable(accepted)
            try:
                seen = accepted.recv(MAX_HEADER, socket.MSG_PEEK)
            except BlockingIOError:
                continue
            if not seen:
                raise TurnedAway("left", "no PROXY header")
            header = read_proxy_header(taken + seen)
            if header is not None:
                accepted.recv(header.size - len(taken))
                return header
            taken += accepted.recv(len(seen))

    async def _readable(self, accepted: socket.socket) -> None:
        ready = asyncio.Event()
        self._loop.add_reader(accepted, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(accepted)


class Threshold(asyncio.Protocol):
    """Stands where the client will be until the handshake is done, and it is known what the client speaks."""

    __slots__ = ("_greet",)

    def __init__(self, greet: Callable[[asyncio.Transport], None]) -> None:
        self._greet = greet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._greet(transport)  # type: ignore[arg-type]  # uvloop's transport is a Transport in all but name


def _said(error: ssl.SSLError) -> str:
    """OpenSSL's own words, without the place in Python's source."""
    return (error.reason or str(error)).replace("_", " ").lower()
