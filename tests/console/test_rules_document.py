from __future__ import annotations

from dataclasses import replace

from console.report import report_document
from console.rules_document import rules_documents, triage_document
from console.rules_text import rules_lines, rules_warnings
from shadow.model import RouteSummary, SignatureSummary, Verdict
from shadow.noise.excess import PlaceNoise
from shadow.rules.hidden import Rule, RuleUse
from shadow.triage import State, Triage

NOW = 1_795_651_200.0
"""2026-11-26."""

SUMMARY = RouteSummary(
    "orders", "shadow", "legacy", "new", 0.99, 0.0, 1,
    rules=(Rule("$.a", "ignore", "$.a", "why", "ann", "2026-11-28"), Rule("$.b as uuid", "normalise as uuid", "$.b")),
    uses=(
        RuleUse("$.a", "values_changed", 40, 50, 0, NOW - 100, NOW),
        RuleUse("$.a", "type_changes", 2, 2, 30, NOW - 50, NOW),
        RuleUse("$.gone", "values_changed", 1, 1, 0, NOW, NOW),
    ),
    noise=(PlaceNoise("$.n", "values_changed", 100, 20, 60, 2, 18, 100),),
    asked_twice=120,
    repeated=100,
)  # fmt: skip


def test_every_rule_is_told_with_what_it_hid_also_those_that_hid_nothing() -> None:
    rules = rules_documents(SUMMARY, now=NOW)["rules"]
    assert [(rule["rule"], rule["hid"]) for rule in rules] == [("$.a", 40), ("$.b as uuid", 0), ("$.gone", 1)]
    assert [(kind["kind"], kind["pairs"], kind["is_news"]) for kind in rules[0]["kinds"]] == [
        ("values_changed", 40, False),
        ("type_changes", 2, True),
    ]


def test_what_wants_to_be_looked_at_is_said_in_sentences() -> None:
    route = rules_documents(SUMMARY, now=NOW)
    assert list(rules_warnings(route)) == [
        "the waiver of $.a ends in 2 days, with 2026-11-28: then these differences count again",
        "the rule $.a began to hide type_changes on 2026-11-25, 2 pairs so far: look at it",
    ]
    assert list(rules_lines(route)) == [
        "rules hid differences in pairs: $.a 40, $.gone 1",
        "control asked twice for 120 pairs, 100 by dice; it disagreed with itself at 1 place",
    ]


def test_a_fault_behind_noise_is_told_with_its_excess_and_blocks_the_route() -> None:
    (beyond,) = rules_documents(SUMMARY, now=NOW)["noise"]["beyond"]
    assert (beyond["path"], beyond["pairs"], beyond["candidate"], beyond["control"]) == ("$.n", 100, 0.78, 0.2)
    (route,) = report_document([SUMMARY], now=NOW)["routes"]
    assert route["readiness"]["verdict"] == Verdict.BLOCKED
    assert "more than noise: $.n (values_changed) differs in 78 % of 100 pairs" in route["readiness"]["reasons"][0]


def test_noise_alone_blocks_nothing() -> None:
    noisy = replace(SUMMARY, noise=(PlaceNoise("$.n", "values_changed", 100, 100, 0, 0, 100, 100),))
    (route,) = report_document([noisy], now=NOW)["routes"]
    assert route["noise"]["beyond"] == []
    assert route["readiness"]["verdict"] != Verdict.BLOCKED


def test_a_signature_tells_what_people_decided_and_whether_it_came_back() -> None:
    signature = SignatureSummary("abc", "orders", "$.a", "values_changed", 1, NOW, NOW, "pair", "1", "2")
    assert triage_document(signature) == {"state": "open", "owner": "", "note": "", "by": "", "at": None}
    said = Triage("abc", "orders", State.FIXED, "ann", "JIRA-17", "bob", NOW - 10)
    assert triage_document(replace(signature, triage=said))["state"] == "reopened"
