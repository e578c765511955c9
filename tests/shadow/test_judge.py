"""The verdict on a route: each gate, and which of them has the last word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.decision import NOT_LOST, Skip
from shadow.figures import percent, share_of
from shadow.judge import PRECEDENCE, judge
from shadow.model import ALONE, Latency, Outcome, Readiness, RouteSummary, Verdict

DAY = 86_400.0
NOW = 1_800_000_000.0

CLEAN = RouteSummary(
    route="orders",
    stage="shadow",
    control="legacy",
    candidate="orders",
    target=0.999,
    hours=24.0,
    table_version=3,
    seen=10_000,
    copied=3_395,
    outcomes={Outcome.MATCH: 3_395},
    first_pair=NOW - DAY - 60,
    last_pair=NOW - 60,
)


def judged(**changes: Any) -> Readiness:
    return judge(replace(CLEAN, **changes), now=NOW)


def test_enough_clean_pairs_over_enough_hours_are_ready() -> None:
    readiness = judged()
    assert (readiness.verdict, readiness.target, readiness.clean_needed) == (Verdict.READY, 0.999, 0)
    assert readiness.reasons == (
        "0 wrong in 3,395 compared pairs: a mismatch rate of 0.1 % or more is ruled out (error rate 5 %)",
    )
    assert (readiness.pairs, readiness.wrong, readiness.bar) == (3_395, 0, ALONE)
    assert 20 <= readiness.evidence < 20.1


def test_one_pair_less_is_not_yet() -> None:
    readiness = judged(outcomes={Outcome.MATCH: 3_394})
    assert (readiness.verdict, readiness.clean_needed) == (Verdict.NOT_YET, 1)
    assert readiness.reasons == ("0 wrong in 3,394 compared pairs: 1 more clean pair needed for 99.9 %",)


def test_waived_pairs_count_as_equal_and_noise_and_races_as_nothing() -> None:
    outcomes = {
        Outcome.MATCH: 3_000,
        Outcome.WAIVED: 395,
        Outcome.NOISE: 200,
        Outcome.STALE: 50,
        Outcome.CONTROL_ERROR: 50,
    }
    assert judged(outcomes=outcomes).verdict is Verdict.READY


@pytest.mark.parametrize("outcome", [Outcome.MISMATCH, Outcome.CANDIDATE_ERROR, Outcome.CANDIDATE_TIMEOUT])
def test_wrong_answers_of_every_kind_block(outcome: Outcome) -> None:
    readiness = judged(outcomes={Outcome.MATCH: 970, outcome: 30})
    assert readiness.verdict is Verdict.BLOCKED
    assert readiness.reasons[0] == (
        f"30 of 1,000 (3 %) compared pairs were wrong, more than 0.1 % allows: {outcome.replace('_', ' ')} 30"
    )
    assert readiness.clean_needed > 3_395


def test_one_stray_mismatch_in_many_pairs_does_not_block() -> None:
    assert judged(outcomes={Outcome.MATCH: 9_999, Outcome.MISMATCH: 1}).verdict is Verdict.READY
    assert judged(outcomes={Outcome.MATCH: 999, Outcome.MISMATCH: 1}).verdict is Verdict.NOT_YET


def test_a_fixed_route_recovers_with_enough_clean_pairs() -> None:
    readiness = judged(outcomes={Outcome.MATCH: 100, Outcome.MISMATCH: 3})
    assert readiness.verdict is Verdict.BLOCKED
    assert judged(outcomes={Outcome.MATCH: 100 + readiness.clean_needed, Outcome.MISMATCH: 3}).verdict is Verdict.READY


def test_a_planted_fault_in_a_twentieth_of_few_answers_blocks_at_99_percent() -> None:
    outcomes = {Outcome.MATCH: 285, Outcome.MISMATCH: 15}
    assert judged(target=0.99, outcomes=outcomes).verdict is Verdict.BLOCKED


def test_too_few_hours_are_not_yet() -> None:
    readiness = judged(first_pair=NOW - 3 * 3600 - 60)
    assert (readiness.verdict, readiness.clean_needed) == (Verdict.NOT_YET, 0)
    assert readiness.reasons[0] == "the pairs cover 3.0 of 24 hours"
    assert judged(first_pair=NOW - 61, hours=0).verdict is Verdict.READY


def test_evidence_of_long_ago_is_not_yet() -> None:
    readiness = judged(first_pair=NOW - 30 * DAY, last_pair=NOW - 10 * DAY)
    assert (readiness.verdict, readiness.reasons[0]) == (Verdict.NOT_YET, "the last pair is 10 days old, more than 7")


def test_more_than_one_percent_lost_is_inconclusive() -> None:
    readiness = judged(skipped={Skip.TAP_FULL: 30, Skip.ANSWER_TOO_LARGE: 12, Skip.NOT_SAMPLED: 90_000})
    assert readiness.verdict is Verdict.INCONCLUSIVE
    assert readiness.reasons[0] == (
        "42 of 3,437 (1.22 %) eligible requests were lost: tap_full 30, answer_too_large 12"
    )
    assert judged(skipped={Skip.TAP_FULL: 30}).verdict is Verdict.READY


@pytest.mark.parametrize("skip", sorted(Skip))
def test_what_the_table_or_the_client_left_out_is_not_lost(skip: Skip) -> None:
    verdict = judged(skipped={str(skip): 1_000}).verdict
    assert verdict is (Verdict.READY if skip in NOT_LOST else Verdict.INCONCLUSIVE)


def test_a_route_that_is_all_noise_is_inconclusive_and_told_what_to_do() -> None:
    readiness = judged(outcomes={Outcome.NOISE: 299, Outcome.STALE: 1})
    assert readiness.verdict is Verdict.INCONCLUSIVE
    assert readiness.reasons[0] == (
        "300 of 300 (100 %) pairs say nothing about the candidate, 299 of them noise: "
        "the control does not agree with itself there; ignore those places to judge the rest"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"candidate": None, "stage": "legacy"},
        {"stage": "legacy"},
        {"stage": "retired"},
        {"stage": "canary", "skipped": {Skip.NO_SHADOW: 500}},
    ],
)
def test_a_route_without_shadow_is_inconclusive(changes: dict[str, Any]) -> None:
    readiness = judged(**({"outcomes": {}, "copied": 0, "first_pair": None, "last_pair": None} | changes))
    assert readiness.verdict is Verdict.INCONCLUSIVE
    assert len(readiness.reasons) == 1
    assert readiness.reasons[0].startswith("no shadow: ")


def test_a_shadowed_route_without_traffic_is_not_yet() -> None:
    readiness = judged(seen=0, copied=0, outcomes={}, first_pair=None, last_pair=None)
    assert (readiness.verdict, readiness.clean_needed) == (Verdict.NOT_YET, 3_395)


def test_a_target_that_cannot_be_proven_is_inconclusive() -> None:
    readiness = judged(target=1.0)
    assert (readiness.verdict, readiness.clean_needed) == (Verdict.INCONCLUSIVE, 0)
    assert "never be proven" in readiness.reasons[0]


def test_the_gravest_verdict_wins_and_every_reason_is_told() -> None:
    readiness = judged(
        outcomes={Outcome.MATCH: 900, Outcome.MISMATCH: 100}, skipped={Skip.TAP_DOWN: 500}, first_pair=NOW - 3600
    )
    assert readiness.verdict is Verdict.BLOCKED
    assert [reason.split(": ")[0] for reason in readiness.reasons] == [
        "100 of 1,000 (10 %) compared pairs were wrong, more than 0.1 % allows",
        "500 of 1,500 (33.3 %) eligible requests were lost",
        "100 wrong in 1,000 compared pairs",
        "the pairs cover 1.0 of 24 hours",
    ]


COUNTS = st.dictionaries(st.sampled_from(list(Outcome)), st.integers(0, 1_000_000))
SKIPS = st.dictionaries(st.sampled_from([str(skip) for skip in Skip] + ["a_reason_to_come"]), st.integers(0, 1_000_000))
TIMES = st.none() | st.floats(0, 2 * NOW)
LATENCIES = st.builds(Latency, st.none() | st.floats(0, 1e6), st.none() | st.floats(0, 1e6))


@given(COUNTS, SKIPS, TIMES, TIMES, LATENCIES, LATENCIES, st.floats(0, 1), st.floats(0, 1e4))
def test_every_summary_gets_a_verdict_with_reasons(
    outcomes: dict[Outcome, int],
    skipped: dict[str, int],
    first: float | None,
    last: float | None,
    control: Latency,
    candidate: Latency,
    target: float,
    hours: float,
) -> None:  # fmt: skip
    readiness = judged(
        outcomes=outcomes, skipped=skipped, first_pair=first, last_pair=last, control_latency=control,
        candidate_latency=candidate, target=target, hours=hours,
    )  # fmt: skip
    assert readiness.verdict in PRECEDENCE
    assert all(readiness.reasons)
    if readiness.verdict is Verdict.READY:
        assert readiness.clean_needed == 0


def test_percentages_have_the_digits_they_need_and_their_denominator() -> None:
    assert [percent(share) for share in (0.999, 0.001, 0.0001, 1 / 3, 1.0, 0.0, 0.9999)] == [
        "99.9 %", "0.1 %", "0.01 %", "33.3 %", "100 %", "0 %", "99.99 %",
    ]  # fmt: skip
    assert share_of(3, 1200) == "3 of 1,200 (0.25 %)"
    assert share_of(0, 0) == "0 of 0"
