"""Server-sent events: ``text/event-stream`` (HTML, section "Server-sent events").

    $[2].event         the type of the third event
    $[2].data.price    its data, where they are JSON; else their text

Also ``id`` and ``retry``. Comments, which keep connections alive, do not count. An event that the stream ends in the middle of, which
no browser would deliver, has a member ``#cut``.
"""

from __future__ import annotations

import re
from typing import Final

from shadow.compare.body import MAX_ENTRIES, Claim, Document, Example
from shadow.compare.charset import read_text
from shadow.compare.coding import Unreadable, Unsupported
from shadow.compare.media import Media
from shadow.compare.shapes import TREE
from shadow.compare.tree import Array, Tree, read_tree

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_MAY_BE_JSON: Final = re.compile(r'\s*[\[{"0-9tfn-]')


class SseBody:
    precedence = 22
    shape = TREE
    examples = (
        Example(
            "event by event, data as JSON",
            "text/event-stream",
            b': hello\n\nevent: price\ndata: {"id": 7, "price": 1}\n\ndata: done\n\n',
            b'event:price\r\ndata:{"price":2,\r\ndata:"id":7}\r\n\r\ndata:done\r\n\r\n',
            ("$[0].data.price",),
        ),
        Example("other types of event", "text/event-stream", b"event: a\ndata: 1\n\n", b"event: b\ndata: 1\n\n", ("$[0].event",)),
        Example("a stream that is cut", "text/event-stream", b"data: 1\n\n", b"data: 1\n", ("$[0].#cut",)),
    )  # fmt: skip

    def claim(self, media: Media, body: bytes) -> Claim:  # noqa: ARG002 - the label says it
        return Claim.LABEL if media.type == "text/event-stream" else Claim.NONE

    def read(self, body: bytes, media: Media) -> Document:  # noqa: ARG002 - UTF-8 whatever the label says
        text = read_text(body, None)
        return Document(_events(_LINE_END.split(text.text)))


def _events(lines: list[str]) -> Array:
    events: Array = []
    fields: dict[str, list[str]] = {}
    for line in lines[:-1]:
        if not line:
            if fields:
                events.append(_event(fields))
                fields = {}
            continue
        name, _, value = line.partition(":")
        if name:
            fields.setdefault(name, []).append(value.removeprefix(" "))
        if len(events) > MAX_ENTRIES:
            raise Unsupported(f"more than {MAX_ENTRIES} events")
    if fields or lines[-1]:
        name, _, value = lines[-1].partition(":")
        if name:
            fields.setdefault(name, []).append(value.removeprefix(" "))
        events.append({**_event(fields), "#cut": True})
    return events


def _event(fields: dict[str, list[str]]) -> dict[str, Tree]:
    """Lines of data belong together; of every other field the last one counts."""
    event: dict[str, Tree] = {name: values[-1] for name, values in fields.items()}
    if "data" in fields:
        event["data"] = _data("\n".join(fields["data"]))
    return event


def _data(text: str) -> Tree:
    if _MAY_BE_JSON.match(text):
        try:
            return read_tree(text)
        except Unreadable:
            pass
    return text


BODY = SseBody()
