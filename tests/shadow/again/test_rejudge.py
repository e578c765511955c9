from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proxy.model.table import CompareRules, Waiver
from shadow.again.rejudge import Rejudged, Way, estimated, rejudge
from shadow.model import Difference, Kind, Outcome, RouteSummary, SignatureSummary
from shadow.signature import signature_id
from shadow.store.records import StoredAnswer, StoredBody, StoredPair
from tests.shadow.store.results import pair

ALL_BUT_A = CompareRules(ignore=(Waiver("$.a"),))


def says(body: str, status: int = 200) -> StoredAnswer:
    return StoredAnswer(status, (("Content-Type", "application/json"),), StoredBody(body, len(body)), 0.01, 0.02)


def kept(control: str, candidate: str, outcome: Outcome = Outcome.MISMATCH, **changes: Any) -> StoredPair:
    return pair(control=says(control), candidate=says(candidate), outcome=outcome, **changes)


def ways(*pairs: StoredPair, rules: CompareRules = CompareRules()) -> list[tuple[Outcome, Outcome]]:  # noqa: B008 - immutable
    return [(way.before, way.after) for way in rejudge("orders", pairs, rules, None).ways]


def test_a_new_rule_hides_what_it_speaks_of_and_nothing_else() -> None:
    hidden, other = kept('{"a": 1}', '{"a": 2}'), kept('{"a": 1, "b": 1}', '{"a": 2, "b": 2}')
    again = rejudge("orders", [hidden, other], ALL_BUT_A, None)
    assert [(way.before, way.after) for way in again.ways] == [
        (Outcome.MISMATCH, Outcome.WAIVED),
        (Outcome.MISMATCH, Outcome.MISMATCH),
    ]
    assert again.signatures == Counter({("$.b", "values_changed"): 1})
    assert [way.pair for way in again.changed] == [hidden.id]


def test_a_rule_that_is_taken_away_lets_differences_be_seen_again() -> None:
    assert ways(kept('{"a": 1}', '{"a": 2}', Outcome.WAIVED)) == [(Outcome.WAIVED, Outcome.MISMATCH)]


def test_the_controls_second_answer_still_tells_noise_from_mismatch() -> None:
    noisy = kept('{"a": "x"}', '{"a": "y"}', Outcome.NOISE, again=says('{"a": "z"}'))
    stale = kept('{"a": 1}', '{"a": 2}', Outcome.STALE, again=says('{"a": 2}'))
    assert ways(noisy, stale) == [(Outcome.NOISE, Outcome.NOISE), (Outcome.STALE, Outcome.STALE)]


def test_a_waiver_is_held_against_the_day_of_the_pair() -> None:
    until = CompareRules(ignore=(Waiver("$.a", until=date(2026, 3, 1)),))
    days = [datetime(2026, 3, day, 12, tzinfo=UTC).timestamp() for day in (1, 2)]
    pairs = [kept('{"a": 1}', '{"a": 2}', at=day) for day in days]
    assert [after for _, after in ways(*pairs, rules=until)] == [Outcome.WAIVED, Outcome.MISMATCH]


def test_a_candidate_that_did_not_answer_stays_an_error() -> None:
    assert ways(pair(outcome=Outcome.CANDIDATE_TIMEOUT, candidate=None)) == [(Outcome.CANDIDATE_TIMEOUT,) * 2]


def test_what_was_not_kept_whole_is_counted_and_not_judged() -> None:
    again = rejudge("orders", [pair(), pair(control=None)], CompareRules(), None)
    assert again.ways == []
    assert sum(again.unusable.values()) == 2


def test_a_kept_pair_stands_for_others_of_its_rarest_signature() -> None:
    """1,000 pairs differ at $.a, of which 2 were kept, and 2 at $.b, which both were: hiding $.a leaves 2 mismatches, not 501."""
    often, seldom = (signature_id("orders", place, "values_changed") for place in ("$.a", "$.b"))
    summary = RouteSummary(
        "orders", "shadow", "legacy", "new", 0.99, 0.0, 1,
        outcomes={Outcome.MISMATCH: 1002, Outcome.MATCH: 5},
        signatures=(_summary(often, "$.a", 1000), _summary(seldom, "$.b", 2)),
    )  # fmt: skip
    differing = [
        kept(
            json.dumps({name: 1}),
            json.dumps({name: 2}),
            differences=(Difference(f"$.{name}", Kind.VALUES_CHANGED, "1", "2"),),
        )
        for name in ("a", "a", "b", "b")
    ]
    then = estimated(summary, rejudge("orders", differing, ALL_BUT_A, None))
    assert then.outcomes == {Outcome.WAIVED: 1000, Outcome.MISMATCH: 2, Outcome.MATCH: 5}
    assert [signature.path for signature in then.signatures] == ["$.b"]


def test_without_a_kept_pair_nothing_is_estimated() -> None:
    summary = RouteSummary("orders", "shadow", "legacy", "new", 0.99, 0.0, 1, outcomes={Outcome.MISMATCH: 3})
    assert estimated(summary, Rejudged("orders")) == summary


OUTCOMES = st.sampled_from(list(Outcome))


@given(st.dictionaries(OUTCOMES, st.integers(1, 10_000)), st.lists(st.tuples(OUTCOMES, OUTCOMES), max_size=30))
def test_no_pair_is_lost_or_invented_by_estimating(
    counts: dict[Outcome, int], moved: list[tuple[Outcome, Outcome]]
) -> None:
    again = Rejudged("orders", ways=[Way(str(i), before, after) for i, (before, after) in enumerate(moved)])
    summary = RouteSummary("orders", "shadow", "legacy", "new", 0.99, 0.0, 1, outcomes=counts)
    assert sum(estimated(summary, again).outcomes.values()) == sum(counts.values())


def _summary(id_: str, path: str, count: int) -> SignatureSummary:
    return SignatureSummary(id_, "orders", path, "values_changed", count, 1.0, 2.0, "pair", "1", "2")
