"""Looks up host names again and again, off the loop, so that no request waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable

from proxy.endpoints.addresses import Addresses
from proxy.model.link_local import is_link_local

log = logging.getLogger("proxy.endpoints")

AGAIN_SECONDS = 1.0
"""A name that leads nowhere is looked up again this soon, or at its usual time if that is sooner."""


MOST_LOOKUPS = 32
"""Lookups under way in one worker; more names wait for their turn, and keep their addresses until then."""


class UnknownName(OSError):
    """No lookup of the name ever found an address."""


async def look_up(host: str, done: Callable[[], None]) -> list[str]:
    """All addresses of ``host``. Raises OSError. ``done`` is called when the lookup is over, whoever still waits for it.

    In a thread that no end of the process waits for, which the loop's own threads are not: a name server that does not answer
    would hold up every shutdown.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[str]] = loop.create_future()

    def ended(found: list[str], error: Exception | None) -> None:
        done()
        if future.cancelled():
            return
        if error is None:
            future.set_result(found)
        else:
            future.set_exception(error)

    def work() -> None:
        found, error = [], None
        try:
            found = [str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as failed:
            error = failed
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(ended, found, error)

    try:
        threading.Thread(target=work, name=f"look up {host}", daemon=True).start()
    except RuntimeError as error:  # the machine has no thread for us
        done()
        raise UnknownName(str(error)) from None
    return await future


def _without_link_local(found: list[str]) -> list[str]:
    """Raises UnknownName if nothing is left."""
    left = [address for address in found if not is_link_local(address)]
    if found and not left:
        raise UnknownName(
            f"it leads to {found[0]}, where clouds keep credentials; allow_link_local of the backend lets it"
        )
    return left


class Name:
    """A host name and the addresses that it leads to, those with the secrets of a cloud only if ``link_local``. ``left`` is called when
    some of them are not its any more."""

    __slots__ = ("_closed", "_first", "_host", "_limit", "_link_local", "_task", "addresses", "left")

    def __init__(self, host: str, every: float, limit: asyncio.Semaphore, *, link_local: bool = False) -> None:
        self._link_local = link_local
        self._limit = limit
        self.addresses = Addresses()
        self.left: Callable[[], None] | None = None
        self._closed = False
        self._host = host
        self._first = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._follow(every), name=f"look up {host}")

    async def found(self) -> Addresses:
        """Waits for the first lookup only. Raises UnknownName."""
        await self._first.wait()
        if not self.addresses.known:
            raise UnknownName(self.addresses.error)
        return self.addresses

    def close(self) -> None:
        """Look no further; who waits for the first lookup still hears of it."""
        self._closed = True
        if self._first.is_set():
            self._task.cancel()

    async def _follow(self, every: float) -> None:
        while True:
            await self._look()
            self._first.set()
            if self._closed:
                return
            await asyncio.sleep(every if self.addresses.known else min(every, AGAIN_SECONDS))

    async def _look(self) -> None:
        addresses, before = self.addresses, self.addresses.known
        try:
            await self._limit.acquire()
            found = await look_up(self._host, self._limit.release)
            if not self._link_local:
                found = _without_link_local(found)
            if not found:
                raise UnknownName("no address")
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            if addresses.not_found(f"no address of {self._host} is known: {reason}"):
                log.warning("host name not found", extra={"host": self._host, "detail": reason, "kept": list(before)})
            return
        if addresses.found(found) and before:
            log.info(
                "host name moved", extra={"host": self._host, "before": list(before), "now": list(addresses.known)}
            )
            if self.left is not None and not set(before) <= set(addresses.known):
                self.left()
