"""The way to one endpoint: a Unix socket, an address, or a name with several addresses; plain or with TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from proxy.endpoints.names import Name

if TYPE_CHECKING:
    from proxy.endpoints.tls import Tls
    from proxy.forward import BackendConnection
    from proxy.model.table import Endpoint

SHUTDOWN_SECONDS = 2.0
"""How long the other side may take to say goodbye in TLS."""

Make = Callable[[], "BackendConnection"]


class Dial:
    """``name`` is None where the endpoint has an address, ``tls`` where it has none of it."""

    __slots__ = ("_loop", "endpoint", "name", "tls")

    def __init__(self, endpoint: Endpoint, tls: Tls | None, resolve: float, lookups: asyncio.Semaphore) -> None:
        self._loop = asyncio.get_running_loop()
        self.endpoint = endpoint
        self.tls = tls
        self.name = (
            None
            if endpoint.socket or _is_address(endpoint.host)
            else Name(endpoint.host, resolve, lookups, link_local=endpoint.link_local)
        )

    async def open(self, make: Make, seconds: float) -> BackendConnection:
        """One connection within ``seconds``. Raises OSError, BadTlsFile, TimeoutError."""
        async with asyncio.timeout(seconds):
            context = await self.tls.context() if self.tls is not None else None
            if self.endpoint.socket is not None:
                _, connection = await self._loop.create_unix_connection(make, self.endpoint.socket)
                return connection
            if self.name is None:
                return await self._to(self.endpoint.host, make, context)
            return await self._to_any(self.name, make, context, self._loop.time() + seconds)

    async def _to_any(
        self, name: Name, make: Make, context: ssl.SSLContext | None, deadline: float
    ) -> BackendConnection:
        """One address after the other, until one answers: each gets its share of the time that is left."""
        addresses = await name.found()
        in_turn = addresses.in_turn(self._loop.time())
        error: OSError | None = None
        for index, address in enumerate(in_turn):
            now = self._loop.time()
            try:
                async with asyncio.timeout((deadline - now) / (len(in_turn) - index)):
                    connection = await self._to(address, make, context)
            except OSError as failed:  # a TimeoutError is one
                error = failed
                addresses.shun(address, self._loop.time())
            else:
                addresses.reached(address)
                return connection
        assert error is not None
        raise error

    async def _to(self, address: str, make: Make, context: ssl.SSLContext | None) -> BackendConnection:
        if context is None:
            _, connection = await self._loop.create_connection(make, address, self.endpoint.port)
            return connection
        assert self.tls is not None
        _, connection = await self._loop.create_connection(
            make,
            address,
            self.endpoint.port,
            ssl=context,
            server_hostname=self.tls.settings.server_name or self.endpoint.host,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        return connection

    def leads_to(self, address: str) -> bool:
        """Whether a connection to ``address`` is still one to this endpoint."""
        return self.name is None or address in self.name.addresses.known

    def close(self) -> None:
        if self.name is not None:
            self.name.close()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
