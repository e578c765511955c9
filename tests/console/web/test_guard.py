from __future__ import annotations

import pytest

from console.address import parse_address
from console.web.guard import Guard

LOOPBACK = Guard(parse_address("127.0.0.1:8081"))
EVERYWHERE = Guard(parse_address("0.0.0.0:8081"))
NAMED = Guard(parse_address("Admin.Example:8081"))


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "127.0.0.1", "localhost:8081", "LOCALHOST", "[::1]:8081", "[::1]"])
def test_names_of_this_machine_are_ours(host: str) -> None:
    assert LOOPBACK.bad_host(host) is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:8081",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[::2]",
        "10.0.0.1",
    ],
)
def test_other_names_are_not(host: str | None) -> None:
    assert LOOPBACK.bad_host(host) is not None


def test_where_it_listens_on_all_addresses_any_address_will_do_but_no_other_name() -> None:
    assert EVERYWHERE.bad_host("10.0.0.1:8081") is None
    assert EVERYWHERE.bad_host("[2001:db8::1]:8081") is None
    assert EVERYWHERE.bad_host("evil.example") is not None


def test_the_host_of_the_option_is_ours() -> None:
    assert NAMED.bad_host("admin.example:8081") is None
    assert NAMED.bad_host("other.example:8081") is not None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "application/JSON; charset=utf-8"},
        {"Content-Type": "application/json", "Content-Length": "2"},
        {"Content-Type": "application/octet-stream", "Content-Length": "0"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded", "Content-Length": "9"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:8081", "Host": "127.0.0.1:8081"},
    ],
)
def test_programs_and_our_own_pages_may_post(headers: dict[str, str]) -> None:
    assert Guard.foreign_post(headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/octet-stream", "Content-Length": "3"},
        {"Content-Length": "3"},
        {"Transfer-Encoding": "chunked"},
        {"Origin": "http://evil.example", "Host": "127.0.0.1:8081"},
        {"Origin": "null", "Host": "127.0.0.1:8081"},
    ],
)
def test_other_sites_and_forms_may_not(headers: dict[str, str]) -> None:
    assert Guard.foreign_post(headers) is not None


def test_names_that_were_given_and_those_of_a_certificate_are_ours() -> None:
    guard = Guard(parse_address("0.0.0.0:8081"), ("Console.Example", "*.ops.example"))
    assert guard.bad_host("console.example:8081") is None
    assert guard.bad_host("a.ops.example") is None
    for other in ("ops.example", "a.b.ops.example", "example", "x.console.example", "*.evil.example"):
        assert guard.bad_host(other) is not None


@pytest.mark.parametrize(
    "via",
    [
        ["1.1 strangler-0123abcd"],
        ["1.1 cache, 1.1 strangler-0123abcd, 1.0 other"],
        ["1.1 strangler-0123abcd,2.0 strangler-ffffffff"],
        ["1.1 other", "1.1 strangler-0123abcd"],
    ],
)
def test_what_came_through_the_proxy_is_not_taken(via: list[str]) -> None:
    assert Guard.proxied(via, is_copy=False) is not None


def test_nor_is_a_copy() -> None:
    assert Guard.proxied((), is_copy=True) is not None


@pytest.mark.parametrize("via", [[], ["1.1 varnish"], ["1.1 my-strangler-0123abcdef"]])
def test_what_came_through_another_one_is(via: list[str]) -> None:
    assert Guard.proxied(via, is_copy=False) is None
