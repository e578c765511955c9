"""Which address counts as the client's behind proxies that are trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.limits.client_address import client_address

OURS = {"10.0.0.1", "10.0.0.2", "2001:db8:f::1"}


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        (None, "10.0.0.1"),
        (b"", "10.0.0.1"),
        (b"192.0.2.7", "192.0.2.7"),
        (b"192.0.2.7, 10.0.0.2", "192.0.2.7"),
        # What stands left of a stranger, the stranger wrote.
        (b"198.51.100.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        (b"10.0.0.2, 192.0.2.7", "192.0.2.7"),
        (b"10.0.0.2", "10.0.0.2"),
        (b"192.0.2.7:4711", "192.0.2.7"),
        (b"[2001:DB8::7]:4711", "2001:db8::7"),
        (b"2001:db8:0::7", "2001:db8::7"),
        (b"unknown", "10.0.0.1"),
        (b"192.0.2.7, nonsense, 10.0.0.2", "10.0.0.2"),
        (b" ,, ", "10.0.0.1"),
    ],
)
def test_it_is_the_nearest_that_no_trusted_proxy_has(forwarded_for: bytes | None, client: str) -> None:
    assert client_address("10.0.0.1", forwarded_for, OURS.__contains__) == client


@given(st.binary(max_size=200))
def test_whatever_a_stranger_writes_it_counts_as_itself(said: bytes) -> None:
    assert client_address("10.0.0.1", said + b", 192.0.2.7", OURS.__contains__) == "192.0.2.7"


@given(st.binary(max_size=300))
def test_nothing_that_comes_makes_it_fail(said: bytes) -> None:
    assert client_address("10.0.0.1", said, OURS.__contains__)
