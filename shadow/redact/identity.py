"""Whose pair it is, so that a user's pairs can be found again, and nobody can tell from the store who the users are. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

MARK_DIGITS: Final = 8
"""Of the key: hashes under another key must not be taken for those of other users."""


def key_mark(key: bytes) -> str:
    """What all hashes under ``key`` begin with."""
    return hashlib.blake2b(key=key, person=b"strangler mark", digest_size=MARK_DIGITS // 2).hexdigest()


def hashed_identity(key: bytes, identity: str) -> str:
    """40 hexadecimal digits, empty for who told no identity. Long enough that no two users share one."""
    if not identity:
        return ""
    data = identity.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(data, key=key, person=b"strangler whose", digest_size=16)
    return key_mark(key) + digest.hexdigest()
