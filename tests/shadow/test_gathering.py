"""What the worker tells the store of a pair, beside its outcome: builds, shape, status classes, whether it only repeats."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from shadow.model import Coverage, Outcome, Shape
from shadow.redact import Redactor
from shadow.store.affected import Unsearchable
from shadow.store.selection import Selection
from tests.shadow.conftest import Shadow
from tests.shadow.tap import exchange_of, plan_for

JSON = ("Content-Type", "application/json")


async def test_a_user_who_asks_the_same_again_counts_once_and_the_builds_are_told(
    shadow: Shadow, aiohttp_server: Any
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        status = 500 if request.path == "/orders/13" else 200
        return web.Response(text='{"a": 1}', status=status, content_type="application/json", headers={"X-Build": "n2"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    new = str((await aiohttp_server(app)).make_url("")).rstrip("/")
    plan = plan_for("http://127.0.0.1:1", new, version_headers={"legacy": "x-version", "new": "X-Build"})
    at = time.time() // 60 * 60
    common = {"started_at": at, "answer_headers": (JSON, ("X-Version", "old-7"))}
    exchanges = [
        *(exchange_of(identity="anna", target="/orders/7?b=1&a=2", **common) for _ in range(20)),
        exchange_of(identity="anna", target="/orders/8?b=1&a=2", **common),
        *(exchange_of(target="/orders/7?b=1&a=2", **common) for _ in range(3)),
        exchange_of(identity="anna", target="/orders/13", **common),
    ]
    shadow.tap.plans(plan)
    for exchange in exchanges:
        shadow.tap.exchange(exchange)
    await shadow.tap.receipts()
    summary = shadow.store.summaries()[0]
    assert summary.outcomes == {Outcome.MATCH: 24, Outcome.CANDIDATE_ERROR: 1}
    assert summary.repeats == (19, 0)
    assert (summary.epoch.control_version, summary.epoch.candidate_version) == ("old-7", "n2")
    assert summary.statuses == {("2xx", "2xx"): 24, ("2xx", "5xx"): 1}
    once = Shape("GET", "", "2xx", signed_in=True)
    assert summary.coverage == Coverage(3, 1, 6, (once,))
    assert b"anna" not in shadow.store.path.read_bytes()


async def test_each_kept_pair_tells_whose_it_is_by_a_keyed_hash(shadow: Shadow) -> None:
    shadow.tap.plans(plan_for("http://127.0.0.1:1", "http://127.0.0.1:1"))
    for whose in ("anna", "bert", ""):
        shadow.tap.exchange(exchange_of(identity=whose))
    await shadow.tap.receipts()
    redactor = Redactor(b"the key")
    for whose, count in (("anna", 1), ("bert", 1), ("carl", 0)):
        selection = Selection((redactor.identity(whose),))
        affected = shadow.store.affected(selection, redactor.key_mark)
        assert (len(affected.pairs), affected.unsearchable) == (count, Unsearchable(nobodys=1))
