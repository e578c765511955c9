"""JSON lines, events, forms and multipart bodies."""

from __future__ import annotations

import pytest

from proxy.model.table import CompareRules
from tests.shadow.answers import NO_RULES, answer, compared, found, rules

FORM = "application/x-www-form-urlencoded"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"


def places(left: bytes, right: bytes, content_type: str, by: CompareRules = NO_RULES) -> list[tuple[str, str]]:
    comparison = compared(*(answer(body, content_type=content_type) for body in (left, right)), by)
    assert comparison.undecodable is None
    return found(comparison)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (b"a=1&b=2", b"b=2&a=1", []),
        (b"a", b"a=", []),
        (b"a=%C3%A9+x", "a=é%20x".encode(), []),
        (b"t=a&t=a", b"t=a", [("$.t[0]", "repetition_change")]),
        (b"t=a&t=b", b"t=b&t=a", [("$.t[0]", "iterable_item_moved")]),
        (b"a=1", b"a=1&b=", [("$.b", "dictionary_item_added")]),
        (b"a=%00", b"a=%01", [("$.a", "values_changed")]),
        (b"=1&%23order=1", b"=1&%23order=2", [("$.#order", "values_changed")]),
        (b"=1&%23order=1", b"b=1&%23order=1", [("$.b", "dictionary_item_added"), ('$[""]', "dictionary_item_removed")]),
        (b"%23json=1&%23json=2", b"%23json=1", [("$.#json", "type_changes")]),
        (b"a[b]=1", b"a[b]=2", [('$["a[b]"]', "values_changed")]),
    ],
)
def test_forms_are_compared_by_field(left: bytes, right: bytes, expected: list[tuple[str, str]]) -> None:
    assert places(left, right, FORM) == expected


def test_rules_hold_in_forms_with_brackets_or_without() -> None:
    for path in ("$.t", "$.t[]"):
        assert places(b"t=1", b"t=2", FORM, rules(path)) == []
        assert places(b"t=1&t=3", b"t=2&t=3", FORM, rules(path)) == []
    assert places(b"t=1.00", b"t=1", FORM, rules(tolerance={"$.t": 0.001})) == []
    assert places(b"t=1&t=2", b"t=2&t=1", FORM, rules(unordered={"$.t": None})) == []


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (b'{"a":1}\n', b'{ "a": 1 }', []),
        (b'\x1e{"a":1}\n\x1e2\n', b'{"a":1}\n2\n', []),
        (b"1\r\n2\r\n", b"1\n2", []),
        (b'{"a":1}\n{"a":2}\n', b'{"a":1}\n{"a":3}\n', [("$[1].a", "values_changed")]),
        (b"1\nno\n", b"1\nyes\n", [("body", "values_changed")]),
        (b"1\nno\n", b"1\n2\n", [("body", "type_changes")]),
        (b"1,2\n", b"1\n", [("body", "type_changes")]),
    ],
)
def test_json_lines_are_compared_line_by_line(left: bytes, right: bytes, expected: list[tuple[str, str]]) -> None:
    assert places(left, right, LINES) == expected


def test_rules_hold_in_lines_and_events() -> None:
    assert places(b'{"id":1,"at":1}\n', b'{"id":1,"at":2}\n', LINES, rules("$[].at")) == []
    left, right = b'{"id":1}\n{"id":2}\n', b'{"id":2}\n{"id":1}\n'
    assert places(left, right, LINES, rules(unordered={"$": "id"})) == []
    assert places(b"id: 1\ndata: {}\n\n", b"id: 2\ndata: {}\n\n", EVENTS, rules("$[*].id")) == []


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (b"data: a\n\n", b"data:a\r\n\r\n", []),
        (b"data: a\n\n", b": ping\n\ndata: a\n\n:\n", []),
        (b"data: a\ndata: b\n\n", b"data: a\ndata: c\n\n", [("$[0].data", "values_changed")]),
        (b'data: "1"\n\n', b"data: 1\n\n", [("$[0].data", "type_changes")]),
        (b"data: {\n\n", b"data: [\n\n", [("$[0].data", "values_changed")]),
        (b"retry: 1\n\n", b"retry: 2\n\n", [("$[0].retry", "values_changed")]),
        (b"data: 1\n\ndata: 2", b"data: 1\n\ndata: 3", [("$[1].data", "values_changed")]),
        (b"", b"data: 1\n\n", [("$[0]", "iterable_item_added")]),
    ],
)
def test_events_are_compared_one_by_one(left: bytes, right: bytes, expected: list[tuple[str, str]]) -> None:
    assert places(left, right, EVENTS) == expected


def multipart(*parts: bytes, boundary: bytes = b"x", end: bytes = b"\r\n") -> bytes:
    return b"".join(b"--" + boundary + end + part + end for part in parts) + b"--" + boundary + b"--" + end


def field(name: bytes, value: bytes, more: bytes = b"") -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"' + more + b"\r\n\r\n" + value


MULTIPART = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (multipart(field(b"a", b"1"), field(b"b", b"2")), multipart(field(b"b", b"2"), field(b"a", b"1")), []),
        (multipart(field(b"a", b"1")), b"preamble\r\n" + multipart(field(b"a", b"1")) + b"epilogue", []),
        (multipart(field(b"a", b"1")), multipart(field(b"a", b"2")), ["$.a.#text"]),
        (multipart(field(b"a", b"1\n")), multipart(field(b"a", b"1")), ["$.a.#text"]),
        (multipart(field(b"a", b"1")), multipart(field(b"a", b"1"), field(b"a", b"3")), ["$.a[1]"]),
        (multipart(field(b"a", b"x", b'; filename="p"\r\nContent-Type: image/png')), multipart(field(b"a", b"y", b'; filename="p"\r\nContent-Type: image/png')), ["$.a.#bytes"]),
        (multipart(b'Content-Type: application/json\r\n\r\n{"n": 1}'), multipart(b'Content-Type: application/json\r\n\r\n{"n":2}'), ["$.part.#json.n"]),
        (multipart(b"Content-Range: bytes 0-1/9\r\n\r\nab"), multipart(b"Content-Range: bytes 0-1/8\r\n\r\nab"), ["$.part.@content-range"]),
        (multipart(b"\r\nab"), multipart(b"\r\nac"), ["$.part.#text"]),
        (multipart(field(b"a", b"1")), multipart(field(b"a", b"1"))[:-6], ["body"]),
    ],
)  # fmt: skip
def test_multipart_bodies_are_compared_by_part(left: bytes, right: bytes, expected: list[str]) -> None:
    assert [path for path, _ in places(left, right, MULTIPART)] == expected


def test_the_boundary_does_not_count() -> None:
    left = answer(multipart(field(b"a", b"1")), content_type="multipart/form-data; boundary=x")
    right = answer(multipart(field(b"a", b"1"), boundary=b"yy"), content_type='multipart/form-data; boundary="yy"')
    assert found(compared(left, right)) == []


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/mixed; boundary=other"])
def test_a_multipart_body_without_its_boundary_is_bytes(content_type: str) -> None:
    assert places(multipart(field(b"a", b"1")), multipart(field(b"a", b"2")), content_type) == [
        ("body", "values_changed")
    ]
