"""Whether a certificate works, and what stands in it: it is found out by a handshake with ourselves, in memory.

So what is wrong comes out before a client sees it: a key that is too short for the present rules, a certificate that is not for
servers. And OpenSSL tells names and dates, which nobody should read by hand.
"""

from __future__ import annotations

import ssl
from typing import Any, Final, NamedTuple

from proxy.listen.tls import BadCertificate

_NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: an expired certificate is told of, not refused; to stop serving would help nobody."""


class Facts(NamedTuple):
    """``names`` are the host names that the certificate is for; the others are Unix times."""

    names: tuple[str, ...]
    begins: int
    expires: int


def facts_of(path: str, certificate: str, context: ssl.SSLContext) -> Facts:
    """What stands in the certificate that ``context`` was made with. Raises BadCertificate."""
    try:
        decoded = _shaken(certificate, context)
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or (error.reason or str(error)).replace("_", " ").lower()
        raise BadCertificate(f"certificate {path}: no client could use it: {reason}; make another one") from None
    names = tuple(value for kind, value in decoded.get("subjectAltName", ()) if kind == "DNS")
    return Facts(
        names, int(ssl.cert_time_to_seconds(decoded["notBefore"])), int(ssl.cert_time_to_seconds(decoded["notAfter"]))
    )


def _shaken(certificate: str, server_context: ssl.SSLContext) -> dict[str, Any]:
    """The handshake, with a client that believes in this certificate and in no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags |= _NO_CHECK_TIME
    context.load_verify_locations(cadata=certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = context.wrap_bio(to_client, to_server)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return dict(client.getpeercert() or {})
