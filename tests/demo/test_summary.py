"""The two sentences at the end of the demo follow from the report."""

from __future__ import annotations

from typing import Any

from demo.summary import summary


def route(
    name: str, verdict: str, *, places: tuple[str, ...] = (), noise: int = 0, p50: tuple[float, float] = (10, 10)
) -> dict[str, Any]:
    return {
        "route": name,
        "outcomes": {"match": 5, "mismatch": len(places), "noise": noise},
        "readiness": {"verdict": verdict, "reasons": ["because"]},
        "signatures": [{"path": place, "kind": "values_changed", "count": 3} for place in places],
        "latency_ms": {"control": {"p50": p50[0], "p99": None}, "candidate": {"p50": p50[1], "p99": None}},
    }


def said(*routes: dict[str, Any]) -> str:
    return summary({"routes": list(routes)}, sent=1234, failed=0)


def test_a_blocked_route_is_named_with_its_places() -> None:
    assert "orders at $.a (values_changed, 3x) and $.b (values_changed, 3x)." in said(
        route("orders", "blocked", places=("$.a", "$.b"))
    )


def test_a_slow_route_is_named_with_both_medians() -> None:
    assert "orders takes 120 ms where the monolith takes 10 ms." in said(route("orders", "blocked", p50=(10, 120)))


def test_another_cause_is_told_in_the_words_of_the_verdict() -> None:
    assert "orders (because)." in said(route("orders", "blocked"))


def test_ready_routes_and_noise_are_in_the_second_sentence() -> None:
    second = said(route("a", "ready"), route("b", "ready"), route("u", "inconclusive", noise=9)).splitlines()[1]
    assert second.startswith(
        "a and b answered as the monolith does often enough to move on, and u is not held against it"
    )


def test_nothing_wrong_and_nothing_ready_is_said_too() -> None:
    first, second = said(route("a", "not-yet")).splitlines()
    assert (
        first == "While 1,234 requests were answered and 0 failed, no route of the new service turned out to be wrong."
    )
    assert second == "No route answered as the monolith does often enough to move on."
