"""Copies reach Unix sockets, and backends with TLS under the rules of their backend."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from proxy.model.listen import BackendTls, Certificate
from proxy.model.message import RequestHead
from shadow import ways
from shadow.copy import copy_of
from shadow.model import Answer
from shadow.replay import BY_DEFAULT, Failed, Failure, Replayer, Result
from tests.proxy.authority import authority, issued, server_context, write_ca, write_pair


class Server:
    """Answers every request with 200 and keeps its head."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        writer.close()


@contextlib.asynccontextmanager
async def https(context: ssl.SSLContext) -> AsyncIterator[tuple[str, Server]]:
    server = Server()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context) as listening:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}", server


@contextlib.asynccontextmanager
async def on_socket(path: Path) -> AsyncIterator[tuple[str, Server]]:
    server = Server()
    async with await asyncio.start_unix_server(server.serve, str(path)):
        yield f"unix:{path}", server


@pytest.fixture
async def replayer() -> AsyncIterator[Replayer]:
    async with Replayer.open() as opened:
        yield opened


async def send(replayer: Replayer, url: str, tls: BackendTls = BY_DEFAULT) -> Result:
    copy = copy_of(RequestHead.from_headers(b"GET", b"/a?b", [(b"Host", b"shop.example")]), b"")
    return await replayer.send(copy, (url,), timeout=5.0, max_answer=100, tls=tls)


async def test_a_unix_socket_is_asked_with_the_host_of_the_request(replayer: Replayer, tmp_path: Path) -> None:
    async with on_socket(tmp_path / "app.sock") as (url, server):
        for _ in range(2):
            result = await send(replayer, url)
            assert isinstance(result, Answer)
            assert result.body == b"hi"
    assert server.heads[0] == b"GET /a?b HTTP/1.1\r\nHost: shop.example\r\nX-Shadow: 1\r\n\r\n"
    assert server.connections == 1


async def test_a_socket_that_is_missing_is_a_failure_of_the_backend(replayer: Replayer, tmp_path: Path) -> None:
    result = await send(replayer, f"unix:{tmp_path}/none.sock")
    assert isinstance(result, Failed)
    assert result.failure is Failure.ERROR
    assert "No such file or directory" in result.detail


async def test_more_sockets_than_are_kept_make_room_for_each_other(
    replayer: Replayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "MAX_SOCKETS", 1)
    async with on_socket(tmp_path / "1.sock") as (one, _), on_socket(tmp_path / "2.sock") as (two, _):
        for url in (one, two, one, two):
            assert isinstance(await send(replayer, url), Answer)


async def test_tls_follows_the_rules_of_the_backend(replayer: Replayer, tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path, authority("Tests").issue_cert("shadow@example.com"))
    ours = Certificate(str(certificate), str(key))
    good = BackendTls(ca=str(write_ca(tmp_path)), server_name="orders.internal", certificate=ours)
    async with https(server_context(issued("orders.internal"), asks_clients=True)) as (url, _):
        assert isinstance(await send(replayer, url, good), Answer)
        assert isinstance(await send(replayer, url, BackendTls(verify=False, certificate=ours)), Answer)
        for bad in (BY_DEFAULT, BackendTls(ca=good.ca, certificate=ours)):
            result = await send(replayer, url, bad)
            assert isinstance(result, Failed)
            assert "its certificate is not accepted" in result.detail


async def test_no_connection_is_used_again_under_other_rules(replayer: Replayer, tmp_path: Path) -> None:
    ca = str(write_ca(tmp_path))
    async with https(server_context(issued("127.0.0.1", "orders.internal"))) as (url, server):
        for tls in (BackendTls(ca=ca), BackendTls(ca=ca), BackendTls(ca=ca, server_name="orders.internal")):
            assert isinstance(await send(replayer, url, tls), Answer)
        assert server.connections == 2


async def test_a_missing_file_is_told_by_its_name(replayer: Replayer, tmp_path: Path) -> None:
    result = await send(replayer, "https://127.0.0.1:1", BackendTls(ca=str(tmp_path / "none.pem")))
    assert isinstance(result, Failed)
    assert f"ca {tmp_path / 'none.pem'}: No such file or directory" in result.detail


async def test_files_are_read_again_after_a_while(
    replayer: Replayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "TLS_SECONDS", 0.0)
    ca = write_ca(tmp_path, "Others")
    async with https(server_context(issued("127.0.0.1"))) as (url, _):
        assert isinstance(await send(replayer, url, BackendTls(ca=str(ca))), Failed)
        authority("Tests").cert_pem.write_to_path(str(ca))
        assert isinstance(await send(replayer, url, BackendTls(ca=str(ca))), Answer)
