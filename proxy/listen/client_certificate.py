"""What a backend is told of a client's certificate, after it was verified. Pure.

``Client-Cert`` is RFC 9440's: the certificate itself, for a backend that reads certificates. ``X-Client-Cert-Subject`` is its subject as
text (RFC 4514), for all others.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Mapping
from typing import Any, Final

MAX_CERTIFICATE: Final = 12 * 1024
"""Bytes of a certificate that is passed on; as text it must still fit into the head of a request."""

CERTIFICATE_FIELD: Final = b"Client-Cert"
SUBJECT_FIELD: Final = b"X-Client-Cert-Subject"

_SHORT: Final = {
    "commonName": "CN",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "streetAddress": "STREET",
    "domainComponent": "DC",
    "userId": "UID",
}
"""RFC 4514 section 3."""

_AS_IT_IS: Final = frozenset(string.ascii_letters + string.digits + " !#$%&'()*-./:=?@[]^_`{|}~")
_ESCAPED: Final = frozenset('"+,;<>\\')


def certificate_lines(der: bytes, decoded: Mapping[str, Any]) -> list[bytes]:
    """The lines of both fields. ``decoded`` is what ``ssl`` says of the certificate."""
    encoded = b":" + base64.b64encode(der) + b":"  # a byte sequence of RFC 8941 section 3.3.5
    subject = subject_of(decoded).encode("ascii")
    return [b"%b: %b\r\n" % (CERTIFICATE_FIELD, encoded), b"%b: %b\r\n" % (SUBJECT_FIELD, subject)]


def subject_of(decoded: Mapping[str, Any]) -> str:
    """The subject, most particular part first, in ASCII: other characters are written as their bytes (RFC 4514 section 2.4)."""
    parts = ("+".join(f"{_SHORT.get(kind, kind)}={_value(value)}" for kind, value in rdn) for rdn in decoded["subject"])
    return ",".join(reversed(list(parts)))


def _value(text: str) -> str:
    written = "".join(map(_character, text))
    if written.startswith(("#", " ")):
        written = "\\" + written
    if written.endswith(" ") and written != "\\ ":
        written = written[:-1] + "\\ "
    return written


def _character(character: str) -> str:
    if character in _AS_IT_IS:
        return character
    if character in _ESCAPED:
        return "\\" + character
    return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "replace"))
