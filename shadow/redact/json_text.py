"""Secrets in JSON text. The text is scanned, not parsed: what is not secret stays as it was written (numbers, duplicate
members, spaces), depth costs nothing, and text that was cut in the middle is no error. Pure, linear."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

from shadow.redact.hide import Hide
from shadow.redact.patterns import redact_text

# A string without an end goes to the end of the text, so there is at most one of them.
TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|".*|[{}\[\],:]|[^\s{}\[\],:"]+|\s+', re.DOTALL)
_OPENS: Final = frozenset("{[")
_CLOSES: Final = frozenset("}]")
_NAMING: Final = frozenset({"name", "key", "field", "header", "id"})
_VALUES: Final = frozenset({"value", "val", "content"})
_MOST_NESTED: Final = 3
"""JSON in a string of JSON in a string of JSON. Deeper is hidden whole."""


@dataclass(slots=True)
class _Named:
    """One object: where its values begin that another member may name, and whether that is a secret name."""

    values: list[int] = field(default_factory=list)
    secret: bool = False


def looks_like_json(text: str) -> bool:
    return text.lstrip(" \t\r\n\ufeff")[:1] in {"{", "["}


def redact_json(text: str, hide: Hide, nested: int = 0) -> str:
    """``text`` with the values of secret members, and secrets within other values, replaced by strings. Text that is no JSON
    after all is read as plain text too. ``hide`` leaves alone what it has hidden already."""
    redacted = _scanned(text, hide, nested)
    return redacted if _is_json(text) else redact_text(redacted, hide)


def _scanned(text: str, hide: Hide, nested: int) -> str:
    tokens = TOKEN.findall(text)
    named = _named_values(tokens, hide)
    pieces: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        value = _value_of_key(tokens, at) if token[0] == '"' else None
        if value is not None and (at in named or hide.names(written_in(token))):
            end = end_of_value(tokens, value)
            pieces += tokens[at:value]
            if value < end:
                pieces.append(json.dumps(hide(written_in("".join(tokens[value:end]).strip()))))
            at = end
        else:
            pieces.append(_redacted(token, hide, nested))
            at += 1
    return "".join(pieces)


def _named_values(tokens: list[str], hide: Hide) -> set[int]:
    """Where the member ``value`` begins in objects such as ``{"name": "password", "value": "..."}``."""
    around: list[_Named] = []
    done: list[_Named] = []
    for at, piece in enumerate(tokens):
        if piece == "{":
            around.append(_Named())
        elif piece == "}" and around:
            done.append(around.pop())
        elif around and piece[0] == '"' and piece[1:-1].lower() in _NAMING | _VALUES:
            _note(around[-1], tokens, at, hide)
    return {at for one in (*done, *around) if one.secret for at in one.values}


def _note(named: _Named, tokens: list[str], at: int, hide: Hide) -> None:
    value = _value_of_key(tokens, at)
    if value is None or value >= len(tokens):
        return
    if tokens[at][1:-1].lower() in _VALUES:
        named.values.append(at)
    elif tokens[value][0] == '"' and hide.names(written_in(tokens[value])):
        named.secret = True


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _value_of_key(tokens: list[str], at: int) -> int | None:
    """Where the value begins if the string at ``at`` is a member's name, else None."""
    at = _skip_space(tokens, at + 1)
    return _skip_space(tokens, at + 1) if at < len(tokens) and tokens[at] == ":" else None


def _skip_space(tokens: list[str], at: int) -> int:
    while at < len(tokens) and tokens[at].isspace():
        at += 1
    return at


def end_of_value(tokens: list[str], at: int) -> int:
    """One past the value that begins at ``at``: all that stands before the next comma or closing bracket of its own level."""
    depth = 0
    end = at
    for end in range(at, len(tokens)):
        piece = tokens[end]
        if not depth and (piece == "," or piece in _CLOSES):
            break
        depth += (piece in _OPENS) - (piece in _CLOSES)
    else:
        end = len(tokens)
    while end > at and tokens[end - 1].isspace():
        end -= 1
    return end


def _redacted(token: str, hide: Hide, nested: int) -> str:
    if token[0] != '"':
        text = token if token[0] in " \t\r\n{}[],:" else redact_text(token, hide)
        return token if text == token else json.dumps(text)
    inner = written_in(token)
    if looks_like_json(inner):
        text = redact_json(inner, hide, nested + 1) if nested < _MOST_NESTED else hide(inner)
    else:
        text = redact_text(inner, hide)
    return token if text == inner else json.dumps(text, ensure_ascii=False)


def written_in(token: str) -> str:
    """The text of a JSON string; of anything else, the token itself."""
    if token[:1] != '"':
        return token
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token.strip('"')
