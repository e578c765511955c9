"""Fields of answers, as HTTP/2 has them."""

from __future__ import annotations

from proxy.http2.answer import answer_fields, trailer_fields


def test_names_are_lower_case_and_what_belongs_to_one_connection_is_gone() -> None:
    headers = [
        (b"X-Mixed", b" a \t"),
        (b"Connection", b"close"),
        (b"Keep-Alive", b"timeout=5"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Upgrade", b"h2c"),
        (b"Trailer", b"X-Sum"),
    ]
    assert answer_fields(200, headers) == [(b":status", b"200"), (b"x-mixed", b"a"), (b"trailer", b"X-Sum")]


def test_secrets_are_kept_out_of_the_compression_table() -> None:
    cookie, other = trailer_fields([(b"Set-Cookie", b"session=1"), (b"X-A", b"b")])
    assert not cookie.indexable
    assert other.indexable
