"""A whole instance in front of backends with several endpoints and with TLS."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest

from tests.integration.load import Load
from tests.integration.test_faults import ANSWER, BODY, instance, until
from tests.proxy.authority import TESTS, authority, issued, server_context, write_ca
from tests.proxy.wire import Origin, OriginConnection, always

pytestmark = pytest.mark.heavy


@pytest.mark.promise("U14")
async def test_an_endpoint_that_falls_ill_costs_no_request_and_everybody_is_told(tmp_path: Path) -> None:
    ill = asyncio.Event()

    async def falls_ill(connection: OriginConnection) -> None:
        while True:
            head = await connection.read_head()
            sick = ill.is_set() and head.startswith(b"GET /healthz ")
            await connection.send(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" if sick else ANSWER)

    async with Origin(falls_ill) as first, Origin(always(ANSWER)) as second:
        urls = [f"http://127.0.0.1:{one.port}" for one in (first, second)]
        table = (
            f"version: 1\nbackends:\n  legacy:\n    urls: {json.dumps(urls)}\n"
            "    health: { path: /healthz, interval: 100ms, fall: 2, rise: 2 }\n"
        )
        async with instance(tmp_path, table, "--workers", "2") as running, Load(running.port, [b"/"], BODY) as load:
            await load.more(50)
            assert running.status()["backends"][0]["endpoints"] == [{"url": url, "up": 2, "down": 0} for url in urls]
            ill.set()
            gone = {"url": urls[0], "up": 0, "down": 2}
            await until(lambda: running.status()["backends"][0]["endpoints"][0] == gone, "nobody found it ill")
            status = await asyncio.to_thread(running.status)
            assert any(urls[0] in reason for reason in status["reasons"])
            assert status["ready"]
            assert b"strangler_endpoint_down{" in (await asyncio.to_thread(running.admin, "/metrics"))[1]
            await load.more(50)
            ill.clear()
            back = {"url": urls[0], "up": 2, "down": 0}
            await until(lambda: running.status()["backends"][0]["endpoints"][0] == back, "nobody found it well again")
            await load.more(50)


@pytest.mark.promise("B118")
async def test_a_table_with_a_missing_authority_never_replaces_a_good_one(tmp_path: Path) -> None:
    ca = tmp_path / "new.pem"
    async with Origin(always(ANSWER), tls=server_context(issued("127.0.0.1"))) as backend:
        good = (
            f"version: 1\nbackends: {{ legacy: {{ url: 'https://127.0.0.1:{backend.port}', tls: {{ ca: '%s' }} }} }}\n"
        )
        async with instance(tmp_path, good % write_ca(tmp_path)) as running, Load(running.port, [b"/"], BODY) as load:
            (tmp_path / "routes.yaml").write_text(good % ca)
            await until(lambda: running.status()["table"]["error"], "the table was not found bad")
            status = await asyncio.to_thread(running.status)
            assert f"ca {ca}: No such file or directory" in status["table"]["error"]
            assert status["table_version"] == 1
            await load.more(20)
            authority(TESTS).cert_pem.write_to_path(str(ca))
            running.process.send_signal(signal.SIGHUP)
            await until(lambda: running.status()["table_version"] == 2, "the table was not taken")
            await load.more(20)
