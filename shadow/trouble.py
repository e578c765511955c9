"""What kept a backend from answering, in words of our own: the client's messages quote bytes of the answer, which may be anything."""

from __future__ import annotations

import os
import ssl
from typing import Final

import aiohttp

from proxy.model.tls_context import BadTlsFile

_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (aiohttp.ClientConnectorCertificateError, "its certificate is not accepted"),
    (aiohttp.ClientSSLError, "TLS failed"),
    (aiohttp.ClientConnectorDNSError, "its name has no address"),
    (aiohttp.ClientConnectorError, "it cannot be reached"),
    (aiohttp.ServerDisconnectedError, "it closed the connection before it had answered"),
    (aiohttp.ServerTimeoutError, "it did not answer in time"),
    (aiohttp.ClientPayloadError, "its answer's body is cut short or framed wrongly"),
    (aiohttp.ClientResponseError, "its answer is no HTTP that can be read"),
    (aiohttp.InvalidURL, "the request's target makes no URL with its address"),
    (OSError, "the connection broke"),
)
"""Of several the first: some are kinds of others."""


def trouble(error: Exception) -> str:
    if isinstance(error, BadTlsFile):
        return str(error)  # about a file that the table names
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), "it could not be asked")
    reason = _reason(error)
    return f"{words}: {reason}" if reason else words


def _reason(error: BaseException) -> str:
    """What the operating system or OpenSSL say: both have a list of what they can say."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(inner, ssl.SSLError):
        return str(getattr(inner, "verify_message", "") or (inner.reason or "").replace("_", " ").lower())
    number = getattr(inner, "errno", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else ""
