from __future__ import annotations

import pytest

from proxy.limits.doors import Doors, neighbourhood
from proxy.model.resilience import Limits


@pytest.mark.parametrize(
    ("peer", "who"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_one_customer_counts_as_one_whatever_addresses_it_has(peer: str, who: str) -> None:
    assert neighbourhood(peer) == who


def test_an_address_may_come_in_so_often_and_again_when_it_has_left() -> None:
    doors = Doors()
    limits = Limits(per_address=2)

    def enter(peer: str, *, trusted: bool = False) -> int | None:
        refused = doors.enter(peer, inside=1, limits=limits, trusted=trusted)
        return refused.status if refused is not None else None

    assert [enter("192.0.2.7") for _ in range(3)] == [None, None, 429]
    assert enter("192.0.2.8") is None
    assert enter("192.0.2.7", trusted=True) is None
    for _ in range(3):
        doors.leave("192.0.2.7")
    assert enter("192.0.2.7") is None


def test_beyond_the_limit_of_a_worker_nobody_comes_in() -> None:
    refused = Doors().enter("192.0.2.7", inside=11, limits=Limits(connections=10), trusted=True)
    assert refused is not None
    assert refused.status == 503
    assert refused.headers == b"Retry-After: 1\r\n"


def test_who_has_left_leaves_nothing_behind() -> None:
    doors = Doors()
    for number in range(1000):
        doors.enter(f"2001:db8:{number:x}::1", inside=1, limits=Limits(), trusted=False)
    for number in range(1000):
        doors.leave(f"2001:db8:{number:x}::1")
    assert not doors._inside
