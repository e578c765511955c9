"""Answers that somebody saved: a body, or a whole answer as ``curl -i`` prints it. Parsed by llhttp, as on the live path."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from shadow.model import Answer
from shadow.parse import BadHead, parse_answer

MAX_BYTES = 64 * 1024 * 1024

_HEAD = re.compile(rb"HTTP/[0-9.]+ [1-5][0-9][0-9].*?(\r?\n)\r?\n", re.DOTALL)
_VERSION = re.compile(rb"\AHTTP/[0-9.]+")
_CODED = re.compile(rb"\A(transfer-encoding|connection|upgrade)\s*:", re.IGNORECASE)
"""Fields of one connection: a saved answer has none, and its body is without transfer coding."""


_TYPES: Final = {
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".sse": "text/event-stream",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".js": "text/javascript",
    ".css": "text/css",
    ".yaml": "application/yaml",
}
_CODINGS: Final = {".gz": "gzip", ".br": "br", ".zst": "zstd"}
"""What the end of a file's name says of a body, as in ``page.html.gz``."""


class Unusable(Exception):
    """The file is no answer that can be compared; the message says why."""


def read_saved(name: str) -> tuple[Answer, bool]:
    """The answer in a file (``-``: standard input), and whether it has a head. Raises Unusable."""
    try:
        data = _read(name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Unusable(f"{name}: {reason}; check the path and its permissions") from error
    if len(data) > MAX_BYTES:
        raise Unusable(f"{name}: more than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return answer_of(data)
    except BadHead as error:
        raise Unusable(f"{name}: begins like an HTTP answer, but is none: {error}") from error


def labelled(bodies: tuple[Answer, Answer], names: tuple[str, str]) -> list[Answer]:
    """Two bodies with what their files' names say. Of two that say different types, neither is believed: the body's look is."""
    suffixes = [Path(name).suffixes[-2:] for name in names]
    types = {_TYPES[suffix.lower()] for ends in suffixes for suffix in ends if suffix.lower() in _TYPES}
    common = [(b"Content-Type", types.pop().encode())] if len(types) == 1 else []
    codings = [_CODINGS.get(ends[-1].lower()) if ends else None for ends in suffixes]
    return [
        Answer(body.status, common + ([(b"Content-Encoding", coding.encode())] if coding else []), body.body)
        for body, coding in zip(bodies, codings, strict=True)
    ]


def answer_of(data: bytes) -> tuple[Answer, bool]:
    """Raises BadHead."""
    head = _HEAD.match(data)
    while head is not None and data[head.start() :].split(b" ", 2)[1].startswith(b"1"):
        data = data[head.end() :]  # an interim answer (RFC 9110 section 15.2) stands before the real one
        head = _HEAD.match(data)
    if head is None:
        return Answer(200, [], data), False
    lines = [line for line in head[0].splitlines() if line and not _CODED.match(line)]
    lines[0] = _VERSION.sub(b"HTTP/1.1", lines[0])  # curl writes HTTP/2, llhttp reads HTTP/1
    return parse_answer(b"\r\n".join([*lines, b"", b""]), data[head.end() :]), True


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(MAX_BYTES + 1)
