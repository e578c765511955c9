"""Many routes at once: e-BH as a bar for each route, the same as by its definition, and what it costs."""

from __future__ import annotations

import math
import random
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow.evidence.bars import bars
from shadow.evidence.e_value import ALPHA, clean_needed, e_value
from shadow.model import ALONE

VALUES = st.floats(0, 1e6) | st.just(math.inf) | st.sampled_from([20.0, 40.0, 60.0, 80.0, 100.0])


def ready_by_definition(evidence: dict[str, float]) -> set[str]:
    """Sort, and take the largest k whose k-th E is R/(k alpha)."""
    order = sorted(evidence, key=lambda route: -evidence[route])
    routes = len(order)
    most = max((k for k in range(1, routes + 1) if evidence[order[k - 1]] >= routes / k / ALPHA), default=0)
    return set(order[:most])


@given(st.lists(VALUES, max_size=12))
def test_a_route_is_ready_when_it_reaches_its_bar_and_that_is_e_bh(values: list[float]) -> None:
    evidence = {str(number): value for number, value in enumerate(values)}
    found = bars(evidence)
    assert {route for route in evidence if evidence[route] >= found[route].height} == ready_by_definition(evidence)


@given(st.lists(VALUES, min_size=1, max_size=8))
def test_a_bar_depends_on_the_others_alone_and_reaching_it_is_what_it_takes(values: list[float]) -> None:
    evidence = {str(number): value for number, value in enumerate(values)}
    height = bars(evidence)["0"].height
    assert "0" in ready_by_definition({**evidence, "0": height})
    assert "0" not in ready_by_definition({**evidence, "0": math.nextafter(height, 0)})


def test_one_route_alone_needs_what_it_always_needed() -> None:
    assert bars({"a": 0.0}) == {"a": ALONE}
    assert ALONE.height == 1 / ALPHA


@pytest.mark.parametrize("routes", [1, 3, 7, 10, 49, 50, 200])
def test_routes_that_are_all_clean_need_no_more_than_one(routes: int) -> None:
    for pairs, ready in ((3_394, False), (3_395, True)):
        e = e_value(0, pairs, 0.001)
        found = bars({str(number): e for number in range(routes)})
        assert all((e >= bar.height) is ready for bar in found.values())
    assert all(clean_needed(0, 0, 0.001, 1 / bar.height) == 3_395 for bar in found.values())


def test_a_route_that_is_ahead_of_all_others_needs_more() -> None:
    found = bars({"first": 100.0, **{str(number): 0.0 for number in range(9)}})
    assert (found["first"].height, found["first"].routes, found["first"].together) == (200.0, 10, 1)
    assert clean_needed(0, 0, 0.001, 1 / 200) == 5_821


def test_the_bar_sinks_for_those_behind_as_others_become_ready() -> None:
    found = bars({"a": 1e9, "b": 1e9, "c": 1.0, "d": 1.0})
    assert found["c"].height == pytest.approx(4 / 3 / ALPHA)
    assert found["a"].height == pytest.approx(4 / 2 / ALPHA)


@pytest.mark.parametrize("together", [0, 5, 10])
def test_few_verdicts_are_wrong_over_many_routes_whatever_they_have_in_common(together: int) -> None:
    """Ten routes, of which five are good and five at their limit; the first ``together`` share one fate: their mismatches come at
    the same pairs. Somebody stops at the first look at which any bad route is ready (the worst that a watcher can do), or at the
    end. The share of wrong ones among the ready is at most 5 % on average. 10,000 runs: two standard errors are 0.4 %."""
    dice = random.Random(20260602)
    runs, pairs, limit = 10_000, 1_200, 0.01
    wrong = 0.0
    enough = [k + clean_needed(k, k, limit) for k in range(60)]  # below this not even the lowest bar is reached
    for _ in range(runs):
        fates = [_fate(dice, limit, pairs) for _ in range(5)]
        bad = [fates[0] if number < together else fates[number] for number in range(5)]
        wrong += _share_of_wrong(bad, limit, pairs, enough)
    assert 0.002 < wrong / runs <= ALPHA, "the test has power, and holds its rate"


def _fate(dice: random.Random, rate: float, pairs: int) -> list[int]:
    """At which pairs a mismatch comes."""
    at, found = 0, []
    while (at := at + 1 + int(math.log(1.0 - dice.random()) / math.log1p(-rate))) <= pairs:
        found.append(at)
    return found


def _share_of_wrong(bad: list[list[int]], limit: float, pairs: int, enough: list[int]) -> float:
    """At the first look at which a bad route is ready. E of a bad route is at its height just before a mismatch."""
    for look in sorted({at - 1 for fate in bad for at in fate} | {pairs}):
        if all(look < enough[bisect_right(fate, look)] for fate in bad):
            continue
        evidence = {f"good-{number}": e_value(0, look, limit) for number in range(5)}
        for number, fate in enumerate(bad):
            evidence[f"bad-{number}"] = e_value(bisect_right(fate, look), look, limit)
        ready = ready_by_definition(evidence)
        if wrong := sum(route.startswith("bad") for route in ready):
            return wrong / len(ready)
    return 0.0
