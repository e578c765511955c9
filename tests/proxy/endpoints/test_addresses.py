"""Which addresses of a name are tried, and in which order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.endpoints.addresses import MOST_ADDRESSES, SHUNNED_SECONDS, Addresses

ADDRESSES = st.lists(st.sampled_from([f"10.0.0.{i}" for i in range(20)]), min_size=1, max_size=30)


def known(*addresses: str) -> Addresses:
    made = Addresses()
    made.found(addresses)
    return made


def test_each_address_is_the_first_to_be_tried_once() -> None:
    addresses = known("a", "b", "c")
    assert {addresses.in_turn(0.0)[0] for _ in range(3)} == {"a", "b", "c"}


def test_what_could_not_be_reached_is_tried_last_for_a_while() -> None:
    addresses = known("a", "b")
    addresses.shun("a", 0.0)
    assert [addresses.in_turn(1.0) for _ in range(4)] == [["b", "a"]] * 4
    assert {addresses.in_turn(SHUNNED_SECONDS + 1)[0] for _ in range(2)} == {"a", "b"}


def test_what_was_reached_again_has_its_turn_again() -> None:
    addresses = known("a", "b")
    addresses.shun("a", 0.0)
    addresses.reached("a")
    assert {addresses.in_turn(1.0)[0] for _ in range(2)} == {"a", "b"}


def test_a_lookup_that_fails_takes_nothing_away() -> None:
    addresses = known("a")
    assert addresses.not_found("no answer")
    assert not addresses.not_found("no answer")
    assert addresses.known == ("a",)


def test_another_order_is_nothing_new() -> None:
    addresses = known("a", "b")
    assert not addresses.found(["b", "a"])
    assert addresses.found(["b"])


@given(st.lists(ADDRESSES, min_size=1, max_size=8), st.lists(st.integers(0, 19), max_size=10))
def test_all_known_addresses_are_tried_and_no_others(lookups: list[list[str]], unreachable: list[int]) -> None:
    addresses = Addresses()
    for number, lookup in enumerate(lookups):
        addresses.found(lookup)
        for index in unreachable:
            addresses.shun(addresses.known[index % len(addresses.known)], float(number))
        assert sorted(addresses.in_turn(float(number))) == sorted(addresses.known)
        assert set(addresses.known) <= set(lookup)
        assert len(addresses.known) <= MOST_ADDRESSES
