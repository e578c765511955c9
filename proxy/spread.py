"""Which shadow worker gets an exchange: what counts together comes together. Pure; why: ``docs/decisions/0017-several-shadow-workers.md``.

Whatever a shadow worker remembers is about one user (what they repeat), or about their session at a backend. So a user's exchanges go to
one worker, whichever proxy worker they come from; those of nobody in particular go round. A login changes who a user is taken for, and
the session must survive it: so the exchanges of all routes with ``cookies: jar`` stay together, by the backend whose cookies they are.
"""

from __future__ import annotations

import hashlib

from proxy.model.exchange import Exchange
from proxy.model.table import Cookies, Table


class Spread:
    """Among ``count`` workers. ``secret`` is the installation's key: nobody can choose whose worker is theirs too."""

    __slots__ = ("_count", "_key", "_turn", "_with_jar")

    def __init__(self, count: int, secret: bytes) -> None:
        self._count = count
        self._key = hashlib.blake2b(secret, person=b"strangler tap").digest()
        self._turn = 0
        self._with_jar: frozenset[str] = frozenset()

    def use(self, table: Table) -> None:
        self._with_jar = frozenset(
            route.name for route in table.routes if route.shadow is not None and route.shadow.cookies is Cookies.JAR
        )

    def worker_of(self, exchange: Exchange) -> int:
        if self._count == 1:
            return 0
        if exchange.route in self._with_jar:
            return self._drawn(b"backend", exchange.shadow)
        if exchange.identity:
            return self._drawn(b"user", exchange.identity)
        self._turn = (self._turn + 1) % self._count
        return self._turn

    def _drawn(self, sort: bytes, name: str) -> int:
        digest = hashlib.blake2b(sort, key=self._key, digest_size=8)
        digest.update(name.encode("utf-8", "surrogatepass"))
        return int.from_bytes(digest.digest()) % self._count
