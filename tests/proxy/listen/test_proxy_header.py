"""The PROXY header: every form of the specification is read, everything else is refused, and nothing is read beyond it."""

from __future__ import annotations

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.listen.proxy_header import MAX_HEADER, MAX_LINE, BadHeader, ProxyHeader, read_proxy_header

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def version_2(command: int, family: int, block: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, family, len(block)) + block


def extension(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


def addresses(source: str, destination: str = "192.0.2.1") -> bytes:
    return (
        ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed + struct.pack("!HH", 4711, 443)
    )


V4 = addresses("203.0.113.7")
V6 = addresses("2001:db8::7", "2001:db8::1")
OVER_TLS = extension(0x20, b"\x01\x00\x00\x00\x00" + extension(0x21, b"TLSv1.3"))


@pytest.mark.parametrize(
    ("data", "address", "secure"),
    [
        (b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n", "203.0.113.7", False),
        (b"PROXY TCP6 2001:DB8:0::7 ::1 4711 80\r\n", "2001:db8::7", False),
        (b"PROXY TCP6 ::ffff:203.0.113.7 ::1 0 65535\r\n", "203.0.113.7", False),
        (b"PROXY UNKNOWN\r\n", None, False),
        (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None, False),
        (version_2(1, 0x11, V4), "203.0.113.7", False),
        (version_2(1, 0x21, V6), "2001:db8::7", False),
        (version_2(1, 0x21, addresses("::ffff:203.0.113.7", "::1")), "203.0.113.7", False),
        (version_2(1, 0x11, V4 + extension(0x02, b"example.com") + OVER_TLS), "203.0.113.7", True),
        (version_2(1, 0x11, V4 + extension(0x20, b"\x00\x00\x00\x00\x01")), "203.0.113.7", False),
        (version_2(1, 0x31, bytes(216)), None, False),
        (version_2(1, 0x00, b""), None, False),
        (version_2(1, 0x12, V4), None, False),
        (version_2(0, 0x00, b""), None, False),
        (version_2(0, 0x11, V4), None, False),
        (version_2(0, 0xFF, b"whatever"), None, False),
    ],
)
@pytest.mark.parametrize("behind", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01"])
def test_every_form_of_the_header_is_read_and_nothing_beyond_it(
    data: bytes, address: str | None, secure: bool, behind: bytes
) -> None:
    assert read_proxy_header(data + behind) == ProxyHeader(len(data), address, secure)


@pytest.mark.parametrize(
    "data",
    [
        b"G",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"\r\n\r\n\r\n",
        b"PROXY\tTCP4 203.0.113.7 192.0.2.1 4711 80\r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 4711\r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80 \r\n",
        b"PROXY TCP4  203.0.113.7 192.0.2.1 4711 80\r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\n\r\n",
        b"PROXY TCP4 203.0.113.07 192.0.2.1 4711 80\r\n",
        b"PROXY TCP4 2001:db8::7 192.0.2.1 4711 80\r\n",
        b"PROXY TCP4 203.0.113.7 ::1 4711 80\r\n",
        b"PROXY TCP6 fe80::1%eth0 ::1 4711 80\r\n",
        b"PROXY TCP6 \xe2\x82\xac ::1 4711 80\r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 04711 80\r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 65536\r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 -1 80\r\n",
        b"PROXY UDP4 203.0.113.7 192.0.2.1 1 80\r\n",
        b"PROXY " + b"A" * MAX_LINE + b"\r\n",
        version_2(2, 0x11, V4),
        SIGNATURE + b"\x11\x11\x00\x0c" + V4,
        version_2(1, 0x11, V4[:-1]),
        version_2(1, 0x21, V4),
        version_2(1, 0x41, V6),
        version_2(1, 0x13, V4),
        version_2(1, 0x11, V4 + b"\x20"),
        version_2(1, 0x11, V4 + b"\x20\x00\x09\x01"),
        version_2(1, 0x11, V4 + extension(0x20, b"\x01")),
        SIGNATURE + struct.pack("!BBH", 0x21, 0x11, MAX_HEADER),
    ],
)
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(BadHeader):
        read_proxy_header(data)


COMPLETE = [
    b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n",
    b"PROXY UNKNOWN\r\n",
    version_2(1, 0x11, V4 + OVER_TLS),
    version_2(0, 0x00, b""),
]


@given(st.sampled_from(COMPLETE), st.binary(max_size=64))
def test_a_header_in_pieces_is_waited_for_and_no_piece_says_more_than_the_whole(data: bytes, behind: bytes) -> None:
    for cut in range(len(data)):
        assert read_proxy_header(data[:cut]) is None
    assert read_proxy_header(data + behind) == read_proxy_header(data)


@given(
    st.binary(max_size=300) | st.tuples(st.sampled_from([SIGNATURE, b"PROXY "]), st.binary(max_size=300)).map(b"".join)
)
def test_any_bytes_are_read_or_waited_for_or_refused_within_the_bound(data: bytes) -> None:
    try:
        header = read_proxy_header(data)
    except BadHeader:
        return
    if header is None:
        assert len(data) < MAX_HEADER
    else:
        assert header.size <= len(data)
        assert header.address is None or str(ipaddress.ip_address(header.address)) == header.address


@given(st.ip_addresses(), st.ip_addresses(v=4), st.integers(0, 65535))
def test_both_versions_tell_the_same_address(source: ipaddress.IPv4Address, destination: object, port: int) -> None:
    family, code = (b"TCP4", 0x11) if source.version == 4 else (b"TCP6", 0x21)
    other = str(destination) if source.version == 4 else f"::ffff:{destination}"
    line = b"PROXY %s %s %s %d 80\r\n" % (family, str(source).encode(), other.encode(), port)
    one, two = read_proxy_header(line), read_proxy_header(version_2(1, code, addresses(str(source), other)))
    assert one is not None
    assert two is not None
    assert one.address == two.address
