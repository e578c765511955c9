from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.address import Address, BadAddress, parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        (":8080", "", 8080),
        ("[::1]:8081", "::1", 8081),
        ("[0:0:0:0:0:0:0:1]:0", "::1", 0),
        ("localhost:65535", "localhost", 65535),
        ("my_host.example-1.org:1", "my_host.example-1.org", 1),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("8080", "has no port"),
        ("localhost", "has no port"),
        ("localhost:", "no port between 0 and 65535"),
        ("localhost:http", "no port between 0 and 65535"),
        ("localhost:65536", "no port between 0 and 65535"),
        ("localhost:-1", "no port between 0 and 65535"),
        ("localhost:٣", "no port between 0 and 65535"),
        ("localhost:" + "9" * 5000, "no port between 0 and 65535"),
        ("::1:8080", "stands in brackets"),
        ("[::1:8080", "stands in brackets"),
        ("[nonsense]:80", "no IPv6 address"),
        ("http://localhost:80", "is a URL"),
        ("a b:80", "is no host"),
        ("-a:80", "is no host"),
        ("*:80", "is no host"),
    ],
)
def test_what_is_no_address_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(BadAddress, match=says) as refused:
        parse_address(text)
    assert "127.0.0.1:8080" in str(refused.value) or "[::1]:8080" in str(refused.value) or "IPv6" in says


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except BadAddress:
        return
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("text", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
def test_loopback_is_recognised(text: str) -> None:
    assert parse_address(text).is_loopback


@pytest.mark.parametrize(
    "text", [":1", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.evil.example:1", "127.0.0.1.nip.io:1"]
)
def test_everything_else_may_be_reached_from_elsewhere(text: str) -> None:
    assert not parse_address(text).is_loopback
