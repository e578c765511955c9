"""A whole instance behind load balancers, on IPv6, and under those who only knock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.processes import free_port
from tests.integration.instance import Instance
from tests.integration.load import Load
from tests.proxy.certificates import client_context, server_pair, write_pair
from tests.proxy.wire import PATIENCE

pytestmark = pytest.mark.heavy

TLS = "tls: { certificates: [{ certificate: one.pem, key: one.key }] }"


@contextlib.contextmanager
def serving(directory: Path, httpbin: int, listen: str, *options: str, more: str = "") -> Iterator[Instance]:
    write_pair(directory, "one", server_pair("example.com"))
    table = (
        f"version: 1\nlisten: {{ {listen} }}\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{httpbin}' }} }}\n{more}"
    )
    (directory / "routes.yaml").write_text(table)
    instance = Instance(directory, ["--config", "routes.yaml", *options])
    try:
        instance.wait_ready()
        yield instance
    finally:
        instance.end()


def ask(
    address: tuple[str, int], first: bytes = b"", context: ssl.SSLContext | None = None, target: str = "/get"
) -> tuple[int, dict[str, str], dict[str, str]]:
    """One request on a connection of its own, ``first`` before all else: status, the answer's fields, the request's as httpbin saw them."""
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(address, PATIENCE))
        connection.sendall(first)
        if context is not None:
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname="example.com"))
        connection.sendall(
            f"GET {target}?show_env=1 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n".encode()
        )
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    fields = dict(re.findall(r"(?m)^([\w-]+): (.*)\r?$", head.decode()))
    return int(head.split(b" ", 2)[1]), fields, json.loads(body).get("headers", {})


@pytest.mark.parametrize("secured", [False, True])
def test_a_load_balancer_tells_who_the_client_is(tmp_path: Path, httpbin: int, secured: bool) -> None:
    limited = "defaults: { rate_limit: { requests: 2, per: 1h } }\nroutes:\n  - { name: all, match: { path: '/**' }, backend: legacy }\n"
    listen = f"{TLS}, proxy_protocol: [127.0.0.1]" if secured else "proxy_protocol: [127.0.0.1]"
    context = client_context() if secured else None
    with serving(tmp_path, httpbin, listen, "--workers", "1", more=limited) as instance:
        here = ("127.0.0.1", instance.port)
        for client, statuses in (("203.0.113.7", [200, 200, 429]), ("2001:db8::7", [200])):
            family = "TCP6" if ":" in client else "TCP4"
            header = f"PROXY {family} {client} {'::1' if ':' in client else '127.0.0.1'} 4711 80\r\n".encode()
            for wanted in statuses:
                status, _, seen = ask(here, header, context)
                assert status == wanted
                if status == 200:
                    assert seen["X-Forwarded-For"] == client
                    assert seen["X-Forwarded-Proto"] == ("https" if secured else "http")
        with socket.create_connection(here, PATIENCE) as other, contextlib.suppress(ConnectionResetError):
            other.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert other.recv(1) == b""
        metrics = instance.admin("/metrics")[1].decode()
        assert 'strangler_connections_turned_away_total{reason="proxy_header"} 1.0' in metrics
    assert '"client":"203.0.113.7"' in instance.log
    assert '"client":"2001:db8::7"' in instance.log


@pytest.mark.parametrize("listen", ["[::1]:{}", "[::]:{}", ":{}"])
def test_clients_come_by_ipv6_and_ipv4(tmp_path: Path, httpbin: int, listen: str) -> None:
    port = free_port()
    with serving(tmp_path, httpbin, "", "--listen", listen.format(port)):
        assert ask(("::1", port))[2]["X-Forwarded-For"] == "::1"
        if listen.startswith(":"):
            assert ask(("127.0.0.1", port))[2]["X-Forwarded-For"] == "127.0.0.1"


async def test_two_thousand_who_only_knock_keep_nobody_out(tmp_path: Path, httpbin: int) -> None:
    """Beyond 1,024 the one that waits longest makes room, so memory is bounded and an ordinary client is served at once."""
    with serving(tmp_path, httpbin, TLS, "--workers", "1") as instance:
        (pid,) = instance.pids("proxy")
        before = resident(pid)
        silent = [socket.create_connection(("127.0.0.1", instance.port), PATIENCE) for _ in range(2000)]
        try:
            async with Load(instance.port, [b"/status/200"], b"", users=2, context=client_context(), turns=1) as load:
                await load.more(20)
            assert load.failures == []
            assert resident(pid) - before < 100 * 1024
            metrics = (await asyncio.to_thread(instance.admin, "/metrics"))[1].decode()
            crowded = re.search(r'strangler_connections_turned_away_total\{reason="crowded"\} (\d+)', metrics)
            assert crowded is not None, metrics
            assert int(crowded[1]) >= 2000 - 1024
        finally:
            for one in silent:
                one.close()


def resident(pid: int) -> int:
    """KiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


async def test_a_worker_that_is_told_to_end_fails_no_request_by_tls(tmp_path: Path, httpbin: int) -> None:
    with serving(tmp_path, httpbin, TLS, "--workers", "2") as instance:
        async with Load(instance.port, [b"/status/200"], b"", users=4, context=client_context(), turns=3) as load:
            await load.more(20)
            for pid in await asyncio.to_thread(instance.pids, "proxy"):
                os.kill(pid, signal.SIGTERM)
                await load.more(30)
        assert load.failures == []
