"""Secrets of users, and the hashes that are kept of them. Pure but for the randomness of what is made.

A password may be guessed, so each guess must be dear: scrypt. A token of ours has 256 random bits, and nobody guesses those: SHA-256
says as much of it as anything dearer would, and every request of a program has to be checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import Final

LOG_N: Final = 15
BLOCK: Final = 8
PARALLEL: Final = 3
"""32 MiB and a quarter of a second for each guess."""

LEAST_PASSWORD: Final = 12
MOST_SECRET: Final = 1024
"""Characters; longer ones are not even hashed."""

_PASSWORD_HASH = re.compile(r"scrypt:(1[4-8]):([1-9][0-9]?):([1-9]):([A-Za-z0-9+/=]{16,88}):([A-Za-z0-9+/=]{44,88})")
_TOKEN_HASH = re.compile(r"sha256:[0-9a-f]{64}")

_MOST_MEMORY: Final = 256 * 1024 * 1024


def new_token() -> str:
    """The prefix lets scanners for secrets find one that got somewhere."""
    return f"strangler_{secrets.token_urlsafe(32)}"


def new_password() -> str:
    """100 random bits that a person can type, in groups of five."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def token_hash(token: str) -> str:
    return f"sha256:{hashlib.sha256(_bytes(token)).hexdigest()}"


def password_hash(password: str) -> str:
    salt = secrets.token_bytes(16)
    return ":".join(
        (
            "scrypt",
            str(LOG_N),
            str(BLOCK),
            str(PARALLEL),
            _text(salt),
            _text(_scrypt(password, salt, LOG_N, BLOCK, PARALLEL)),
        )
    )


def is_token_hash(text: str) -> bool:
    return _TOKEN_HASH.fullmatch(text) is not None


def is_password_hash(text: str) -> bool:
    found = _PASSWORD_HASH.fullmatch(text)
    if found is None or 128 * (1 << int(found[1])) * int(found[2]) > _MOST_MEMORY // 2:
        return False
    try:
        return all(base64.b64decode(part, validate=True) for part in found.group(4, 5))
    except binascii.Error:
        return False


def is_same(one: str, other: str) -> bool:
    """Of two hashes; the time tells nothing of where they differ."""
    return hmac.compare_digest(one, other)


def is_password(password: str, hash_: str) -> bool:
    """Takes a quarter of a second. ``hash_`` is one that ``is_password_hash`` found good."""
    _, log_n, block, parallel, salt, wanted = hash_.split(":")
    got = _scrypt(password, base64.b64decode(salt), int(log_n), int(block), int(parallel))
    return hmac.compare_digest(got, base64.b64decode(wanted))


NOBODY_S: Final = ":".join(
    ("scrypt", str(LOG_N), str(BLOCK), str(PARALLEL), "AAAAAAAAAAAAAAAAAAAAAA==", "A" * 43 + "=")
)
"""A hash that no password has, to be held against when there is no such user: the answer takes as long as any other."""


def _scrypt(password: str, salt: bytes, log_n: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(_bytes(password), salt=salt, n=1 << log_n, r=block, p=parallel, maxmem=_MOST_MEMORY, dklen=32)


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
