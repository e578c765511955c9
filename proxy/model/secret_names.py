"""What gives a secret away: the name it goes by (parameter, member, field, cookie), or its own shape."""

from __future__ import annotations

import re

_TELLING = "passw|passphrase|secret|token|apikey|accesskey|privatekey|credential|bearer|authoriz|signature|session|jwt|cardnumber"
_PARTS = re.compile(_TELLING)
"""Telling wherever they stand in a name, once it is lower case and without punctuation."""

_WHOLE = frozenset({"auth", "pwd", "pass", "pin", "otp", "code", "key", "sig", "sid", "cvv", "cvc", "ssn", "iban"})
"""Telling only as the whole name."""

_NAMED = re.compile(rf"(?i:{_TELLING})\w{{0,40}}[\"'\]\\%0-9]{{0,12}}\s{{0,3}}(?:[:=]|%3[aAdD])")
_TOKEN = re.compile(r"eyJ[\w-]{8,}|\b(?:bearer|basic)\b", re.IGNORECASE)
_MAX_ID = 128

_PUNCTUATION = re.compile(r"[^a-z0-9]")


def looks_secret(name: str) -> bool:
    plain = _PUNCTUATION.sub("", name.lower())
    return plain in _WHOLE or _PARTS.search(plain) is not None


def names_secret(text: str) -> bool:
    """Whether a value follows a telling name in it: ``{"password": ...``, ``token=...``."""
    return _NAMED.search(text) is not None


def plain_id(given: bytes) -> str:
    """A request id that a client chose, fit to be shown and kept."""
    text = given.decode("latin-1")[:_MAX_ID]
    # A token has a dot, a scheme a blank behind it: other ids need no closer look.
    return "redacted" if (" " in text or "eyJ" in text) and _TOKEN.search(text) else text


def looks_like_card(value: str) -> bool:
    """The number of a payment card: 14 to 16 digits, grouped or not, that pass the Luhn check."""
    digits = value.replace(" ", "").replace("-", "")
    if not (14 <= len(digits) <= 16 and digits.isascii() and digits.isdigit()):
        return False
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(number - 9 if number > 9 else number for number in doubled)) % 10 == 0
