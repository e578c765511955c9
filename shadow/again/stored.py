"""What the store keeps of a message, as one that can be compared or sent again.

Secrets were replaced before they were kept, by keyed hashes: equal ones are equal still. Whoever compares with an answer that
was redacted under another key, or not at all, makes all of them one (``without_hashes``).
"""

from __future__ import annotations

import re
from typing import Final

from proxy.model.message import RequestHead
from shadow.copy import Copy, Unrepeatable, copy_of
from shadow.model import Answer
from shadow.redact import HIDDEN
from shadow.store.records import StoredAnswer, StoredBody, StoredRequest, TextHeaders
from shadow.structure import NOTE

_CODED: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Fields that say how the body went over the wire: what is kept is plain text."""

_CHARSET: Final = re.compile(r"(;\s*charset=)[^;]*", re.IGNORECASE)
ONE: Final = "redacted"
"""What all that was hidden becomes."""


class Incomplete(ValueError):
    """Not all of a message was kept; the message says what is missing."""


def answer_of(stored: StoredAnswer | None) -> Answer:
    """Raises Incomplete."""
    if stored is None:
        raise Incomplete("it has no answer, or its contents are not kept any longer")
    headers = [
        (name.encode("latin-1", "replace"), value.encode("utf-8", "replace")) for name, value in _plain(stored.headers)
    ]
    return Answer(stored.status, headers, _body(stored.body), stored.first_byte, stored.total)


def copy_of_stored(stored: StoredRequest | None, given: TextHeaders = ()) -> tuple[Copy, tuple[str, ...]]:
    """The request as it can be sent again, and what stays redacted in it: names of headers, ``target`` and ``body``. Headers
    in ``given`` take the place of those of the same name; other redacted headers are left out. Raises Incomplete."""
    if stored is None:
        raise Incomplete("its request is not kept any longer")
    replaced = {name.lower() for name, _ in given}
    kept = [(name, value) for name, value in stored.headers if name.lower() not in replaced]
    hidden = tuple(dict.fromkeys(name for name, value in kept if HIDDEN.search(value)))
    sent = [(name, value) for name, value in kept if name not in hidden] + list(given)
    head = RequestHead.from_headers(
        stored.method.encode("latin-1"),
        stored.target.encode("utf-8", "surrogateescape"),
        [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in sent],
    )
    parts = (("target", stored.target), ("body", stored.body.text))
    hidden += tuple(part for part, text in parts if HIDDEN.search(text))
    try:
        return copy_of(head, _body(stored.body)), hidden
    except Unrepeatable as error:
        raise Incomplete(str(error)) from error


def without_hashes(answer: Answer) -> Answer:
    """The same answer in which all that was redacted is one word."""
    headers = [(name, HIDDEN.sub(ONE, value.decode("utf-8", "replace")).encode()) for name, value in answer.headers]
    body = HIDDEN.sub(ONE, answer.body.decode("utf-8", "replace")).encode()
    return Answer(answer.status, headers, body, answer.first_byte, answer.total)


def _body(body: StoredBody) -> bytes:
    if body.note == NOTE or (body.note is not None and (body.size or body.text)):
        raise Incomplete(f"its body is not whole: {body.note}")
    return body.text.encode("utf-8", "surrogatepass")


def _plain(headers: TextHeaders) -> TextHeaders:
    """Text is kept as characters, so whatever charset they came in, they are UTF-8 now."""
    return tuple(
        (name, _CHARSET.sub(r"\1utf-8", value) if name.lower() == "content-type" else value)
        for name, value in headers
        if name.lower() not in _CODED
    )
