"""The way to endpoints that are no host and port."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.proxy.conftest import Origins, Proxies, Proxy
from tests.proxy.wire import always, get, ok


def table(path: Path) -> str:
    return f"version: 1\nbackends: {{ legacy: {{ url: 'unix:{path}' }} }}\n"


async def ask(running: Proxy, request: bytes) -> int:
    client = await running.connect()
    await client.send(request)
    return (await client.read_answer())[0]


async def test_a_unix_socket_is_asked_like_any_other_backend(origin: Origins, proxy: Proxies, tmp_path: Path) -> None:
    backend = await origin(always(ok()), socket=str(tmp_path / "app.sock"))
    running = await proxy(table(tmp_path / "app.sock"))
    client = await running.connect()
    for _ in range(2):
        await client.send(get())
        assert (await client.read_answer())[0] == 200
    assert len(backend.connections) == 1
    assert b"\r\nHost: example.com\r\n" in backend.heads[0]


async def test_a_client_that_names_no_host_reaches_a_unix_socket_as_localhost(
    origin: Origins, proxy: Proxies, tmp_path: Path
) -> None:
    backend = await origin(always(ok()), socket=str(tmp_path / "app.sock"))
    assert await ask(await proxy(table(tmp_path / "app.sock")), b"GET / HTTP/1.0\r\n\r\n") == 200
    assert b"\r\nHost: localhost\r\n" in backend.heads[0]


@pytest.mark.promise("U1")
@pytest.mark.parametrize(("kind", "reason"), [("missing", "No such file or directory"), ("dead", "Connection refused")])
async def test_a_socket_where_nobody_listens_is_a_bad_gateway_with_a_reason(
    proxy: Proxies, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, reason: str
) -> None:
    path = tmp_path / "app.sock"
    if kind == "dead":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    assert await ask(await proxy(table(path)), get()) == 502
    told = next(record for record in caplog.records if record.message == "backend failed")
    assert told.detail == f"unix:{path}: {reason}"  # type: ignore[attr-defined]
    assert told.endpoint == f"unix:{path}"  # type: ignore[attr-defined]


@pytest.mark.promise("U1")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may use any socket")
async def test_a_socket_that_we_may_not_use_is_a_bad_gateway_with_a_reason(
    origin: Origins, proxy: Proxies, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await origin(always(ok()), socket=str(tmp_path / "app.sock"))
    (tmp_path / "app.sock").chmod(0)
    assert await ask(await proxy(table(tmp_path / "app.sock")), get()) == 502
    told = next(record for record in caplog.records if record.message == "backend failed")
    assert "Permission denied" in told.detail  # type: ignore[attr-defined]


@pytest.mark.promise("U1")
async def test_a_port_where_nobody_listens_is_a_bad_gateway_with_a_reason(
    proxy: Proxies, unused_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    running = await proxy(f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{unused_port}' }} }}\n")
    assert await ask(running, get()) == 502
    told = next(record for record in caplog.records if record.message == "backend failed")
    assert told.detail == f"http://127.0.0.1:{unused_port}: Connection refused"  # type: ignore[attr-defined]
