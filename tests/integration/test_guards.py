"""A new service falls over behind a whole instance, and comes back: what users, operators and reviewers see of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.integration.load import Load
from tests.integration.test_faults import instance, until
from tests.proxy.wire import Origin, OriginConnection, always, ok

pytestmark = pytest.mark.heavy

BODY = b'{"total": 12.5}'
ANSWER = ok(BODY, b"Content-Type: application/json")

TABLE = """
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  orders:
    url: "http://127.0.0.1:{orders}"
    timeouts: {{ first_byte: 500ms }}
    breaker: {{ errors: 50%, volume: 10, window: 5s, open: 1s, probes: 2, recovery: 1s }}
    bulkhead: {{ in_flight: 20, queue: 20, queue_wait: 500ms }}
routes:
  - name: orders
    match: {{ path: "/orders/**" }}
    backend: orders
    shadow: {{ sample: 100% }}
    fallback: legacy
    retries: {{ attempts: 1 }}
    ready: {{ target: 99%, hours: 0 }}
"""


@pytest.mark.promise("U14", "U15")
async def test_users_notice_nothing_operators_are_told_and_the_verdict_is_blocked(tmp_path: Path) -> None:
    well = True

    async def moody(connection: OriginConnection) -> None:
        while well:
            await connection.read_head()
            if well:
                await connection.send(ANSWER)

    async with (
        Origin(always(ANSWER)) as legacy,
        Origin(moody) as orders,
        instance(tmp_path, TABLE.format(legacy=legacy.port, orders=orders.port), "--workers", "1") as running,
    ):

        def breaker() -> dict[str, int]:
            (found,) = [backend for backend in running.status()["backends"] if backend["name"] == "orders"]
            return dict(found["breaker"])

        async with Load(running.port, [b"/orders/1", b"/orders/2"], BODY) as load:
            await load.more(50)
            await until(lambda: breaker() == {"closed": 1}, "the breaker is not closed at first")
            well = False
            for connection in orders.connections:
                connection.reset()
            await until(lambda: "open" in breaker(), "the breaker never opened")
            await load.more(200)
            sent = len(orders.heads)
            await load.more(50)
            assert len(orders.heads) - sent < 25
            await until(lambda: "breaker of orders is open" in str(running.status()["reasons"]), "nobody was told why")
            await until(
                lambda: running.report()["orders"]["outcomes"]["candidate_error"] > 50, "fallbacks are no evidence"
            )
            report = (await asyncio.to_thread(running.report))["orders"]
            assert report["readiness"]["verdict"] == "blocked"
            well = True
            await until(lambda: breaker() == {"closed": 1}, "the breaker never closed again")
            sent = len(orders.heads)
            await load.more(50)
            assert len(orders.heads) - sent > 30, "all but what was under way"
        assert load.failures == []
        page = (await asyncio.to_thread(running.admin, "/metrics"))[1].decode()
        assert 'strangler_breaker_changes_total{backend="orders",to="closed"} 1.0' in page
        assert "breaker changed" in running.log
