"""Limits of a request's head, and what the parser's complaints mean as an answer."""

from __future__ import annotations

import re

from proxy.fields import Refused
from proxy.model.message import RequestHead
from proxy.target import AmbiguousTarget, split_target

MAX_TARGET = 16 * 1024
MAX_FIELDS = 256
MAX_HEAD = 64 * 1024
"""Bytes of names and values."""

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} ")

_SAYS = (
    ("Invalid HTTP version", 505, "version", "Only HTTP/1.0 and HTTP/1.1 are spoken here."),
    ("Unsupported HTTP version", 505, "version", "Only HTTP/1.0 and HTTP/1.1 are spoken here."),
)
"""What the parser's words mean; anything else is a 400."""


def refusal_of(parser_says: str, data: bytes) -> Refused:
    """``data`` is what the parser was reading: it tells an unknown method from no HTTP at all."""
    if "Invalid method" in parser_says and _METHOD.match(data):
        return Refused(501, "method", "This method is not known here.")
    for words, status, reason, detail in _SAYS:
        if words in parser_says:
            return Refused(status, reason, detail)
    return Refused(400, "syntax", f"The request is not valid HTTP: {parser_says}.")


def check_authority(head: RequestHead) -> None:
    """RFC 9112 section 3.2.2: in ``GET http://host/`` that host is meant, whatever Host says. Where they differ, routing and
    backend would see two hosts, so nobody sees any. Raises Refused."""
    try:
        _, authority = split_target(head.target, head.method)
    except AmbiguousTarget as error:
        raise Refused(400, "target", f"{error}.") from error
    if authority is not None and authority.lower() != (head.host or b"").lower():
        raise Refused(400, "host", "The target names another host than the Host header.")


def too_long() -> Refused:
    return Refused(414, "target_too_long", f"The request target is longer than {MAX_TARGET} bytes.")


def too_large() -> Refused:
    return Refused(431, "head_too_large", f"More than {MAX_FIELDS} header fields or {MAX_HEAD} bytes of them.")
