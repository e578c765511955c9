"""Who asks the same again and again proves no more by it: within a minute, one clean and one wrong pair count."""

from __future__ import annotations

import hashlib
import threading
from typing import Final

from proxy.model.message import RequestHead
from shadow.evidence.shape import parameters_of
from shadow.model import COMPARABLE, WRONG, Outcome

MAX_KEYS: Final = 65_536
"""Remembered at a time; the oldest are forgotten first."""

MINUTE: Final = 60


class Repeats:
    """Remembers keyed hashes and nothing else. ``secret`` is of this process alone. From any thread."""

    def __init__(self, secret: bytes, *, max_keys: int = MAX_KEYS) -> None:
        self._secret = secret
        self._max_keys = max_keys
        self._seen: dict[bytes, None] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def repeats(
        self, route: str, identity: str, head: RequestHead, status: str, outcome: Outcome, at: float
    ) -> bool:  # fmt: skip
        """Whether the same identity asked the same in the same minute, with the same result. Two orders of one user are not the
        same; nor do we know whether two requests without an identity are of one client."""
        if not identity or outcome not in COMPARABLE:
            return False
        key = self._key(route, identity, head, status, outcome in WRONG, int(at // MINUTE))
        with self._lock:
            if key in self._seen:
                return True
            if len(self._seen) >= self._max_keys:
                del self._seen[next(iter(self._seen))]
            self._seen[key] = None
        return False

    def _key(self, route: str, identity: str, head: RequestHead, status: str, wrong: bool, minute: int) -> bytes:
        parts = (
            route.encode(), identity.encode("utf-8", "surrogatepass"), head.method, head.target.partition(b"?")[0],
            *parameters_of(head.target), status.encode(), b"wrong" if wrong else b"clean", b"%d" % minute,
        )  # fmt: skip
        digest = hashlib.blake2b(key=self._secret, digest_size=16)
        for part in parts:
            digest.update(b"%d:" % len(part))
            digest.update(part)
        return digest.digest()
