from __future__ import annotations

import pytest

from proxy.model.link_local import is_link_local


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
    ],
)
def test_where_clouds_keep_their_secrets_no_backend_is(address: str) -> None:
    assert is_link_local(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1", "169.253.1.1", "fd00::1", "2001:db8::1", "shop.test", ""],
)
def test_elsewhere_one_may_be(address: str) -> None:
    assert not is_link_local(address)
