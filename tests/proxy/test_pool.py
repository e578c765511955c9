"""Which connections are taken again, against a real backend."""

from __future__ import annotations

import pytest

from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import always, eventually, get, ok


async def test_a_connection_idle_for_too_long_is_closed_and_not_taken_again(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.pool.IDLE_SECONDS", 0.1)
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for connections in (1, 2):
        await client.send(get())
        await client.read_answer()
        assert len(backend.connections) == connections
        await eventually(backend.connections[-1].reader.at_eof)


async def test_a_write_goes_only_on_a_connection_that_was_used_just_now(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.pool.IDLE_SECONDS_UNSAFE", -1.0)
    backend = await origin(always(ok()))
    client = await (await proxy(to_legacy(backend.port))).connect()
    for method, connections in ((b"GET", 1), (b"PUT", 1), (b"POST", 2), (b"PATCH", 3), (b"GET", 3)):
        await client.send(get(b"/", b"Content-Length: 0", method=method))
        await client.read_answer()
        assert len(backend.connections) == connections
