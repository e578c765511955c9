"""Whatever a body of any type holds, comparing it ends within the limits, with a result that says why."""

from __future__ import annotations

import dataclasses
import gzip
import json
import time
import zlib
from collections.abc import Callable
from typing import Final

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.compare import Limits, compare
from shadow.compare.coding import zstd
from shadow.model import Answer, Comparison
from tests.machine import patience
from tests.shadow.answers import NO_RULES, TODAY, answer, compared, found, json_text

LIMITS: Final = Limits(clock=time.thread_time)
SECONDS: Final = 5.0
"""More than the two seconds that are promised: a step may go on over the end."""

ROOM: Final = 4_000_000
MULTIPART: Final = "multipart/form-data; boundary=x"


def timed(control: Answer, candidate: Answer) -> Comparison:
    limits, most = dataclasses.replace(LIMITS, seconds=patience(LIMITS.seconds)), patience(SECONDS)
    began = time.process_time()
    comparison = compare(control, candidate, NO_RULES, today=TODAY, limits=limits)
    assert time.process_time() - began < most
    return comparison


def part(content_type: str, body: bytes) -> bytes:
    return b"--x\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n" + body + b"\r\n--x--\r\n"


def deep(depth: int) -> dict[str, bytes]:
    """By content type, a document of that many levels."""
    document = b"[" * depth + b"]" * depth
    return {
        "application/json": document,
        "application/x-ndjson": document + b"\n",
        "text/event-stream": b"data: " + document + b"\n\n",
        "application/xml": b"<a>" * depth + b"</a>" * depth,
        "text/html": b"<div>" * depth,
        "text/html; charset=utf-8": b'<script type="application/json">' + document + b"</script>",
        MULTIPART: part("application/json", document),
        "multipart/mixed; boundary=x": (b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * depth) + b"--x--",
    }


@pytest.mark.promise("B121")
@pytest.mark.parametrize("depth", [1_000, 100_000])
@pytest.mark.parametrize("content_type", deep(1))
def test_nesting_without_end_is_told_in_every_type(depth: int, content_type: str) -> None:
    left = answer(deep(depth)[content_type], content_type=content_type)
    comparison = timed(
        left, answer(left.body.replace(b"[]", b"[1]").replace(b"div", b"div b") + b" ", content_type=content_type)
    )
    reason = comparison.undecodable or ""
    assert "deep" in reason or "levels" in reason or "parts" in reason or content_type.startswith("multipart/mixed")


def many(unit: bytes, head: bytes = b"", tail: bytes = b"", size: int = ROOM) -> bytes:
    return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


def numbered(unit: bytes, head: bytes = b"", tail: bytes = b"", count: int = 300_000) -> bytes:
    return head + b"".join(unit % number for number in range(count)) + tail


LARGE: Final = {
    "xml elements": ("application/xml", lambda: many(b"<a/>", b"<r>", b"</r>")),
    "xml elements at the limit": ("application/xml", lambda: many(b"<a>x</a>", b"<r>", b"</r>", 149_000 * 8)),
    "xml names": ("application/xml", lambda: numbered(b"<a%d/>", b"<r>", b"</r>", 149_000)),
    "xml attributes": ("application/xml", lambda: numbered(b" a%d='1'", b"<a", b"/>")),
    "xml namespaces": ("application/xml", lambda: numbered(b" xmlns:a%d='%%d'", b"<a", b"/>", 100_000)),
    "xml instructions": ("application/xml", lambda: many(b"<?a?>", b"<r>", b"</r>")),
    "xml text": ("application/xml", lambda: many(b"&lt;a", b"<a>", b"</a>")),
    "html elements": ("text/html", lambda: many(b"<p>a")),
    "html elements at the limit": ("text/html", lambda: many(b"<p>a  b", size=149_000 * 7)),
    "html attributes": ("text/html", lambda: numbered(b" a%d", b"<a", b">")),
    "html formatting": ("text/html", lambda: numbered(b"<p><b a%d></p>")),
    "html closing tags": ("text/html", lambda: many(b"</b></i>", b"<div>" * 190)),
    "html comments": ("text/html", lambda: many(b"<!--")),
    "html hashes": ("text/html", lambda: many(b'<script src="/' + b"-aB1aB1a" * 100 + b'.x">')),
    "html tokens": ("text/html", lambda: many(b'<input name="csrf" value="' + b"aB" * 2000 + b'">')),
    "html json": ("text/html", lambda: many(b"[],", b'<p><script type="application/json">[', b"1]</script>")),
    "form fields": ("application/x-www-form-urlencoded", lambda: many(b"a&")),
    "form escapes": ("application/x-www-form-urlencoded", lambda: many(b"%41%zz", b"a=")),
    "multipart parts": (MULTIPART, lambda: many(b"\n--x\n\n", b"", b"\n--x--")),
    "multipart fields": (MULTIPART, lambda: many(b"\n--x\n" + b"a: b\n" * 2700 + b"\n", b"", b"\n--x--")),
    "lines of json": ("application/jsonl", lambda: many(b"1\n")),
    "lines of json at the limit": ("application/jsonl", lambda: many(b'{"a":1,"a":2}\n', size=99_000 * 14)),
    "events": ("text/event-stream", lambda: many(b"data\n\n")),
    "fields of events": ("text/event-stream", lambda: many(b"a\n")),
    "events of json": ("text/event-stream", lambda: many(b"data: [1]\n\n", size=99_000 * 11)),
    "lines": ("text/plain", lambda: many(b"\n")),
    "bytes": ("image/png", lambda: many(b"\0")),
}  # fmt: skip


NOTHING: Final = {"html comments", "html closing tags", "html tokens", "xml namespaces"}
"""What they differ in does not count."""


@pytest.mark.parametrize("name", LARGE)
def test_large_bodies_of_every_type_end_in_time(name: str) -> None:
    content_type, make = LARGE[name]
    body = make()
    tail = body[-100:].replace(b"1", b"2").replace(b"a", b"c").replace(b"\0", b"\1")
    comparison = timed(
        answer(body, content_type=content_type), answer(body[:-100] + tail + b"\n", content_type=content_type)
    )
    assert comparison.differences or comparison.undecodable or name in NOTHING


@pytest.mark.promise("B128")
def test_a_million_members_and_very_long_common_strings() -> None:
    members = numbered(b'"%d":1,', b"{", b'"z":1}', 550_000)
    comparison = timed(json_text(members), json_text(members.replace(b'"z":1', b'"z":2')))
    assert found(comparison) == [("$.z", "values_changed")] or comparison.limit
    same = b"x" * (ROOM - 10)
    for content_type in ("application/json", "text/plain"):
        left, right = (answer(b'"' + same + end + b'"', content_type=content_type) for end in (b"1", b"2"))
        assert [kind for _, kind in found(timed(left, right))] == ["values_changed"]


@pytest.mark.promise("B128")
def test_two_long_lists_in_another_order() -> None:
    left, right = (json.dumps([*range(50_000)][::step]).encode() for step in (1, -1))
    comparison = timed(json_text(left), json_text(right))
    assert comparison.differences
    assert comparison.limit


BOMB: Final = b"\0" * 50_000_000
CODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=3),
    "zstd": zstd.compress,
}


@pytest.mark.promise("B127")
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("content_type", ["application/json", "text/html", "application/xml", "image/png"])
def test_a_bomb_is_too_large_to_compare(coding: str, content_type: str) -> None:
    bomb = answer(CODINGS[coding](BOMB), content_type=content_type, headers={"Content-Encoding": coding})
    reason = timed(bomb, answer(b"[]", content_type=content_type)).undecodable or ""
    assert "more than 4194304 bytes" in reason or "grows more than 1000 times" in reason


@pytest.mark.promise("B127")
def test_bombs_within_bombs_and_a_thousand_members() -> None:
    twice = gzip.compress(gzip.compress(BOMB))
    stacked = json_text(twice, Content_Encoding="gzip, gzip")
    assert timed(stacked, json_text("[]")).undecodable
    members = json_text(
        gzip.compress(b"[1,") + gzip.compress(b" ") * 1_000 + gzip.compress(b"2]"), Content_Encoding="gzip"
    )
    assert found(timed(members, json_text("[1, 3]"))) == [("$[1]", "values_changed")]
    assert found(timed(members, json_text("[1, 2]"))) == []
    empty = json_text(gzip.compress(b"") * 200_000, Content_Encoding="gzip")
    assert "compressed streams" in (timed(empty, json_text("[]")).undecodable or "")


@pytest.mark.promise("B126")
@pytest.mark.parametrize(
    ("content_type", "control", "candidate", "places"),
    [
        ("application/json", b'\xef\xbb\xbf{"a":1}', b'{"a":1}', ["body:charset"]),
        ("application/json", '{"a":"é"}'.encode("utf-16"), '{"a":"è"}'.encode("utf-16"), ["$.a"]),
        ("application/json", b'{"a":"\xe9"}', b'{"a":"\xe8"}', ["$.a"]),
        ("application/json; charset=iso-8859-1", '{"a":"é"}'.encode(), '{"a":"è"}'.encode(), ["$.a"]),
        ("application/json", b"", b"{}", ["body"]),
        ("application/xml", b"\xef\xbb\xbf<a>1</a>", b"<a>2</a>", ["$.a.#text", "body:charset"]),
        ("application/xml", "<a>é</a>".encode("utf-16"), "<a>è</a>".encode("utf-16"), ["$.a.#text"]),
        ("application/xml", b"<a>\xe9</a>", b"<a>\xe8</a>", ["$.a.#text"]),
        ("application/xml; charset=utf-7", b"<a>+AGE-</a>", b"<a>a</a>", ["$.a.#text"]),
        ("text/html", b"<p>\xe9", b"<p>\xe8", ["$.html.body.p.#text"]),
        ("text/html; charset=big5", b"<p>\xff\xff", b"<p>\xfe\xff", ["$.html.body.p.#text"]),
        ("text/event-stream", b"data: \xff\n\n", b"data: \xfe\n\n", ["$[0].data"]),
        ("application/x-www-form-urlencoded", b"a=%ff", b"a=%fe", ["$.a"]),
        ("application/x-www-form-urlencoded", b"a=\xff", b"a=\xfe", ["$.a"]),
        (MULTIPART, part("text/plain", b"\xff"), part("text/plain", b"\xfe"), ["$.part.#text"]),
        ("application/x-ndjson", b'\xef\xbb\xbf"\xff"\n', b'"\xff"\n', ["body"]),
        ("text/plain; charset=nonsense", b"\xff", b"\xfe", ["body"]),
    ],
)
def test_odd_encodings_lose_nothing(content_type: str, control: bytes, candidate: bytes, places: list[str]) -> None:
    comparison = timed(answer(control, content_type=content_type), answer(candidate, content_type=content_type))
    assert comparison.undecodable is None
    assert [path for path, _ in found(comparison)] == places


NAMES: Final = ["__class__", "__proto__", "root['a']", "k" * 10_000, "😀", 'a"b', "a.b", "[0]", "\u202e", "\ud800", "\0", "", "@id", "#text", "#order"]  # fmt: skip


@pytest.mark.promise("B129")
@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:20]))
def test_a_name_of_any_kind_is_a_place_of_its_own(name: str) -> None:
    left, right = json_text(json.dumps({name: 1, "z": 1})), json_text(json.dumps({name: 2, "z": 1}))
    ((path, kind),) = found(timed(left, right))
    assert kind == "values_changed"
    assert path.isprintable()
    assert len(path) < 1000


@pytest.mark.promise("B125")
@pytest.mark.parametrize(
    ("control", "candidate", "shown"),
    [
        (b'"\\ud800"', b'"\\ud801"', r'"\ud800"'),
        (b'"\\u0000"', b'"\\u0001"', r'"\u0000"'),
        (b"123456789012345678901234567890", b"123456789012345678901234567891", "123456789012345678901234567890"),
    ],
)
def test_what_no_store_could_keep_is_shown_as_plain_text(control: bytes, candidate: bytes, shown: str) -> None:
    (difference,) = timed(json_text(control), json_text(candidate)).differences
    assert difference.control == shown
    for text in (difference.path, difference.control, difference.candidate or ""):
        assert text.isprintable()
        assert text.encode()


PIECES = st.sampled_from(
    [b"<", b">", b"</", b"/>", b"a", b"<a>", b"</a>", b'<a b="', b'"', b"&", b"&lt;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE a", b"[", b"<?xml ?>", b"<script>", b"\n",
     b"\r\n\r\n", b"--x", b"--", b"data: ", b"event:", b":", b"{}", b"1", b"=", b"%", b"+", b"\xff", b"\0", b"<p>", b"<table>", b"</body>", b"<html>", b" ", b"Content-Disposition: form-data; name="]
)  # fmt: skip
BODIES = st.binary(max_size=40) | st.lists(PIECES, max_size=25).map(b"".join)
TYPES = st.sampled_from(
    ["application/xml", "text/html", "text/event-stream", MULTIPART, "application/x-www-form-urlencoded", "application/jsonl", "application/grpc-web+proto", "image/svg+xml", None]
)  # fmt: skip


@given(BODIES, BODIES, TYPES)
def test_nothing_raises_and_no_side_is_preferred(left: bytes, right: bytes, content_type: str | None) -> None:
    control, candidate = answer(left, content_type=content_type), answer(right, content_type=content_type)
    there, back = compared(control, candidate), compared(candidate, control)
    assert bool(there.differences) == bool(back.differences)
    assert (there.undecodable is None) == (back.undecodable is None)
