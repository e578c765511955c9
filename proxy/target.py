"""Reading a request target and a Host, as routing must: the same way that any backend will, or not at all.

Nothing here changes what is forwarded. A path is decoded once, segment by segment, for matching only; what two readers
could take for different paths raises AmbiguousTarget. Written for the live path: the usual target costs a few scans in C.
"""

from __future__ import annotations

import functools
import re
from typing import Final


class AmbiguousTarget(ValueError):
    """Routing and backend could read this target differently, so nobody may. The text says why."""


_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_ABSOLUTE = re.compile(rb"(?i:https?)://([^/?#@\\]+)(/[^?]*)?(?:\?.*)?", re.DOTALL)
_DECODED: Final = {b"%02x" % byte: bytes((byte,)) for byte in range(256)}
_OVERLONG: Final = (b"\xc0\xae", b"\xc0\xaf", b"\xc1\x9c")
"""Dot, slash and backslash as a lax UTF-8 decoder would read them."""

_PERCENT: Final = 0x25
_BACKSLASH: Final = 0x5C
_HASH: Final = 0x23

_LONGEST_AUTHORITY: Final = 300
"""A host name has at most 253 bytes (RFC 1035 section 2.3.4), and a port follows."""

ANY_PATH: Final[list[bytes] | None] = None
"""The segments of the target ``*``: it has no path, and no path condition holds for it."""


def split_target(target: bytes, method: bytes) -> tuple[list[bytes] | None, bytes | None]:
    """The decoded segments of the target's path, and the authority if the target names one. Raises AmbiguousTarget.

    ``/a/b`` has the segments a and b, ``/a/`` has a and an empty one, ``/`` has one empty one.
    """
    if target[:1] == b"/":
        path = target.partition(b"?")[0]
        # What sends a path on the slow way; /.well-known goes it too, and passes. Numbers: looking for bytes in bytes costs an exception.
        if _PERCENT not in path and _BACKSLASH not in path and 0 not in path and path.find(b"/.") == -1:
            if _HASH in target:
                raise AmbiguousTarget("a fragment (#) is never sent")
            return path[1:].split(b"/"), None
        return _checked_segments(path, target), None
    if target == b"*":
        if method != b"OPTIONS":
            raise AmbiguousTarget("the target * is for OPTIONS only")  # RFC 9112 section 3.2.4
        return ANY_PATH, None
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        raise AmbiguousTarget("the target is neither a path nor a whole http URL")
    return _checked_segments(found[2] or b"/", target), found[1]


def query_of(target: bytes) -> bytes:
    """What stands behind the first ``?``."""
    return target.partition(b"?")[2]


def _checked_segments(path: bytes, target: bytes) -> list[bytes]:
    if b"#" in target:
        raise AmbiguousTarget("a fragment (#) is never sent")
    segments = [decode(segment) for segment in path[1:].split(b"/")]
    for segment in segments:
        _check_segment(segment)
    return segments


def _check_segment(segment: bytes) -> None:
    if b"\0" in segment:
        raise AmbiguousTarget("the path holds a NUL")
    if b"\\" in segment:
        raise AmbiguousTarget("the path holds a backslash, which some servers take for a slash")
    if any(sequence in segment for sequence in _OVERLONG):
        raise AmbiguousTarget("the path holds an overlong encoding of a dot or a slash")
    # An encoded slash stays within its segment here, but a backend may decode it first and see a dot segment. Some
    # servers take what follows a semicolon for a parameter, and see one then.
    for piece in segment.split(b"/"):
        if piece.partition(b";")[0] in {b".", b".."}:
            raise AmbiguousTarget("the path holds a dot segment")


def decode(text: bytes) -> bytes:
    """Percent-decode once. What is not a valid encoding (``100%``) stands for itself."""
    if b"%" not in text:
        return text
    return _ENCODED.sub(lambda found: _DECODED[found[1].lower()], text)


def is_host(value: bytes) -> bool:
    """Whether a Host is a name or address, with a port or without (RFC 3986 section 3.2.2). Commas and the like, which a name may hold there and
    nobody uses, would be read by some as the end of it."""
    return len(value) <= _LONGEST_AUTHORITY and _is_host(value)


_HOST = re.compile(rb"(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\])(?::([0-9]{0,5}))?")


@functools.lru_cache(maxsize=4096)
def _is_host(value: bytes) -> bool:
    found = _HOST.fullmatch(value)
    return found is not None and int(found[1] or b"0") <= 65535


def without_default_port(authority: bytes, scheme: bytes) -> bytes:
    """In lower case, to compare two of them."""
    return authority.lower().removesuffix(b":443" if scheme == b"https" else b":80").removesuffix(b":")


def normal_host(authority: bytes) -> bytes:
    """A Host value as host conditions see it: lower case, without port and trailing dot. Longer than a name can be: empty."""
    if len(authority) > _LONGEST_AUTHORITY:
        return b""
    if authority[:1] == b"[":
        return authority.partition(b"]")[0].lower() + b"]"
    return authority.partition(b":")[0].lower().removesuffix(b".")
