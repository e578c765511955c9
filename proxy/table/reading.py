"""YAML as plain data that knows where each value stood.

The parser's events are followed one by one, without recursion, so that depth, size and the work that aliases cause are
bounded before anything is built. Words are read as YAML 1.2 and YAML 1.1 agree on them; see ``resolve`` for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

import yaml

from proxy.table.mistakes import BadTable, Mistake, quoted
from proxy.table.scalars import Unset, substitute

MAX_BYTES: Final = 4 * 1024 * 1024
"""Room for 10,000 routes that say much; a larger file is not a route table."""

MAX_DEPTH: Final = 50
MAX_ALIASES: Final = 100
MAX_VALUES: Final = 1_000_000
"""Values after aliases are written out: what an alias bomb would make many of."""

Location = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, from 0."""

_BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_ALLOWED_TAGS = frozenset((None, "!", "tag:yaml.org,2002:str"))
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Control characters, lone surrogates, and the line breaks that only YAML takes for one."""
_TAB = re.compile(r"^ *\t(?=.*\S)", re.MULTILINE)


class Document:
    """The data of one text. ``data`` is made of dict, list, str, int, float, bool and None."""

    __slots__ = ("data", "lines", "mistakes", "places", "text", "whole")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = re.split(r"\r\n|\r|\n", text)
        self.whole = True
        """False if YAML could not be read to the end: what stands before that place is here, and nothing is missing."""
        self.data: Any = None
        self.mistakes: list[Mistake] = []
        self.places: dict[int, dict[str | int, tuple[Place, Place]]] = {}
        """By the identity of a container: where each key and each value in it stands."""

    def place(self, location: Iterable[str | int], *, key: bool = False) -> Place:
        """Where the value at ``location`` stands, or its key; the nearest thing above it where there is no such value."""
        here: Any = self.data
        place: Place = (0, 0)
        for step in location:
            places = self.places.get(id(here))
            if places is None:
                break
            found = places.get(step)
            if found is None:
                continue  # a step that the grammar put in: one item where a list may stand
            place = found[0] if key else found[1]
            here = here[step]
        return place

    def word(self, place: Place) -> str:
        """What is written at a place, as written."""
        line = self.lines[place[0]] if place[0] < len(self.lines) else ""
        found = re.match(r"[^,}\]#]+", line[place[1] :])
        return found[0].strip() if found else ""

    def mistake(self, location: Iterable[str | int], message: str, help_: str | None = None, *, key: bool = False) -> None:
        self.mistake_at(self.place(location, key=key), message, help_)

    def mistake_at(self, place: Place, message: str, help_: str | None = None) -> None:
        self.mistakes.append(Mistake(place[0] + 1, place[1] + 1, message, help_))


def read(text: str | bytes, environ: Mapping[str, str], source: str) -> Document:
    """Read one YAML document. Raises BadTable if there is nothing to go on with; lesser mistakes are in the Document."""
    text = _decoded(text, source)
    document = Document(text)
    _check_characters(document)
    if document.mistakes:
        raise BadTable(document.mistakes, source)
    builder = _Builder(document, environ)
    try:
        builder.build(yaml.CSafeLoader(text))
    except yaml.MarkedYAMLError as error:
        document.mistakes.append(_syntax_mistake(error, document))
        builder.abandon()
    except yaml.YAMLError as error:
        document.mistake_at((0, 0), f"this is not YAML: {error}")
        builder.abandon()
    except _Stop:
        builder.abandon()
    if not isinstance(document.data, dict):
        if document.whole:
            document.mistake_at((0, 0), "a route table is a map of keys", "begin with `version: 1`, then `backends:`")
        raise BadTable(document.mistakes, source)
    return document


def _decoded(text: str | bytes, source: str) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"the file has {size:,} bytes; a route table has at most {MAX_BYTES:,}"
        raise BadTable([Mistake(1, 1, message, "fold routes that share a path into one with /** or {name}")], source)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            before = text[: error.start].decode("utf-8")
            line, column = before.count("\n") + 1, error.start - (text.rfind(b"\n", 0, error.start) + 1) + 1
            message = f"byte 0x{text[error.start]:02x} is not UTF-8"
            raise BadTable([Mistake(line, column, message, "save the file as UTF-8")], source) from None
    return text.removeprefix("\ufeff")


def _check_characters(document: Document) -> None:
    text = document.text
    for found in islice(_FORBIDDEN.finditer(text), 10):
        place = _place_at(text, found.start())
        document.mistake_at(place, f"U+{ord(found[0]):04X} is not allowed in a route table", "remove it")
    for found in islice(_TAB.finditer(text), 10) if "\t" in text else ():
        document.mistake_at(_place_at(text, found.end() - 1), "a tab cannot indent", "indent with spaces")


def _place_at(text: str, index: int) -> Place:
    before = re.split(r"\r\n|\r|\n", text[:index])
    return len(before) - 1, len(before[-1])


def _syntax_mistake(error: yaml.MarkedYAMLError, document: Document) -> Mistake:
    mark = error.problem_mark or error.context_mark
    place = (mark.line, mark.column) if mark else (0, 0)
    line = document.lines[place[0]] if place[0] < len(document.lines) else ""
    problem = " ".join(filter(None, (error.context, error.problem)))
    help_ = None
    if re.search(r"[{\[,:]\s*\$\{", line):
        help_ = 'within { } and [ ] a variable needs quotes: "${NAME}"'
    elif re.search(r":\s*[*&!%@`]", line):
        help_ = "a value that begins with * & ! % @ or ` needs quotes"
    elif "mapping values are not allowed" in problem:
        help_ = "check the indentation, and quote values that hold `: `"
    return Mistake(place[0] + 1, place[1] + 1, f"YAML cannot be read here: {problem}", help_)


class _Stop(Exception):
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


class _Builder:
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
                case yaml.StreamEndEvent():
                    return

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
                self._document.mistake_at(place, str(error), error.help)
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
            self._document.mistake_at(place, message, f'put it in quotes: "{text}"')
        elif text in top.data:
            first = top.places[text][0]
            message = f"{quoted(text)} stands here twice; the first is in line {first[0] + 1}"
            self._document.mistake_at(place, message, "keep one of them")
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
            self._stop(place, f"no anchor &{event.anchor} ends before this", "define it further up; it cannot hold itself")
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
                self._document.mistake_at(place, "<< takes a map, or a list of maps", "write `<<: *anchor`")
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
        self._document.mistake_at(_place(event), f"the tag {quoted(event.tag)} is not allowed", "write the plain value")

    def _stop(self, place: Place, message: str, help_: str | None) -> None:
        self._document.mistake_at(place, message, help_)
        raise _Stop


def resolve(text: str) -> Any:
    """What an unquoted word means. Where YAML 1.1 and 1.2 disagree: yes, no, on and off are booleans (1.1), so that nobody
    can mean a name by them without quotes; 010, 1_000, 0x10, 1:30 and dates are text (1.2), which the grammar then refuses
    wherever it wants a number."""
    if text in _NULLS:
        return None
    first = text[0]
    if first in "-+.0123456789":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and not _LEADING_ZERO.match(text):
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    elif first in "tTfFyYnNoO":
        return _BOOLEANS.get(text, text)
    return text


def called(value: Any) -> str:
    """What a value is, in a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a map"


def _place(event: Any) -> Place:
    mark = event.start_mark
    return (mark.line, mark.column)
