"""What is refused, in words: the parser's complaints as answers, and what goes beyond the limits."""

from __future__ import annotations

import re

from proxy.fields import Refused
from proxy.model.message import RequestHead
from proxy.model.resilience import Limits
from proxy.target import AmbiguousTarget, split_target, without_default_port

FREE_FRAMING = 16 * 1024
FRAMING_PER_BYTE = 16
"""Bytes of chunk framing and trailers that come for nothing, and that a byte of body pays for: one-byte chunks are fine, with long
extensions they are not."""

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} ")

_VERSIONS = "Only HTTP/1.0 and HTTP/1.1 are spoken here."

_SAYS = (
    ("Invalid HTTP version", 505, "version", _VERSIONS),
    ("Unsupported HTTP version", 505, "version", _VERSIONS),
    ("Pause on PRI", 505, "version", _VERSIONS),
)
"""What the parser's words mean; anything else is a 400."""


def refusal_of(parser_says: str, data: bytes | memoryview) -> Refused:
    """``data`` is what the parser was reading, if it begins a request: it tells an unknown method from no HTTP at all."""
    if "method" in parser_says and _METHOD.match(data):
        return Refused(501, "method", "This method is not known here.")
    for words, status, reason, detail in _SAYS:
        if words in parser_says:
            return Refused(status, reason, detail)
    return Refused(400, "syntax", f"The request is not valid HTTP: {parser_says}.")


def ambiguous(error: AmbiguousTarget) -> Refused:
    """What routing says of a target, as a sentence for the client."""
    text = str(error)
    return Refused(400, "target", f"{text[0].upper()}{text[1:]}.")


def check_authority(head: RequestHead, scheme: bytes) -> None:
    """RFC 9112 section 3.2.2: in ``GET http://host/`` that host is meant, whatever Host says. Where they differ, routing and
    backend would see two hosts, so nobody sees any. Raises Refused."""
    try:
        _, authority = split_target(head.target, head.method)
    except AmbiguousTarget as error:
        raise ambiguous(error) from error
    if authority is None:
        return
    if without_default_port(authority, scheme) != without_default_port(head.host or b"", scheme):
        raise Refused(400, "host", "The target names another host than the Host header.")
    if not head.target.lower().startswith(scheme + b":"):
        # RFC 9110 section 7.4: a backend could believe that this came over TLS.
        raise Refused(421, "scheme", "The target names another scheme than that of this connection.")


def unknown_version() -> Refused:
    """The parser takes 0.9 and 2.0 for requests with a head like ours."""
    return Refused(505, "version", _VERSIONS)


def too_long(limits: Limits) -> Refused:
    return Refused(414, "target_too_long", f"The request target is longer than {limits.target} bytes.")


def too_large(limits: Limits) -> Refused:
    return Refused(431, "head_too_large", f"More than {limits.fields} header fields or {limits.head} bytes of them.")


def too_much_framing() -> Refused:
    return Refused(400, "chunk_framing", "The body is mostly chunk extensions or trailers.")


def check_size(size: int, limit: int) -> None:
    """Of a body, as far as it is known. Raises Refused."""
    if size > limit:
        raise Refused(413, "body_too_large", f"The body is larger than {limit} bytes.")


def too_slow(rate: int) -> Refused:
    return Refused(408, "slow_body", f"The body came slower than {rate} bytes a second.")


def loop() -> Refused:
    return Refused(508, "loop", "This request has been here before: a backend leads back to this proxy.")
