"""A store with evidence in it, as the shadow worker would have left it, and the table that belongs to it."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

from proxy.model.plan import Plan, plans_of
from proxy.model.table import Table
from proxy.table.load import load_table
from shadow.model import Difference, Kind, Outcome
from shadow.signature import signature_id
from shadow.store import open_store
from shadow.store.batch import HOUR, Batch
from shadow.store.records import Recorded, SignatureSeen, StoredAnswer, StoredBody, StoredPair, StoredRequest

TABLE = """\
version: 1
backends:
  legacy: { url: http://127.0.0.1:8000 }
  orders: { url: http://127.0.0.1:9000 }
defaults:
  identity: [{ cookie: session }]
groups:
  ordering: { split: { orders: 20, legacy: 80 } }
routes:
  - name: order-read
    match: { path: "/orders/{id}", methods: [GET, HEAD] }
    group: ordering
    shadow: { sample: 100% }
    compare: { ignore: [{ path: "$.served_at", reason: "a time stamp" }] }
    ready: { target: 99%, hours: 0 }
  - name: search
    match: { path: /search }
    split: { orders: 0, legacy: 100 }
    shadow: { sample: 100% }
    ready: { target: 99%, hours: 0 }
  - name: forms
    match: { path: "/forms/**" }
    backend: legacy
"""

PAIR = "1f3a5c0000000001"
"""The kept pair, of order-read."""

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"
"""What a backend may answer."""


def table() -> Table:
    return load_table(TABLE, version=3)


def fill_store(path: Path, *, now: float | None = None) -> str:
    """452 clean pairs of search, 400 of order-read of which 100 differ; its URL."""
    now = time.time() if now is None else now
    plans = plans_of(table())
    batch = Batch(plans=plans, plans_at=now)
    _count(batch, plans["forms"], now, {"seen": 12, "skipped:no_shadow": 12})
    _count(batch, plans["search"], now, {"seen": 460, "copied": 452, "skipped:not_sampled": 8})
    _count(batch, plans["order-read"], now, {"seen": 400, "copied": 400})
    batch.pairs += [_match(plans["search"], now) for _ in range(452)]
    batch.pairs += [_match(plans["order-read"], now) for _ in range(300)]
    batch.pairs += [_mismatch(plans["order-read"], now) for _ in range(99)]
    batch.pairs.append(_mismatch(plans["order-read"], now, kept=kept_pair(plans["order-read"].rules, now)))
    writer = open_store(f"sqlite:///{path}").writer()
    try:
        writer.write(batch)
    finally:
        writer.close()
    return f"sqlite:///{path}"


def kept_pair(rules: str = "rules", now: float = 1_795_000_000.0, **changes: Any) -> StoredPair:
    request = StoredRequest(
        "POST", "/orders/7?x=it's", (("Host", "shop"), ("Cookie", "session=redacted-0f31b473c7")), StoredBody("{}", 2)
    )
    fields: dict[str, Any] = {
        "id": PAIR,
        "request_id": "request-1",
        "route": "order-read",
        "rules": rules,
        "table_version": 3,
        "at": now,
        "outcome": Outcome.MISMATCH,
        "method": "POST",
        "target": "/orders/7?x=it's",
        "primary": "legacy",
        "shadow": "orders",
        "request": request,
        "control": _answer('{"id": 7, "total": 12.50, "items": [1, 2, 3, 4, 5, 6, 7, 8, 9]}'),
        "candidate": _answer('{"id": 7, "total": "12.50", "items": [1, 2, 3, 4, 5, 6, 7, 8, 9]}'),
        "differences": (Difference("$.total", Kind.TYPE_CHANGES, "12.50", HOSTILE),),
        "waived": ((Difference("$.served_at", Kind.VALUES_CHANGED, "1", "2"), "$.served_at"),),
    }
    return StoredPair(**(fields | changes))


def _answer(body: str) -> StoredAnswer:
    headers = (("Content-Type", "application/json"), ("X-Note", HOSTILE))
    return StoredAnswer(200, headers, StoredBody(body, len(body)), 0.0101, 0.0202)


def _count(batch: Batch, plan: Plan, now: float, numbers: dict[str, int]) -> None:
    hour = int(now // HOUR)
    batch.counts.update(Counter({(plan.route, plan.rules, hour, name): n for name, n in numbers.items()}))


def _match(plan: Plan, now: float) -> Recorded:
    return Recorded(plan.route, plan.rules, now, Outcome.MATCH, 10.0, 11.0)


def _mismatch(plan: Plan, now: float, kept: StoredPair | None = None) -> Recorded:
    place = ("$.total", Kind.TYPE_CHANGES)
    seen = SignatureSeen(signature_id(plan.route, *place), *place, "12.50", HOSTILE)
    return Recorded(plan.route, plan.rules, now, Outcome.MISMATCH, 10.0, 11.0, (seen,), kept, 100 if kept else 0)
