"""Durations, sizes, shares and addresses as people write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.table import Endpoint
from proxy.table.address import parse_address
from proxy.table.scalars import Malformed, Substituted, Unset, seconds, share, size, substitute


@pytest.mark.parametrize(
    ("text", "value"), [("500ms", 0.5), ("30s", 30), ("5m", 300), ("24h", 86400), ("1.5s", 1.5), ("7d", 604800)]
)
def test_a_duration_is_read(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    "text", ["", "5", "5 seconds", "-1s", "1e3s", "8d", "0s", "٣s", "1s ", "1h30m", "infs", "9" * 99 + "s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        seconds(text)
    assert caught.value.help


@pytest.mark.parametrize(("text", "value"), [("0B", 0), ("64KiB", 65536), ("1MiB", 1048576), ("1.5KiB", 1536)])
def test_a_size_is_read(text: str, value: int) -> None:
    assert size(text, 2**20) == value


@pytest.mark.parametrize("text", ["", "5", "1KB", "1kb", "2MiB", "-1B", "1GiB", "1 M"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        size(text, 2**20)


@pytest.mark.parametrize(
    ("text", "value"), [("0%", 0.0), ("10%", 0.1), ("99.9%", 0.999), ("100%", 1.0), ("0.001%", 0.00001), ("5 %", 0.05)]
)
def test_a_share_is_read_exactly(text: str, value: float) -> None:
    assert share(text) == value


@pytest.mark.parametrize("text", ["", "10", "0.1", "101%", "-1%", "nan%", "%", "10%%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        share(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "1"), ("x${A}y${B:-2}", "x1y2"), ("${EMPTY:-d}", "d"), ("${EMPTY}", ""), ("${NO:-}", ""), ("$${A}", "${A}"),
        ("$A $ $$ {A}", "$A $ $$ {A}"), ("${A:-${B}", "1"), ("$$${A}", "$${A}"),
    ],
)  # fmt: skip
def test_variables_are_substituted_once(text: str, value: str) -> None:
    result = substitute(text, {"A": "1", "EMPTY": "", "LOOP": "${LOOP}"})
    assert result == value
    assert isinstance(result, Substituted)
    assert substitute("${LOOP}", {"LOOP": "${LOOP}"}) == "${LOOP}"


@pytest.mark.parametrize("text", ["${NO}", "${", "${}", "${1}", "${A B}", "${A-b}"])
def test_a_variable_that_is_none_is_refused_with_help(text: str) -> None:
    with pytest.raises(Unset) as caught:
        substitute(text, {"A": "1"})
    assert "${" in caught.value.help


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("http://127.0.0.1:8000", Endpoint("http", "127.0.0.1", 8000)),
        ("http://a-b.example.com", Endpoint("http", "a-b.example.com", 80)),
        ("HTTPS://Example.COM/", Endpoint("https", "example.com", 443)),
        ("http://[::1]:81", Endpoint("http", "::1", 81)),
        ("http://[0:0::1]", Endpoint("http", "::1", 80)),
        ("http://my_service.ns.svc.cluster.local:80", Endpoint("http", "my_service.ns.svc.cluster.local", 80)),
        ("http://localhost.", Endpoint("http", "localhost.", 80)),
    ],
)
def test_an_address_is_read(text: str, endpoint: Endpoint) -> None:
    assert parse_address(text) == endpoint


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("", "http://127.0.0.1:8000"), ("localhost:8000", "write http://localhost:8000"), ("ftp://a", "http:// or https://"),
        ("http://", "host and port"), ("http:///a", "write http://"), ("http://a/b", "write http://a"), ("http://a?b", "write http://a"),
        ("http://a#b", "write http://a"), ("http://u:p@a", "write http://a"), ("http://a:0", "1 to 65535"), ("http://a:65536", "1 to 65535"),
        ("http://a:", "1 to 65535"), ("http://a:8x", "1 to 65535"), ("http://::1", "brackets"), ("http://[::1", "[::1]"),
        ("http://[::1]8", "[::1]"), ("http://[fe80::1%eth0]", "[::1]"), ("http://a b", "host and port"), ("http://ä.de", "host and port"),
        ("http://127.1", "host and port"), ("http://1.2.3.4.5", "host and port"), ("http://-a", "host and port"), ("http://a..b", "host and port"),
        ("http://" + "a" * 64, "host and port"), ("http://a\\b", "host and port"), ("http://a:٨", "1 to 65535"), ("http://a\n", "host and port"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_what_to_write(text: str, help_: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_address(text)
    assert help_ in caught.value.help


@given(st.text())
def test_no_text_makes_a_reader_crash(text: str) -> None:
    for reader in (seconds, share, parse_address, lambda text: size(text, 100), lambda text: substitute(text, {})):
        with contextlib.suppress(Malformed):
            reader(text)
