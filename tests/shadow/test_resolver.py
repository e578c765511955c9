"""Copies go to no place where clouds keep credentials, whatever a name leads to."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from shadow.resolver import Resolver

pytestmark = pytest.mark.promise("B136")


def answering(*addresses: str) -> Any:
    def getaddrinfo(_host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return getaddrinfo


async def test_a_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("10.0.0.1", "169.254.169.254"))
    assert [one["host"] for one in await Resolver().resolve("orders.test", 80)] == ["10.0.0.1"]


async def test_one_that_leads_to_a_cloud_s_secrets_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("169.254.169.254"))
    with pytest.raises(OSError, match="leads to a link-local address"):
        await Resolver().resolve("orders.test", 80)
