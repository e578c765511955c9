"""What a user is recognised by: the first of the table's sources that a request carries, else a signed cookie of our own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Final

from proxy.conditions import Find, cookie_of, header_of
from proxy.model.message import RequestHead
from proxy.model.table import IdentitySource

COOKIE_NAME: Final = b"strangler_id"
COOKIE_SECONDS: Final = 30 * 24 * 3600
_SIGNATURE_BYTES: Final = 16

Sources = tuple[tuple[Find, bytes], ...]

_FIND: Final[dict[str, Find]] = {"cookie": cookie_of, "header": header_of}


def compile_sources(sources: Iterable[IdentitySource]) -> Sources:
    return tuple((_FIND[s.kind], (s.name.lower() if s.kind == "header" else s.name).encode()) for s in sources)


def identity_of(sources: Sources, head: RequestHead) -> bytes | None:
    """The first source's value that the request carries. An empty value identifies nobody."""
    for find, name in sources:
        value = find(head, name)
        if value:
            return value
    return None


def new_token(dice: Callable[[], float]) -> bytes:
    """A fresh identity, 104 bits of it: unique, and worth nothing without the signature."""
    return b"%013x%013x" % (int(dice() * 2**52), int(dice() * 2**52))


class IdentityCookie:
    """Our own cookie: a token and its signature, so that nobody can choose a side by choosing a token."""

    __slots__ = ("_key",)

    def __init__(self, secret: bytes) -> None:
        # A key of its own: the installation's secret has other uses.
        self._key = hmac.digest(secret, b"strangler identity cookie 1", "sha256")

    def read(self, head: RequestHead) -> bytes | None:
        """The token of the request's cookie, None if there is none or its signature is not ours."""
        value = cookie_of(head, COOKIE_NAME)
        if value is None:
            return None
        token, _, signature = value.partition(b".")
        return token if token and hmac.compare_digest(signature, self._sign(token)) else None

    def issue(self, token: bytes, scheme: bytes = b"http") -> bytes:
        """The value of a Set-Cookie header for ``token``. A client that came by https sends it back by nothing else."""
        attributes = b"; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax" % COOKIE_SECONDS
        value = b"%s=%s.%s" % (COOKIE_NAME, token, self._sign(token))
        return value + attributes + (b"; Secure" if scheme == b"https" else b"")

    def _sign(self, token: bytes) -> bytes:
        return hmac.digest(self._key, token, hashlib.sha256)[:_SIGNATURE_BYTES].hex().encode()
