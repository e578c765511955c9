"""What routes.yaml may say of what is kept: how long, how much, and what is hidden of it."""

from __future__ import annotations

import pytest

from proxy.model.keep import Contents, Keep
from proxy.model.plan import decode_plans, encode_plans, plans_of
from proxy.model.redact import NO_RULES, RedactRules
from tests.proxy.table.texts import BACKENDS, load, mistake, with_routes

ROUTE = "{{ name: a, match: {{ path: /a }}, split: {{ legacy: 1, orders: 0 }}, shadow: {{ sample: 10% }}{} }}"


def test_what_is_not_said_is_as_it_was() -> None:
    table = load(with_routes(ROUTE.format("")))
    assert table.keep == Keep(7 * 86400.0, 90 * 86400.0, 2**30)
    assert table.routes[0].redact is NO_RULES


def test_times_and_size_are_those_of_the_store() -> None:
    table = load(BACKENDS + "keep: { contents: 12h, evidence: 400d, size: 64MiB }\n")
    assert table.keep == Keep(12 * 3600.0, 400 * 86400.0, 64 * 2**20)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("contents: 8d, evidence: 7d", "contents are kept longer than the evidence"),
        ("size: 1MiB", "the size of the store is out of range"),
        ("size: 4GiB", "the size of the store is out of range"),
        ("contents: 0s", "0s is out of range"),
        ("evidence: 4000d", "4000d is out of range"),
        ("content: 7d", "content"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(keys: str, message: str) -> None:
    assert message in mistake(BACKENDS + f"keep: {{ {keys} }}\n").message


def test_a_route_hides_what_it_says_and_what_all_hide() -> None:
    own = ', redact: { names: ["*email*"], paths: [$.card], patterns: ["CUST-[0-9]{8}"] }'
    defaults = "defaults: { redact: { names: [born], paths: [$..phone] } }\n"
    (route,) = load(with_routes(ROUTE.format(own)) + defaults).routes
    assert route.redact == RedactRules(("*email*", "born"), ("$.card", "$..phone"), ("CUST-[0-9]{8}",))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('names: ["*"]', "names nothing in particular"),
        ('names: [" "]', "names nothing in particular"),
        ("paths: [card]", "a path begins with $"),
        ('patterns: ["(a+)+"]', "a repeat within a repeat"),
        ('patterns: ["("]', "("),
        ("name: [a]", "name"),
    ],
)
def test_a_rule_that_hides_nothing_or_everything_or_takes_for_ever_is_a_mistake(keys: str, message: str) -> None:
    found = mistake(with_routes(ROUTE.format(f", redact: {{ {keys} }}")))
    assert message in str(found)


def test_the_shadow_worker_is_told_and_evidence_goes_on() -> None:
    own = ', redact: { names: [born], paths: [$.card], patterns: ["x{8}"] }'
    table = load(with_routes(ROUTE.format(own)) + "keep: { contents: 1d }\n")
    plans = plans_of(table)
    assert decode_plans(encode_plans(plans)) == plans
    assert plans["a"].redact == table.routes[0].redact
    assert plans["a"].keep == table.keep
    assert plans["a"].rules == plans_of(load(with_routes(ROUTE.format(""))))["a"].rules


@pytest.mark.parametrize(
    ("own", "default", "expected"),
    [
        ("", "", Contents.REDACTED),
        ("", "structure", Contents.STRUCTURE),
        ("redacted", "nothing", Contents.REDACTED),
        ("nothing", "", Contents.NOTHING),
    ],
)
def test_what_is_kept_of_pairs_is_the_routes_word_else_the_defaults(own: str, default: str, expected: Contents) -> None:
    keep = f", keep: {own}" if own else ""
    text = with_routes(
        f"{{ name: a, match: {{ path: /a }}, split: {{ legacy: 1, orders: 0 }}, shadow: {{ sample: 10%{keep} }} }}"
    )
    table = load(text + (f"defaults: {{ shadow: {{ keep: {default} }} }}\n" if default else ""))
    plans = decode_plans(encode_plans(plans_of(table)))
    assert plans["a"].contents is expected


def test_a_word_that_is_nearly_right_is_told() -> None:
    text = with_routes("{ name: a, match: { path: /a }, backend: orders, shadow: { sample: 1%, keep: structur } }")
    assert mistake(text).suggestion == 'did you mean "structure"?'
