"""A command line that repeats a recorded request. Pure; every word is quoted for the shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from shadow.store.records import StoredRequest

_OURS = frozenset({"host", "content-length", "connection", "transfer-encoding", "via", "expect"})
"""Fields that curl sets itself, or that belong to one connection."""

_FORWARDED = ("x-forwarded-", "x-request-id", "x-shadow")
"""Fields that the proxy adds: going through it again sets them again."""


def curl_line(request: StoredRequest, base: str) -> str:
    """``base`` is where to send it: ``http://127.0.0.1:8080``. What was redacted is sent redacted."""
    words = ["curl", "-i", "--path-as-is"]
    if request.method == "HEAD":
        words.append("--head")
    elif request.method != "GET" or request.body.text:
        words += ["-X", request.method]
    if any(name.lower() == "accept-encoding" for name, _ in request.headers):
        words.append("--compressed")  # a terminal is no place for gzip
    for name, value in request.headers:
        if not _is_ours(name):
            # curl drops a header without a value, unless a semicolon stands for the colon.
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if request.body.text:
        words += ["--data-binary", request.body.text]
    words.append(base + request.target)
    return " ".join(map(_quoted, words))


def _is_ours(name: str) -> bool:
    return name.lower() in _OURS or name.lower().startswith(_FORWARDED)


def _quoted(word: str) -> str:
    """For sh; in bash's ``$'...'`` where a terminal could take a character for a command."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    # \x is a byte to bash, \u a character: they are the same for ASCII only.
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def redacted_names(headers: Iterable[tuple[str, str]]) -> list[str]:
    """Fields whose values were replaced before they were kept: to repeat the request, put your own."""
    return [name for name, value in headers if "redacted" in value]
