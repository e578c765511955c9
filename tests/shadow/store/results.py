"""Results as the recorder hands them to the store, for tests."""

from __future__ import annotations

import itertools
from typing import Any

from shadow.model import Difference, Kind, Outcome
from shadow.store.batch import Batch
from shadow.store.records import Recorded, SignatureSeen, StoredAnswer, StoredBody, StoredPair, StoredRequest

AT = 1_795_000_000.0
"""A moment (Unix time)."""

_NUMBERS = itertools.count(1)


def pair(**changes: Any) -> StoredPair:
    body = StoredBody('{"a": 1}', 8)
    fields: dict[str, Any] = {
        "id": f"{next(_NUMBERS):016x}",
        "request_id": "request-1",
        "route": "orders",
        "rules": "r1",
        "table_version": 1,
        "at": AT,
        "outcome": Outcome.MISMATCH,
        "method": "GET",
        "target": "/orders/7",
        "primary": "legacy",
        "shadow": "new",
        "request": StoredRequest("GET", "/orders/7", (("Host", "shop"),), StoredBody()),
        "control": StoredAnswer(200, (("Content-Type", "application/json"),), body, 0.01, 0.02),
        "candidate": StoredAnswer(200, (), StoredBody("", 10_000, "cut"), 0.01, 0.02),
        "differences": (Difference("$.a.x", Kind.VALUES_CHANGED, "1", "2", "$.a.*"),),
        "waived": ((Difference("$.b", Kind.TYPE_CHANGES, '"1"', None), "$.b"),),
        "noisy": ("$.c",),
    }
    return StoredPair(**(fields | changes))


def seen(number: int = 1) -> SignatureSeen:
    return SignatureSeen(f"{number:012x}", f"$.field{number}", "values_changed", "1", "2")


def result(outcome: Outcome = Outcome.MATCH, **changes: Any) -> Recorded:
    fields: dict[str, Any] = {"route": "orders", "rules": "r1", "at": AT, "outcome": outcome}
    return Recorded(**(fields | changes))


def batch(*pairs: Recorded, **fields: Any) -> Batch:
    return Batch(pairs=list(pairs), **fields)
