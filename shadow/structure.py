"""Takes the values out of what is kept, and leaves names, types and lengths (``keep: structure``). Pure.

It is given what is redacted already, so that a secret does not even show its length. What it cannot read becomes one length.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from shadow.model import Difference
from shadow.store.records import StoredAnswer, StoredBody, StoredPair, StoredRequest, TextHeaders

NOTE: Final = "only names, types and lengths are kept"
"""Of every body, also of an empty one: such a message cannot be compared or sent again."""

_MOST: Final = 64 * 1024
"""Characters of a structure: it may be longer than what it is of."""


def structure_of(pair: StoredPair) -> StoredPair:
    return replace(
        pair,
        request_id="",
        target=_target(pair.target),
        request=pair.request and _request(pair.request),
        control=_answer(pair.control),
        candidate=_answer(pair.candidate),
        again=_answer(pair.again),
        error=pair.error and "no detail is kept",
        differences=tuple(map(structure_of_difference, pair.differences)),
        waived=tuple((structure_of_difference(one), path) for one, path in pair.waived),
    )


def structure_of_difference(difference: Difference) -> Difference:
    return replace(difference, control=_shown(difference.control), candidate=_shown(difference.candidate))


def _request(request: StoredRequest) -> StoredRequest:
    return replace(
        request,
        target=_target(request.target),
        headers=_headers(request.headers),
        body=_body(request.headers, request.body),
    )


def _answer(answer: StoredAnswer | None) -> StoredAnswer | None:
    if answer is None:
        return None
    return replace(answer, headers=_headers(answer.headers), body=_body(answer.headers, answer.body))


def _headers(headers: TextHeaders) -> TextHeaders:
    return tuple((name, _text(value)) for name, value in headers)


def _body(headers: TextHeaders, body: StoredBody) -> StoredBody:
    media = next((value for name, value in headers if name.lower() == "content-type"), "").partition(";")[0].strip()
    is_form = media.lower() == "application/x-www-form-urlencoded"
    text = (_form(body.text) if is_form else _shown(body.text) or "") if body.text else ""
    return replace(body, text=text if len(text) <= _MOST else _text(body.text), note=NOTE)


def _target(target: str) -> str:
    """Segments of a path are values: only their number stays. Of a query names stay."""
    path, mark, query = target.partition("?")
    return "/".join(_text(segment) if segment else "" for segment in path.split("/")) + mark + _form(query)


def _form(text: str) -> str:
    return "&".join(_field(field) for field in text.split("&"))


def _field(field: str) -> str:
    name, equals, value = field.partition("=")
    if not equals:
        return _text(name) if name else ""
    return f"{name}={_text(value)}"


def _shown(value: str | None) -> str | None:
    """Of JSON its structure, of all else its length."""
    if value is None:
        return None
    try:
        return json.dumps(_typed(json.loads(value)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return _text(value)


def _typed(value: Any) -> Any:
    match value:
        case dict():
            return {name: _typed(item) for name, item in value.items()}
        case list():
            return [_typed(item) for item in value]
        case str():
            return _text(value)
        case bool():
            return "(boolean)"
        case None:
            return None
        case _:
            return "(number)"


def _text(value: str) -> str:
    return f"(text, {len(value)})"
