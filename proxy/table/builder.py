"""Builds a Document from YAML's events.

The events are followed one by one, without recursion, so that depth, size and the work that aliases cause are bounded
before anything is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from proxy.table.document import Document, Place
from proxy.table.mistakes import quoted
from proxy.table.scalars import Unset, substitute
from proxy.table.words import called, resolve

MAX_DEPTH: Final = 50
MAX_ALIASES: Final = 100
MAX_VALUES: Final = 1_000_000
"""Values after aliases are written out: what an alias bomb would make many of."""

_ALLOWED_TAGS: Final = frozenset((None, "!", "tag:yaml.org,2002:str"))


class Stop(Exception):
    """Nothing sensible can follow."""


class _Open:
    """A mapping or sequence whose end has not come yet."""

    __slots__ = ("anchor", "data", "depth", "key", "key_place", "merges", "places", "size", "start")

    def __init__(self, data: dict[Any, Any] | list[Any], start: Place, anchor: str | None) -> None:
        self.data = data
        self.start = start
        self.anchor = anchor
        self.places: dict[str | int, tuple[Place, Place]] = {}
        self.key: str | None = None
        self.key_place: Place = start
        self.merges: list[tuple[Any, Place]] = []
        self.size = 1
        self.depth = 1


_NO_KEY: Final = "\0"
"""Stands for a key that was refused, so that its value is read and forgotten; no text can hold it."""

_MERGE: Final = "\0<<"
"""Stands for the key ``<<`` without quotes."""


class Builder:
    """Follows the events, keeping the containers that are open on a stack of its own."""

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self._document = document
        self._environ = environ
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._aliases = 0
        self._values = 0
        self._documents = 0

    def build(self, events: yaml.CSafeLoader) -> None:
        next_event = events.get_event
        while True:
            event = next_event()
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent():
                    self._start(event, {})
                case yaml.SequenceStartEvent():
                    self._start(event, [])
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._end()
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        self._stop(_place(event), "a second document begins here", "keep one document, without ---")
                case yaml.StreamEndEvent() | None:
                    return
                case _:
                    pass  # a stream's start, a document's end

    def _scalar(self, event: Any) -> None:
        place = _place(event)
        if event.tag not in _ALLOWED_TAGS:
            self._refuse_tag(event)
        text = event.value
        top = self._open[-1] if self._open else None
        if top is not None and top.key is None and isinstance(top.data, dict):
            self._key(top, text, plain=not event.style, place=place)
            return
        value: Any = text
        if "${" in text:
            try:
                value = substitute(text, self._environ)
            except Unset as error:
                self._document.mistake_at(place, str(error), error.help, code="unset-variable")
        elif not event.style:
            value = resolve(text) if event.tag is None else text
        self._count(1, place)
        self._put(value, place, 1, 0, event.anchor)

    def _key(self, top: _Open, text: str, *, plain: bool, place: Place) -> None:
        top.key, top.key_place = text, place
        if plain and text == "<<":
            top.key = _MERGE
            return
        read_as = resolve(text) if plain else text
        if not isinstance(read_as, str):
            message = f"{text or 'nothing'} is read as {called(read_as)}; a key is a word"
            self._document.mistake_at(place, message, f'put it in quotes: "{text}"', code="wrong-type")
        elif text in top.data:
            first = top.places[text][0]
            message = f"{quoted(text)} stands here twice; the first is in line {first[0] + 1}"
            self._document.mistake_at(place, message, "keep one of them", code="duplicate-key")
        else:
            return
        top.key = _NO_KEY

    def _start(self, event: Any, data: dict[Any, Any] | list[Any]) -> None:
        place = _place(event)
        if event.tag not in _ALLOWED_TAGS or event.tag == "tag:yaml.org,2002:str":
            self._refuse_tag(event)
        if len(self._open) >= MAX_DEPTH:
            self._stop(place, f"this is nested deeper than {MAX_DEPTH} levels", None)
        if self._open and isinstance(self._open[-1].data, dict) and self._open[-1].key is None:
            self._stop(place, "a map or a list cannot be a key", 'a value that begins with { or [ needs quotes: "{id}"')
        self._open.append(_Open(data, place, event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        for source, place in done.merges:
            self._merge(done, source, place)
        self._document.places[id(done.data)] = done.places
        self._count(1, done.start)
        self._put(done.data, done.start, done.size, done.depth, done.anchor)

    def _alias(self, event: Any) -> None:
        place = _place(event)
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._stop(place, f"there are more than {MAX_ALIASES} aliases", "write the values out, or use `defaults`")
        if event.anchor not in self._anchors:
            self._stop(
                place, f"no anchor &{event.anchor} ends before this", "define it further up; it cannot hold itself"
            )
        value, size, depth = self._anchors[event.anchor]
        if len(self._open) + depth > MAX_DEPTH:
            self._stop(place, f"this is nested deeper than {MAX_DEPTH} levels", None)
        top = self._open[-1] if self._open else None
        if top is not None and top.key is None and isinstance(top.data, dict):
            self._stop(place, "an alias cannot be a key", "write the key out")
        self._count(size, place)
        self._put(value, place, size, depth, None)

    def _count(self, size: int, place: Place) -> None:
        self._values += size
        if self._values > MAX_VALUES:
            self._stop(place, f"there are more than {MAX_VALUES:,} values", "use fewer aliases")

    def _put(self, value: Any, place: Place, size: int, depth: int, anchor: str | None) -> None:
        """A value is whole: it goes into the container that is open."""
        if anchor is not None:
            self._anchors[anchor] = (value, size, depth)
        if not self._open:
            self._document.data = value
            return
        top = self._open[-1]
        top.size += size
        top.depth = max(top.depth, depth + 1)
        if isinstance(top.data, list):
            top.places[len(top.data)] = (place, place)
            top.data.append(value)
        elif top.key == _MERGE:
            top.merges.append((value, place))
        elif top.key is not None and top.key != _NO_KEY:
            top.places[top.key] = (top.key_place, place)
            top.data[top.key] = value
        top.key = None

    def _merge(self, target: _Open, source: Any, place: Place) -> None:
        """YAML's ``<<``: keys that are written out win over merged ones, earlier merged ones over later."""
        for item in source if isinstance(source, list) else [source]:
            if not isinstance(item, dict):
                self._document.mistake_at(
                    place, "<< takes a map, or a list of maps", "write `<<: *anchor`", code="wrong-type"
                )
                return
            places = self._document.places[id(item)]
            self._count(len(item), place)
            for key, value in item.items():
                if key not in target.data:
                    target.data[key] = value
                    target.places[key] = places[key]

    def abandon(self) -> None:
        """Close what is open: the file cannot be read on. An entry that was cut in its middle is left out."""
        self._document.whole = False
        del self._open[2:]
        while self._open:
            done = self._open.pop()
            self._document.places[id(done.data)] = done.places
            self._put(done.data, done.start, done.size, done.depth, None)

    def _refuse_tag(self, event: Any) -> None:
        message = f"the tag {quoted(event.tag)} is not allowed"
        self._document.mistake_at(_place(event), message, "write the plain value", code="unsupported-yaml")

    def _stop(self, place: Place, message: str, help_: str | None) -> None:
        self._document.mistake_at(place, message, help_, code="unsupported-yaml")
        raise Stop


def _place(event: Any) -> Place:
    mark = event.start_mark
    return (mark.line, mark.column)
