from __future__ import annotations

from datetime import date

from proxy.model.normalise import Normalise
from proxy.model.table import CompareRules, Unordered, Waiver
from shadow.rules.hidden import RuleUse, rules_of, unused

RULES = CompareRules(
    ignore=(Waiver("$.a", "why", date(2027, 1, 1), "ann"), Waiver("$.b")),
    normalise=(Normalise("$.t", "uuid"),),
    unordered=(Unordered("$.l"),),
    tolerance=(("$.n", 0.005),),
)


def use(rule: str, earlier: int = 0) -> RuleUse:
    return RuleUse(rule, "values_changed", 3, 4, earlier, 1.0, 2.0)


def test_every_rule_is_named_with_its_words() -> None:
    assert [(rule.label, rule.sort, rule.until) for rule in rules_of(RULES)] == [
        ("$.a", "ignore", "2027-01-01"),
        ("$.b", "ignore", None),
        ("$.t as uuid", "normalise as uuid", None),
        ("$.l unordered", "unordered", None),
        ("$.n within 0.005", "tolerance 0.005", None),
    ]


def test_rules_that_hid_nothing_are_found() -> None:
    assert [rule.label for rule in unused(RULES, [use("$.a")])] == [
        "$.b",
        "$.t as uuid",
        "$.l unordered",
        "$.n within 0.005",
    ]


def test_a_kind_that_a_rule_hides_after_many_others_is_news() -> None:
    assert not use("$.a").is_news
    assert use("$.a", earlier=20).is_news
