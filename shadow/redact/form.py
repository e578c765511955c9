"""Secrets in query strings and submitted forms. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote, unquote_plus

from shadow.redact.hide import Hide
from shadow.redact.json_text import looks_like_json, redact_json
from shadow.redact.patterns import redact_text

_SEPARATOR: Final = re.compile(r"([&;])")
_DISPOSITION_NAME: Final = re.compile(r'(?i)\bname="?([^";\r\n]{0,200})')
_VALUE: Final = re.compile(r"(?=.{0,200}\d).{6}|.{20}", re.DOTALL)
_KNOWN: Final = 4000
_FILE: Final = re.compile(r"(?i)\bfilename\*?=")


def redact_value(text: str, hide: Hide) -> str:
    """A value whose name tells nothing."""
    return redact_json(text, hide) if looks_like_json(text) else redact_text(text, hide)


def redact_form(text: str, hide: Hide) -> str:
    """``name=value&name=value``; what is not secret stays as it was written."""
    return "".join(piece if piece in {"&", ";"} else _redacted_field(piece, hide) for piece in _SEPARATOR.split(text))


def redact_target(target: str, hide: Hide) -> str:
    """A request target: the values of its query, and secrets in its path."""
    path, mark, query = target.partition("?")
    plain = unquote(path, errors="backslashreplace")
    redacted = redact_text(_segments(plain, hide), hide)
    if redacted != plain:
        path = quote(redacted, safe="/:@!$&'()*+,;=~")
    return path + mark + redact_form(query, hide)


def _segments(path: str, hide: Hide) -> str:
    """What follows a segment of a secret name is its value, if it does not look like a word: ``/reset-password/8f3a...``."""
    segments = path.split("/")
    return "/".join(
        hide(segment) if hide.names(before) and _VALUE.search(segment) else segment
        for before, segment in zip(["", *segments], segments, strict=False)
    )


def redact_multipart(text: str, boundary: str, hide: Hide) -> str:
    """``multipart/form-data`` (RFC 7578). Files are not kept: only what they are called and how long they are."""
    delimiter = f"--{boundary}"
    parts = text.split(delimiter)
    return delimiter.join((parts[0], *(_redacted_part(part, hide) for part in parts[1:])))


def _redacted_field(field: str, hide: Hide) -> str:
    name, equals, value = field.partition("=")
    if not equals:
        plain = unquote_plus(field, errors="backslashreplace")
        redacted = redact_text(plain, hide)
        return field if redacted == plain else quote(redacted)
    plain = unquote_plus(name, errors="backslashreplace")
    secret = hide.names_parameter(plain)
    redacted = redact_text(plain, hide)
    name = name if redacted == plain else quote(redacted)
    if secret:
        hide(unquote_plus(value, errors="backslashreplace"))  # as differences show it
        return f"{name}={hide(value)}" if value else f"{name}="
    plain = unquote_plus(value, errors="backslashreplace")
    redacted = redact_value(plain, hide)
    if redacted == plain and "%" in plain:
        again = unquote_plus(plain, errors="backslashreplace")
        redacted = plain if redact_value(again, hide) == again else hide(plain)
    return f"{name}={value if redacted == plain else quote(redacted)}"


def _redacted_part(part: str, hide: Hide) -> str:
    head, gap, body = part.partition("\r\n\r\n")
    if not gap:
        return part if part.strip("-\r\n") == "" else hide(part)  # the end of all parts, or one without a head
    head = "\r\n".join(_redacted_line(line, hide) for line in head.split("\r\n"))
    if _FILE.search(head):
        hide(body.removesuffix("\r\n")[:_KNOWN])  # differences do not show it either
        body = f"[file, {len(body)} characters, not kept]\r\n"
    else:
        name = _DISPOSITION_NAME.search(head)
        value = body.removesuffix("\r\n")
        secret = name is None or hide.names(name[1])
        body = (hide(value) if secret else redact_value(value, hide)) + "\r\n"
    return head + gap + body


def _redacted_line(line: str, hide: Hide) -> str:
    name, colon, value = line.partition(":")
    return f"{name}: {hide(value.strip())}" if colon and hide.names(name.strip()) else redact_text(line, hide)
