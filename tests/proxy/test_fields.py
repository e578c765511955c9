from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.fields import REQUEST_FIELDS, Refused, end_to_end, read_request_fields

NAMES = st.from_regex(rb"\A[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}\Z")


def is_plain(field: tuple[bytes, bytes]) -> bool:
    """Not in the table, also not if an underscore is read as a hyphen."""
    return not {field[0].lower(), field[0].lower().replace(b"_", b"-")} & REQUEST_FIELDS.keys()


VALUES = st.from_regex(rb"\A[\x21-\x7e\x80-\xff]{0,30}\Z")
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=20)


def parts_of(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Name and value of each line."""
    assert all(line.endswith(b"\r\n") for line in lines)
    return [(name, value) for name, _, value in (line[:-2].partition(b": ") for line in lines)]


def forwarded(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    lines = read_request_fields([(b"Host", b"x"), *headers], trusted=False, http_1_0=False).lines
    return parts_of(lines[1:])


@given(FIELDS.map(lambda fields: list(filter(is_plain, fields))))
def test_fields_that_are_not_in_the_table_are_forwarded_byte_for_byte_in_order(
    headers: list[tuple[bytes, bytes]],
) -> None:
    assert forwarded(headers) == headers


@given(st.lists(NAMES, max_size=5))
def test_what_connection_names_is_dropped_but_never_what_is_ours_or_frames(names: list[bytes]) -> None:
    headers = [(b"Connection", b", ".join(names)), *((name, b"v") for name in names), (b"Cookie", b"c")]
    kept = forwarded([*headers, (b"X-Other", b"stays")] if b"x-other" not in {n.lower() for n in names} else headers)
    dropped = {name.lower() for name in names} - {
        b"cookie",
        b"authorization",
        b"via",
        b"keep-alive",
        b"close",
        b"upgrade",
    }
    assert not {name.lower() for name, _ in kept} & dropped
    assert (b"Cookie", b"c") in kept


def test_two_connection_lines_are_one_list_even_if_the_first_is_empty() -> None:
    assert forwarded([(b"Connection", b""), (b"Connection", b"X-Hop"), (b"X-Hop", b"1"), (b"X", b"2")]) == [
        (b"X", b"2")
    ]


def test_cookie_lines_stay_separate_on_the_wire_and_are_read_as_one() -> None:
    headers = [(b"Host", b"x"), (b"Cookie", b"a=1"), (b"cookie", b"b=2")]
    fields = read_request_fields(headers, trusted=False, http_1_0=False)
    assert fields.cookie == b"a=1; b=2"
    assert fields.lines[1:] == [b"Cookie: a=1\r\n", b"cookie: b=2\r\n"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 400),
        ([(b"Host", b"a"), (b"host", b"a")], 400),
        ([(b"Host", b"a"), (b"Content-Length", "\u0665".encode())], 400),
        ([(b"Host", b"a"), (b"Transfer-Encoding", b"chunked"), (b"transfer-encoding", b"chunked")], 501),
        ([(b"Host", b"a"), (b"Transfer-Encoding", b"identity")], 501),
        ([(b"Host", b"a"), (b"Expect", b"100-continue, x")], 417),
    ],
)
def test_what_the_parser_lets_through_and_is_still_ambiguous_is_refused(
    headers: list[tuple[bytes, bytes]], status: int
) -> None:
    with pytest.raises(Refused) as refused:
        read_request_fields(headers, trusted=False, http_1_0=False)
    assert refused.value.status == status


@pytest.mark.promise("B23", "B97")
@pytest.mark.parametrize(
    "name",
    [b"X_Forwarded_For", b"x-forwarded_for", b"Transfer_Encoding", b"CONTENT_LENGTH", b"X_Shadow", b"X_Original_URL"],
)
def test_a_name_that_cgi_would_take_for_ours_is_dropped(name: bytes) -> None:
    assert forwarded([(name, b"1"), (b"X_Other", b"stays")]) == [(b"X_Other", b"stays")]


@pytest.mark.promise("B97")
def test_of_a_very_long_list_of_addresses_the_nearest_are_kept() -> None:
    addresses = [b"10.0.%d.%d" % (n // 256, n % 256) for n in range(1000)]
    headers = [(b"Host", b"x"), (b"X-Forwarded-For", b", ".join(addresses))]
    kept = read_request_fields(headers, trusted=True, http_1_0=False).forwarded_for
    assert kept is not None
    assert len(kept) <= 2048
    assert kept.split(b", ") == addresses[-len(kept.split(b", ")) :]


@pytest.mark.promise("B37")
def test_trailers_that_would_frame_route_or_speak_for_us_are_dropped() -> None:
    names = [
        b"Content-Length",
        b"Host",
        b"X-Real-IP",
        b"x_forwarded_for",
        b"X-Shadow",
        b"Cookie",
        b"Via",
        b"X-Request-Id",
    ]
    assert end_to_end([*((name, b"1") for name in names), (b"X-Sum", b"2")]) == [(b"X-Sum", b"2")]
