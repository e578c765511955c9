"""Addresses and networks."""

from __future__ import annotations

import pytest

from proxy.networks import Networks, address_of


@pytest.mark.parametrize(
    ("peername", "address"),
    [
        (("192.0.2.7", 4711), "192.0.2.7"),
        (("2001:db8::7", 4711, 0, 0), "2001:db8::7"),
        (("::ffff:192.0.2.7", 4711, 0, 0), "192.0.2.7"),
        ("", "unix"),
        (None, "unix"),
    ],
)
def test_the_other_end_has_one_spelling(peername: object, address: str) -> None:
    assert address_of(peername) == address


def test_an_address_is_in_its_networks_and_in_no_others() -> None:
    networks = Networks(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"])
    assert networks
    for inside in ("10.1.2.3", "192.0.2.7", "2001:db8::1"):
        assert inside in networks
    for outside in ("192.0.2.8", "2001:db9::1", "unix", ""):
        assert outside not in networks


def test_nobody_is_in_no_networks() -> None:
    assert not Networks()
    assert "127.0.0.1" not in Networks()
