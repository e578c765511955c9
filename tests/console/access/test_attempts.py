from __future__ import annotations

import sys

import pytest

from console.access.attempts import (
    BUCKETS,
    MOST_OF_ACCOUNT,
    MOST_OF_ADDRESS,
    WINDOW_SECONDS,
    Attempts,
    network_of,
)


def test_one_account_is_tried_so_often_from_wherever() -> None:
    attempts = Attempts()
    tried = [attempts.take(f"10.0.0.{n}", "ada", 0) for n in range(100)]
    assert tried.count(0) == MOST_OF_ACCOUNT


def test_one_address_tries_so_often_whomever() -> None:
    attempts = Attempts()
    tried = [attempts.take("10.0.0.1", f"user-{n}", 0) for n in range(100)]
    assert tried.count(0) == MOST_OF_ADDRESS


def test_an_account_that_is_not_there_is_limited_like_one_that_is() -> None:
    attempts = Attempts()
    waits = [[attempts.take(f"10.0.0.{n}", name, 0) for n in range(20)] for name in ("ada", "no-such-user")]
    assert waits[0] == waits[1]


def test_after_the_wait_that_was_told_there_may_be_one_more() -> None:
    attempts = Attempts()
    while not (wait := attempts.take("10.0.0.1", "ada", 0)):
        pass
    assert wait == pytest.approx(WINDOW_SECONDS / MOST_OF_ACCOUNT)
    assert attempts.take("10.0.0.1", "ada", wait - 1) > 0
    assert attempts.take("10.0.0.1", "ada", wait + 0.001) == 0
    assert attempts.take("10.0.0.1", "ada", wait + 0.002) > 0


def test_who_shows_up_with_the_password_is_not_kept_out_by_their_own_mistakes() -> None:
    attempts = Attempts()
    for _ in range(3 * MOST_OF_ADDRESS):
        assert attempts.take("10.0.0.1", "ada", 0) == 0
        attempts.succeeded("10.0.0.1", "ada")


def test_ten_thousand_guesses_a_day_are_hardly_more_than_a_thousand() -> None:
    attempts = Attempts()
    taken = sum(attempts.take(f"10.{n >> 8}.{n & 255}.1", "ada", n * 8.64) == 0 for n in range(10_000))
    assert taken < 1_000


def test_memory_does_not_grow_with_names() -> None:
    attempts = Attempts()
    before = sys.getsizeof(attempts._accounts._levels)
    for n in range(3 * BUCKETS):
        attempts.take(f"2001:db8:{n:x}::1", f"user-{n}", n)
    assert sys.getsizeof(attempts._accounts._levels) == before


def test_who_has_one_ipv6_address_has_its_network() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") != network_of("2001:db8:0:1::1")
    assert network_of("10.0.0.1") != network_of("10.0.0.2")
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("") == ""
