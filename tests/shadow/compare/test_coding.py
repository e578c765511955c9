"""Content codings taken off, within bounds."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from collections.abc import Callable

import pytest

from shadow.compare import Limits
from shadow.compare.coding import SUPPORTED, Unreadable, Unsupported, decoded
from tests.shadow.answers import compared, found, json_text

TEXT = b'{"a": 1}' * 100
RAW_DEFLATE = zlib.compressobj(wbits=-15)
RAW = RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush()


def gzipped(body: bytes) -> bytes:
    """Without the time in it, which would be in the names of tests, and those are the same in every process."""
    return gzip.compress(body, mtime=0)


def headers(*values: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"Content-Encoding", value) for value in values]


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (TEXT, ()),
        (TEXT, (b"identity",)),
        (gzipped(TEXT), (b"GZip",)),
        (gzipped(TEXT), (b"x-gzip, identity",)),
        (gzipped(TEXT[:50]) + gzipped(TEXT[50:]), (b"gzip",)),
        (zlib.compress(TEXT), (b"deflate",)),
        (RAW, (b"deflate",)),
        (gzipped(zlib.compress(TEXT)), (b"deflate, gzip",)),
        (gzipped(zlib.compress(TEXT)), (b"deflate", b"gzip")),
    ],
)
def test_codings_are_taken_off_in_reverse_order(body: bytes, codings: tuple[bytes, ...]) -> None:
    assert decoded(body, headers(*codings), 10_000) == TEXT


def test_the_answer_to_head_has_the_label_and_no_body() -> None:
    assert decoded(b"", headers(b"gzip"), 10) == b""


@pytest.mark.parametrize("body", [b"plain", gzipped(TEXT)[:-9], gzipped(TEXT)[:5], b"\x1f\x8b", gzipped(TEXT) + b"x"])
def test_broken_data_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decoded(body, headers(b"gzip"), 10_000)


@pytest.mark.parametrize("codings", [b"compress", b"aes128gcm", b"gzip,gzip,gzip,gzip", b"x" * 5000])
def test_what_we_cannot_decode_is_unsupported(codings: bytes) -> None:
    with pytest.raises(Unsupported):
        decoded(TEXT, headers(codings), 10_000)


def test_a_bomb_stops_at_the_cap() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * 50_000_000))
    with pytest.raises(Unsupported, match="more than 1000000 bytes"):
        decoded(bomb, headers(b"gzip, gzip"), 1_000_000)


def test_a_body_full_of_empty_streams_is_given_up() -> None:
    assert decoded(gzip.compress(b"") * 1000, headers(b"gzip"), 1000) == b""
    with pytest.raises(Unsupported, match="more than 10000"):
        decoded(gzip.compress(b"") * 50_000, headers(b"gzip"), 1000)


def encoders() -> dict[str, Callable[[bytes], bytes]]:
    """What can be encoded here: ``br`` and ``zstd`` need their libraries."""
    found: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    for coding, names in (("br", ["brotli"]), ("zstd", ["compression.zstd", "backports.zstd"])):
        for name in names:
            if coding in SUPPORTED and coding not in found and importlib.util.find_spec(name.partition(".")[0]):
                found[coding] = importlib.import_module(name).compress
    return found


@pytest.mark.parametrize("coding", encoders())
def test_every_coding_is_whole_and_bounded(coding: str) -> None:
    label, encode = headers(coding.encode()), encoders()[coding]
    body = encode(TEXT)
    assert decoded(body, label, len(TEXT)) == TEXT
    for broken in (body[:-3], b"garbage!", body + b"x"):
        with pytest.raises(Unreadable):
            decoded(broken, label, 10_000)
    with pytest.raises(Unsupported, match="more than 1000 bytes"):
        decoded(encode(b"\0" * 10_000_000), label, 1000)


def test_gzip_and_deflate_are_always_there() -> None:
    assert {"gzip", "x-gzip", "deflate"} <= set(SUPPORTED)


def test_the_same_document_compressed_differently_is_a_match() -> None:
    text = b'{"a": 1}'
    left = json_text(gzip.compress(text, 1), Content_Encoding="gzip")
    right = json_text(zlib.compress(text, 9), Content_Encoding="deflate")
    assert found(compared(left, right)) == []
    assert found(compared(left, json_text(text))) == []
    assert found(compared(left, json_text(b'{"a": 2}'))) == [("$.a", "values_changed")]


def test_the_same_bytes_under_another_label_are_not_the_same_body() -> None:
    body = gzip.compress(b"[1]")
    comparison = compared(json_text(body, Content_Encoding="gzip"), json_text(body))
    assert found(comparison) == [("body", "type_changes")]


def test_data_broken_on_one_side_only_are_a_difference() -> None:
    left, right = json_text(gzip.compress(b"[1]"), Content_Encoding="gzip"), json_text(b"oops", Content_Encoding="gzip")
    comparison = compared(left, right)
    assert found(comparison) == [("body", "type_changes")]
    assert "not decodable" in (comparison.differences[0].candidate or "")


def test_what_neither_side_lets_us_read_is_undecodable_unless_it_is_the_same() -> None:
    left, right = (json_text(body, Content_Encoding="gzip") for body in (b"oops", b"oops!"))
    assert compared(left, right).undecodable is not None
    assert compared(left, left).undecodable is None
    other = json_text(b"[1]", Content_Encoding="compress")
    assert "compress" in (compared(other, json_text(b"[1]")).undecodable or "")
    big = json_text(gzip.compress(b" " * 5000 + b"1"), Content_Encoding="gzip")
    assert "1000 bytes" in (compared(big, json_text("1"), limits=Limits(decoded=1000)).undecodable or "")
