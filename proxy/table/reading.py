"""The text of routes.yaml as plain data that knows where each value stood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final

import yaml

from proxy.table.builder import Builder, Stop
from proxy.table.document import LINE_BREAK, Document, Place
from proxy.table.mistakes import BadTable, Mistake

MAX_BYTES: Final = 4 * 1024 * 1024
"""Room for 10,000 routes that say much; a larger file is not a route table."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Control characters, lone surrogates, and the line breaks that only YAML takes for one."""
_TAB = re.compile(r"^ *\t(?=.*\S)", re.MULTILINE)


def read(text: str | bytes, environ: Mapping[str, str], source: str) -> Document:
    """Read one YAML document. Raises BadTable if there is nothing to go on with; lesser mistakes are in the Document."""
    text = _decoded(text, source)
    document = Document(text)
    _check_characters(document)
    if document.mistakes:
        raise BadTable(document.mistakes, source)
    builder = Builder(document, environ)
    try:
        builder.build(yaml.CSafeLoader(text))
    except yaml.MarkedYAMLError as error:
        document.mistakes.append(_syntax_mistake(error, document))
        builder.abandon()
    except yaml.YAMLError as error:
        document.mistake_at((0, 0), f"this is not YAML: {error}", code="not-yaml")
        builder.abandon()
    except Stop:
        builder.abandon()
    if not isinstance(document.data, dict):
        if document.whole or not document.mistakes:
            document.mistake_at(
                (0, 0), "a route table is a map of keys", "begin with `version: 1`, then `backends:`", code="wrong-type"
            )
        raise BadTable(document.mistakes, source)
    return document


def _decoded(text: str | bytes, source: str) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"the file has {size:,} bytes; a route table has at most {MAX_BYTES:,}"
        help_ = "fold routes that share a path into one with /** or {name}"
        raise BadTable([Mistake(1, 1, message, help_, "too-large")], source)
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line, column = _place_at(text[: error.start].decode("utf-8"), error.start)
        message = f"byte 0x{text[error.start]:02x} is not UTF-8"
        raise BadTable(
            [Mistake(line + 1, column + 1, message, "save the file as UTF-8", "bad-character")], source
        ) from None


def _check_characters(document: Document) -> None:
    text = document.text
    for found in islice(_FORBIDDEN.finditer(text), 10):
        place = _place_at(text, found.start())
        document.mistake_at(
            place, f"U+{ord(found[0]):04X} is not allowed in a route table", "remove it", code="bad-character"
        )
    for found in islice(_TAB.finditer(text), 10) if "\t" in text else ():
        document.mistake_at(
            _place_at(text, found.end() - 1), "a tab cannot indent", "indent with spaces", code="bad-character"
        )


def _place_at(text: str, index: int) -> Place:
    before = LINE_BREAK.split(text[:index])
    return len(before) - 1, len(before[-1])


def _syntax_mistake(error: yaml.MarkedYAMLError, document: Document) -> Mistake:
    mark = error.problem_mark or error.context_mark
    place = (mark.line, mark.column) if mark else (0, 0)
    line = document.lines[place[0]] if place[0] < len(document.lines) else ""
    problem = " ".join(filter(None, (error.context, error.problem)))
    help_ = None
    if re.search(r"[{\[,:]\s*\$\{", line):
        help_ = 'within { } and [ ] a variable needs quotes: "${NAME}"'
    elif re.search(r"[{\[,:]\s*/[^\s\"',{}]*\{[^\s\"',{}]*\}", line):
        help_ = 'within { } and [ ] a path with a parameter needs quotes: "/a/{id}"'
    elif re.search(r":\s*[*&!%@`]", line):
        help_ = "a value that begins with * & ! % @ or ` needs quotes"
    elif "mapping values are not allowed" in problem:
        help_ = "check the indentation, and quote values that hold `: `"
    return Mistake(place[0] + 1, place[1] + 1, f"YAML cannot be read here: {problem}", help_, "not-yaml")
