"""Answers for tests: short to write, real values."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from proxy.model.table import CompareRules, Unordered, Waiver
from shadow.compare import DEFAULT_LIMITS, Limits, compare
from shadow.model import Answer, Comparison

TODAY = date(2026, 6, 1)


def answer(
    body: bytes = b"",
    status: int = 200,
    content_type: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    named = headers or {}
    if content_type is not None:
        named = {"Content-Type": content_type, **named}
    return Answer(status, [(name.encode(), value.encode("latin-1")) for name, value in named.items()], body)


def json_answer(document: Any, status: int = 200, **headers: str) -> Answer:
    return json_text(json.dumps(document), status, **headers)


def json_text(text: str | bytes, status: int = 200, **headers: str) -> Answer:
    body = text if isinstance(text, bytes) else text.encode()
    return answer(body, status, "application/json", {name.replace("_", "-"): value for name, value in headers.items()})


def rules(
    *ignore: str | Waiver,
    unordered: dict[str, str | None] | None = None,
    tolerance: dict[str, float] | None = None,
    **more: Any,
) -> CompareRules:
    return CompareRules(
        ignore=tuple(Waiver(waiver) if isinstance(waiver, str) else waiver for waiver in ignore),
        unordered=tuple(Unordered(path, key) for path, key in (unordered or {}).items()),
        tolerance=tuple((tolerance or {}).items()),
        **more,
    )


NO_RULES = rules()


def compared(
    control: Answer, candidate: Answer, by: CompareRules = NO_RULES, limits: Limits = DEFAULT_LIMITS
) -> Comparison:
    return compare(control, candidate, by, today=TODAY, limits=limits)


def found(comparison: Comparison) -> list[tuple[str, str]]:
    """Path and kind of every difference that counts."""
    return sorted((difference.path, difference.kind.value) for difference in comparison.differences)


def json_found(control: Any, candidate: Any, by: CompareRules = NO_RULES) -> list[tuple[str, str]]:
    """Of two documents, or of two JSON texts if they are bytes."""
    left, right = (json_text(side) if isinstance(side, bytes) else json_answer(side) for side in (control, candidate))
    comparison = compared(left, right, by)
    assert comparison.limit is None
    assert comparison.undecodable is None
    return found(comparison)
