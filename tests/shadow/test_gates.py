"""What single gates say, in their own words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shadow.judge import bars_of, judge
from shadow.model import Bar, Coverage, Epoch, Latency, Outcome, Ratio, Readiness, Shape, SignatureSummary, Verdict
from tests.shadow.test_judge import CLEAN, NOW, judged

CONTROL, CANDIDATE = Latency(20, 50), Latency(60, 90)


@pytest.mark.parametrize(
    ("ratio", "control", "candidate", "blocked"),
    [
        (Ratio(3.0, 2.9, 3.1, 3_395), CONTROL, CANDIDATE, True),
        (Ratio(1.6, 1.49, 1.7, 3_395), CONTROL, CANDIDATE, False),
        (Ratio(3.0, 2.9, 3.1, 19), CONTROL, CANDIDATE, False),
        (Ratio(3.0, 2.9, 3.1, 20), CONTROL, CANDIDATE, True),
        (Ratio(3.0, 2.9, 3.1, 3_395), Latency(20, 50), Latency(39, 500), False),
        (Ratio(20.0, 19.0, 21.0, 3_395), Latency(1, 2), Latency(20, 30), False),
        (Ratio(30.0, 29.0, 31.0, 100), Latency(0, None), Latency(30, None), True),
        (Ratio(3.0, 2.9, 3.1, 3_395), Latency(), CANDIDATE, False),
        (None, CONTROL, CANDIDATE, False),
    ],
)
def test_a_candidate_blocks_when_it_is_slower_pair_by_pair_and_one_could_notice(
    ratio: Ratio | None, control: Latency, candidate: Latency, blocked: bool
) -> None:
    readiness = judged(ratio=ratio, control_latency=control, candidate_latency=candidate)
    assert (readiness.verdict is Verdict.BLOCKED) is blocked


def test_the_reason_for_being_slow_has_the_interval_and_the_medians() -> None:
    ratio = Ratio(3.0, 2.9, 3.1, 3_000)
    assert judged(ratio=ratio, control_latency=CONTROL, candidate_latency=CANDIDATE).reasons[0] == (
        "the candidate is slower in 3,000 pairs: 3.00 times as long in the median pair (95 %: 2.90 to 3.10); "
        "median 60 ms, control 20 ms, 99th percentile 90 ms, control 50 ms"
    )


SHAPE = Shape("GET", "page&size", "2xx", signed_in=True)


def test_shapes_seen_once_keep_a_route_back_when_they_are_over_one_in_a_hundred() -> None:
    assert judged(coverage=Coverage(5, 1, 400, (SHAPE,))).verdict is Verdict.READY
    assert judged(coverage=Coverage(5, 1, 100, (SHAPE,))).verdict is Verdict.READY
    assert judged(coverage=Coverage(9, 9, 300, (SHAPE, SHAPE))).reasons[0] == (
        "9 of 300 (3 %) pairs are the only one of their shape, so about as many requests are of shapes never seen, "
        "where 1 % may be: GET ?page&size -> 2xx, signed in, GET ?page&size -> 2xx, signed in, ..."
    )
    assert judged(coverage=Coverage(5, 2, 199, (SHAPE,))).verdict is Verdict.NOT_YET
    assert judged(coverage=Coverage(9, 9, 9, (SHAPE,)), unseen=1.0).verdict is Verdict.READY


def test_a_deploy_under_way_is_told_and_not_ready() -> None:
    readiness = judged(epoch=Epoch(NOW, "c1", "2", others=(("c1", "1"),)))
    assert (readiness.verdict, readiness.reasons[0]) == (
        Verdict.NOT_YET,
        "2 builds answer in turn, and only pairs of the newest count: 2 beside 1",
    )
    both = judged(epoch=Epoch(NOW, "c2", "", others=(("c1", "1"),)))
    assert "c2 and unnamed beside c1 and 1" in both.reasons[0]


@pytest.mark.parametrize(
    ("statuses", "blocked"),
    [
        ({("2xx", "2xx"): 3_000, ("2xx", "5xx"): 12}, True),
        ({("2xx", "2xx"): 3_000, ("2xx", "5xx"): 3}, False),
        ({("2xx", "2xx"): 3_000, ("2xx", "5xx"): 12, ("5xx", "2xx"): 12}, False),
        ({("2xx", "2xx"): 3_000_000, ("2xx", "5xx"): 100}, False),
        ({("2xx", "2xx"): 3_000, ("2xx", "none"): 100}, False),
        ({("5xx", "5xx"): 3_000}, False),
        ({("2xx", "2xx"): 3_000, ("2xx", "4xx"): 100}, False),
        ({}, False),
    ],
)
def test_a_candidate_that_answers_5xx_more_often_than_the_control_blocks(
    statuses: dict[tuple[str, str], int], blocked: bool
) -> None:
    readiness = judged(statuses=statuses)
    assert (readiness.verdict is Verdict.BLOCKED) is blocked
    if blocked:
        assert (
            readiness.reasons[0] == "the candidate answered 5xx in 12 of 3,012 (0.398 %) pairs, the control in 0 (0 %)"
        )


def test_repeats_do_not_count_and_the_reason_says_so() -> None:
    readiness = judged(outcomes={Outcome.MATCH: 10_000}, repeats=(9_000, 0))
    assert (readiness.verdict, readiness.pairs, readiness.clean_needed) == (Verdict.NOT_YET, 1_000, 2_395)
    assert readiness.reasons[0] == (
        "0 wrong in 1,000 compared pairs (1,000 of 10,000 pairs count; the rest are repeats): "
        "2,395 more clean pairs needed for 99.9 %"
    )


def test_wrong_pairs_that_only_repeat_do_not_block() -> None:
    outcomes = {Outcome.MATCH: 5_000, Outcome.MISMATCH: 200}
    assert judged(outcomes=outcomes).verdict is Verdict.BLOCKED
    assert judged(outcomes=outcomes, repeats=(0, 199)).verdict is Verdict.NOT_YET


def test_more_repeats_than_pairs_cannot_be_but_break_nothing() -> None:
    assert judged(outcomes={Outcome.MISMATCH: 1}, repeats=(5, 5)).pairs == 0


@pytest.mark.parametrize(
    ("recent", "told"),
    [
        ((600, NOW - 6 * 3600), "; at the present rate of 100 an hour, about 24 hours"),
        ((6, NOW - 6 * 3600), "; at the present rate of 1 an hour, about 100 days"),
        ((60_000, NOW - 6 * 3600), "; at the present rate of 10,000 an hour, less than an hour"),
        ((600, NOW - 60), ""),
        ((0, NOW - 3600), ""),
        (None, ""),
    ],
)
def test_not_yet_says_how_long_at_the_present_rate(recent: tuple[int, float] | None, told: str) -> None:
    readiness = judged(outcomes={Outcome.MATCH: 1_000}, recent=recent)
    assert readiness.reasons[0] == (f"0 wrong in 1,000 compared pairs: 2,395 more clean pairs needed for 99.9 %{told}")
    assert (readiness.hours_needed is not None) is bool(told)


def test_blocked_says_by_which_signatures() -> None:
    found = tuple(
        SignatureSummary(f"id{number}", "orders", path, "values_changed", 50 - number, 0, 0, "p", None, None)
        for number, path in enumerate(("$.total", "$" + ".long" * 40, "$.c", "$.d"))
    )
    reason = judged(outcomes={Outcome.MATCH: 900, Outcome.MISMATCH: 100}, signatures=found).reasons[0]
    assert reason.startswith("100 of 1,000 (10 %) compared pairs were wrong, more than 0.1 % allows: mismatch 100; ")
    assert "most of all $.total values_changed 50x (id0), $.long.long" in reason
    assert reason.endswith("… values_changed 49x (id1), $.c values_changed 48x (id2)")
    repeated = judged(outcomes={Outcome.MATCH: 900, Outcome.MISMATCH: 100}, repeats=(0, 50)).reasons[0]
    assert (
        repeated
        == "50 of 950 (5.26 %) compared pairs were wrong, more than 0.1 % allows: mismatch 100, repeats included"
    )


def among(*others: Any, **changes: Any) -> Readiness:
    mine = replace(CLEAN, **changes)
    return judge(mine, now=NOW, bar=bars_of([mine, *others], now=NOW)[mine.route])


def route(number: int, **changes: Any) -> Any:
    return replace(CLEAN, route=f"other-{number}", **changes)


def test_many_clean_routes_need_no_more_than_one() -> None:
    others = [route(number) for number in range(9)]
    readiness = among(*others)
    assert readiness.verdict is Verdict.READY
    assert readiness.reasons[0].endswith("is ruled out (error rate 5 % among 10 routes)")
    assert among(*others, outcomes={Outcome.MATCH: 3_394}).clean_needed == 1


def test_a_route_ahead_of_nine_others_needs_ten_times_the_evidence() -> None:
    others = [route(number, outcomes={}, first_pair=None, last_pair=None) for number in range(9)]
    readiness = among(*others)
    assert (readiness.verdict, readiness.bar) == (Verdict.NOT_YET, Bar(200.0, 10, 1))
    assert readiness.reasons[0] == (
        "0 wrong in 3,395 compared pairs: 2,426 more clean pairs needed for 99.9 % among 10 routes"
    )
    assert among(*others, outcomes={Outcome.MATCH: 3_395 + 2_426}).verdict is Verdict.READY


def test_routes_that_other_gates_keep_back_lower_nobodys_bar() -> None:
    kept_back = [route(number, outcomes={Outcome.MATCH: 50_000}, hours=1_000) for number in range(9)]
    assert among(*kept_back).bar == Bar(200.0, 10, 1)


def test_routes_that_nobody_compares_are_no_looks() -> None:
    others = [
        route(1, candidate=None, stage="legacy", outcomes={}, copied=0),
        route(2, stage="retired", outcomes={}, copied=0),
        route(3, target=1.0),
    ]
    assert among(*others).bar == Bar(20.0, 1, 1)


def test_repeats_say_something_about_the_candidate() -> None:
    outcomes = {Outcome.MATCH: 3_500, Outcome.NOISE: 200}
    assert judged(outcomes=outcomes, repeats=(3_400, 0)).verdict is Verdict.NOT_YET
