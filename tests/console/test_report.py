from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.report import is_blocked, report_document, select, signatures_document, wrong
from shadow.model import Coverage, Epoch, Mark, Outcome, Ratio, RouteSummary, Shape
from shadow.store import open_store
from tests.console.scene import fill_store

NOW = 1_795_000_000.0


@pytest.fixture(scope="module")
def summaries(tmp_path_factory: pytest.TempPathFactory) -> list[RouteSummary]:
    path: Path = tmp_path_factory.mktemp("store") / "strangler.db"
    return open_store(fill_store(path, now=NOW)).summaries()


def test_the_document_has_the_keys_of_the_contract_first_and_then_those_that_are_documented(
    summaries: list[RouteSummary],
) -> None:
    report = report_document(summaries, now=NOW)
    assert list(report) == ["table_version", "generated_at", "routes"]
    route = next(route for route in report["routes"] if route["route"] == "order-read")
    assert list(route) == [
        *("route", "stage", "control", "candidate", "seen", "copied", "compared", "outcomes", "skipped"),
        *("readiness", "signatures", "latency_ms"),
        *("repeats", "first_pair", "last_pair", "epoch", "coverage", "status_classes", "latency_ratio"),
        *("rules", "noise"),
    ]
    assert list(route["outcomes"]) == [
        *("match", "mismatch", "noise", "stale", "waived", "control_error", "candidate_error", "candidate_timeout")
    ]
    assert list(route["readiness"]) == [
        *("verdict", "target", "clean_needed", "reasons"),
        *("pairs", "wrong", "evidence", "bar", "hours_needed"),
    ]
    assert list(route["signatures"][0]) == [
        *("id", "path", "kind", "count", "first_seen", "last_seen", "example_pair"),
        *("control_example", "candidate_example"),
        "triage",
    ]
    assert route["latency_ms"].keys() == {"control", "candidate"}
    assert route["latency_ms"]["control"].keys() == {"p50", "p99"}


def test_the_numbers_are_those_of_the_store(summaries: list[RouteSummary]) -> None:
    report = report_document(summaries, now=NOW)
    routes = {route["route"]: route for route in report["routes"]}
    assert report["table_version"] == 3
    assert report["generated_at"] == "2026-11-18T11:06:40.000Z"
    assert (routes["order-read"]["seen"], routes["order-read"]["compared"]) == (400, 400)
    assert routes["order-read"]["outcomes"] | {"match": 300, "mismatch": 100} == routes["order-read"]["outcomes"]
    assert routes["search"]["skipped"] == {"not_sampled": 8}
    assert {name: route["readiness"]["verdict"] for name, route in routes.items()} == {
        "order-read": "blocked",
        "search": "ready",
        "forms": "inconclusive",
    }
    assert wrong(routes["order-read"]) == (100, 400)


def test_the_worst_route_comes_first_and_the_order_of_the_store_does_not_matter(summaries: list[RouteSummary]) -> None:
    for order in (summaries, summaries[::-1]):
        names = [route["route"] for route in report_document(order, now=NOW)["routes"]]
        assert names == ["order-read", "forms", "search"]


def test_a_report_is_json_and_blocked_if_one_route_is(summaries: list[RouteSummary]) -> None:
    report = report_document(summaries, now=NOW)
    assert json.loads(json.dumps(report)) == report
    assert is_blocked(report)
    assert not is_blocked(report_document(summaries, now=NOW, route="search"))


def test_outcomes_that_say_nothing_about_the_candidate_are_not_in_the_denominator() -> None:
    summary = RouteSummary(
        "uuid", "shadow", "legacy", "new", 0.99, 0, 1, outcomes={Outcome.NOISE: 7, Outcome.STALE: 2, Outcome.MATCH: 1}
    )
    route = report_document([summary], now=NOW)["routes"][0]
    assert route["compared"] == 10
    assert wrong(route) == (0, 1)


def test_a_report_of_one_route_needs_the_same_evidence_as_in_the_report_of_all(summaries: list[RouteSummary]) -> None:
    whole = {route["route"]: route for route in report_document(summaries, now=NOW)["routes"]}
    for name, route in whole.items():
        assert report_document(summaries, now=NOW, route=name)["routes"] == [route]
    assert whole["search"]["readiness"]["bar"] == {"evidence": 40.0, "routes": 2, "together": 1}


def test_what_a_verdict_rests_on_is_in_the_document_without_infinity() -> None:
    summary = RouteSummary(
        "orders", "shadow", "legacy", "new", 0.99, 0, 1,
        outcomes={Outcome.MATCH: 10**9}, repeats=(7, 0), first_pair=NOW - 60, last_pair=NOW, recent=(90, NOW - 3600),
        ratio=Ratio(1.1, 1.0, 1.2, 90), statuses={("2xx", "2xx"): 90, ("4xx", "4xx"): 91},
        coverage=Coverage(2, 1, 91, (Shape("GET", "", "4xx", signed_in=False),)),
        epoch=Epoch(NOW - 60, "c1", "n2", Mark(NOW - 60, "anna", "deploy"), (("c1", "n1"),)),
    )  # fmt: skip
    route = report_document([summary], now=NOW)["routes"][0]
    assert json.loads(json.dumps(route, allow_nan=False)) == route
    assert (route["readiness"]["pairs"], route["readiness"]["evidence"]) == (10**9 - 7, 1e300)
    assert route["epoch"] == {
        "since": "2026-11-18T11:05:40.000Z",
        "control_version": "c1",
        "candidate_version": "n2",
        "in_turn": [{"control_version": "c1", "candidate_version": "n1"}],
        "mark": {"at": "2026-11-18T11:05:40.000Z", "who": "anna", "reason": "deploy"},
    }
    assert route["coverage"] == {"shapes": 2, "seen_once": 1, "pairs": 91, "examples": ["GET -> 4xx"]}
    assert route["status_classes"][0] == {"control": "4xx", "candidate": "4xx", "pairs": 91}
    assert route["latency_ratio"] == {"p50": 1.1, "low": 1.0, "high": 1.2, "pairs": 90}


def test_signatures_of_all_routes_stand_in_one_list(summaries: list[RouteSummary]) -> None:
    document = signatures_document((one for summary in summaries for one in summary.signatures), now=NOW)
    assert [(one["route"], one["path"], one["count"]) for one in document["signatures"]] == [
        ("order-read", "$.total", 100)
    ]


def test_an_unknown_route_is_an_error(summaries: list[RouteSummary]) -> None:
    with pytest.raises(KeyError):
        select(summaries, "nope")


def test_an_empty_store_makes_an_empty_report() -> None:
    assert report_document([], now=NOW)["routes"] == []
