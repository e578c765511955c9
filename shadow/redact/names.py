"""Which names say that what is kept under them is a secret: of headers, cookies, parameters, form fields, JSON members. Pure.

The names that the access log hides are hidden here too; and more of them, since bodies are kept.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from proxy.model.secret_names import looks_secret

SECRET_WORDS: Final = frozenset(
    {
        "auth",
        "cookie",
        "cookies",
        "csrf",
        "cvc",
        "cvv",
        "hmac",
        "iban",
        "mfa",
        "oauth",
        "otp",
        "pan",
        "pass",
        "pin",
        "pwd",
        "saml",
        "sid",
        "sig",
        "ssn",
        "totp",
        "xsrf",
    }
)
"""A name is secret when one of its words is: ``user_pin``, ``userPin`` and ``User-Pin``, but not ``spinning``."""

SECRET_PARTS: Final = ("accountnumber", "clientcert", "encryptionkey", "securitycode", "sessid", "signingkey")
"""A name is secret when it contains one of these, hyphens, underscores and case aside: ``PHPSESSID``."""

SECRET_HEADERS: Final = frozenset(
    {"authentication-info", "dpop", "proxy-authentication-info", "x-forwarded-client-cert"}
)
"""Headers whose names do not tell."""

PUBLIC_HEADERS: Final = frozenset({"access-control-allow-credentials"})
"""Headers whose names tell of something else: this one is ``true`` or absent (Fetch, section 3.3.3), and one that goes missing is a bug."""

ONLY_IN_QUERIES: Final = frozenset({"code", "key"})
"""Secrets in an address (OAuth, map services), but in a body everyday words that a report must be able to show."""

_LONGEST: Final = 200
_WITHIN: Final = re.compile(r"[\[\].]")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    name = name[:_LONGEST]
    if name.lower() in ONLY_IN_QUERIES:
        return False
    if looks_secret(name) or any(word.lower() in SECRET_WORDS for word in _WORD.findall(name)):
        return True
    joined = "".join(char for char in name.lower() if char.isalnum())
    return joined in SECRET_WORDS or any(part in joined for part in SECRET_PARTS)


def is_secret_parameter(name: str) -> bool:
    """Also of a field within others: ``user[key]``."""
    return is_secret_name(name) or any(part in ONLY_IN_QUERIES for part in _WITHIN.split(name[:_LONGEST].lower()))


def is_secret_header(name: str) -> bool:
    lower = name.lower()
    return lower in SECRET_HEADERS or (lower not in PUBLIC_HEADERS and is_secret_name(name))
