"""Who answers and who gets the copy: shares hold, nobody leaves while a weight rises, copies say nothing of the arm."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.choose import Chooser, draw, draw_seed, threshold, uniform
from proxy.model.decision import Skip
from proxy.model.table import LEGACY, Backend, Endpoint, Match, Route, ShadowPolicy, Split, Table

NAMES = (LEGACY, "new", "newer")
TABLE = Table(1, {name: Backend(name, (Endpoint("http", "127.0.0.1", 1),)) for name in NAMES}, ())
IDENTITIES = [b"user-%d" % n for n in range(100_000)]


def chooser(
    weights: dict[str, int],
    *,
    sticky: bool = True,
    shadow: ShadowPolicy | None = None,
    retired: bool = False,
    salt: str = "group:g",
) -> Chooser:
    split = Split(salt, tuple(weights.items()))
    return Chooser(Route("r", (Match(path="/"),), split, sticky=sticky, shadow=shadow, retired=retired), TABLE)


def no_dice() -> float:
    raise AssertionError("the dice were thrown")


def answered_by_new(chooser: Chooser) -> set[bytes]:
    return {i for i in IDENTITIES[:20_000] if chooser.choose(b"GET", i, no_dice).primary.name == "new"}


def test_shares_hold() -> None:
    """Every identity draws for itself, so the share of 100,000 has a standard deviation of its own, 0.16 points at 50 %: one
    group in seventeen is more than 0.3 points off there, whatever the hash. Four groups together must not be; none of them
    may be off by more than four deviations."""
    percents = (1, 5, 10, 25, 50)
    taken: Counter[int] = Counter()
    for group in range(4):
        thresholds = [threshold(f"group:{group}", identity, "new") for identity in IDENTITIES]
        for percent in percents:
            share = percent / 100
            got = sum(moves_at < share for moves_at in thresholds)
            taken[percent] += got
            assert abs(got - share * 1e5) < 4 * math.sqrt(share * (1 - share) * 1e5)
    for percent in percents:
        assert abs(taken[percent] / 4e5 - percent / 100) < 0.003


def test_nobody_leaves_the_new_side_while_its_weight_rises() -> None:
    before: set[bytes] = set()
    for percent in (0, 1, 5, 10, 25, 50, 99, 100):
        now = answered_by_new(chooser({"new": percent, LEGACY: 100 - percent}))
        assert before <= now
        before = now
    assert len(before) == 20_000


def test_weights_are_relative() -> None:
    ids = IDENTITIES[:5000]
    one, other = chooser({"new": 1, LEGACY: 3}), chooser({LEGACY: 75, "new": 25})
    assert [one.choose(b"GET", i, no_dice).primary for i in ids] == [
        other.choose(b"GET", i, no_dice).primary for i in ids
    ]


def test_with_three_backends_users_move_only_to_the_one_that_grew() -> None:
    before, after = chooser({LEGACY: 70, "new": 20, "newer": 10}), chooser({LEGACY: 70, "new": 20, "newer": 40})
    moves = Counter(
        (before.choose(b"GET", i, no_dice).primary.name, after.choose(b"GET", i, no_dice).primary.name)
        for i in IDENTITIES[:20_000]
    )
    assert {pair for pair in moves if pair[0] != pair[1]} == {(LEGACY, "newer"), ("new", "newer")}


@given(st.binary(max_size=50), st.integers(0, 1000), st.integers(0, 1000))
def test_the_threshold_is_the_share_at_which_an_identity_moves(identity: bytes, new: int, legacy: int) -> None:
    if new + legacy == 0:
        return
    moves_at = threshold("group:g", identity, "new")
    assert 0.0 <= moves_at <= 1.0
    chosen = chooser({"new": new, LEGACY: legacy}).choose(b"GET", identity, no_dice).primary.name
    share = new / (new + legacy)
    if abs(share - moves_at) > 1e-9:
        assert (chosen == "new") is (share > moves_at)


@given(
    st.binary(max_size=50),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 50), min_size=1).filter(lambda w: any(w.values())),
)
def test_weight_zero_takes_nobody_and_the_order_of_weights_never_matters(
    identity: bytes, weights: dict[str, int]
) -> None:
    chosen = {
        chooser(dict(order)).choose(b"GET", identity, random.random).primary.name
        for order in itertools.permutations(weights.items())
    }
    assert len(chosen) == 1
    assert weights[chosen.pop()] > 0


def test_the_draw_is_the_same_for_ever() -> None:
    """These values are a promise: another hash would deal all users anew."""
    assert uniform(draw_seed("group:ordering", "orders"), b"user-1") == pytest.approx(0.41367630150385337, abs=1e-15)
    drawn = "".join(draw(Split("group:ordering", (("orders", 50), (LEGACY, 50))), b"user-%d" % n)[0] for n in range(40))
    assert drawn == "olloollllllollolollllloooloololollllolll"


def test_groups_draw_once_and_other_salts_anew() -> None:
    ids = IDENTITIES[:10_000]
    one, other = chooser({"new": 1, LEGACY: 1}, salt="route:a"), chooser({"new": 1, LEGACY: 1}, salt="route:b")
    same = sum(one.choose(b"GET", i, no_dice).primary == other.choose(b"GET", i, no_dice).primary for i in ids)
    assert abs(same / len(ids) - 0.5) < 0.02


def test_routes_that_are_not_sticky_draw_from_the_dice() -> None:
    dice = random.Random(7).random
    route = chooser({"new": 10, LEGACY: 90}, sticky=False)
    got = Counter(route.choose(b"GET", b"same user", dice).primary.name for _ in range(20_000))
    assert abs(got["new"] / 20_000 - 0.1) < 0.01
    drawn = iter((0.0, 0.0999, 0.1, 0.9999999))
    names = [route.choose(b"GET", None, drawn.__next__).primary.name for _ in range(4)]
    assert names == ["new", "new", LEGACY, LEGACY]


@pytest.mark.parametrize(
    ("weights", "policy", "method", "expected"),
    [
        ({LEGACY: 1, "new": 0}, None, b"GET", (LEGACY, None, Skip.NO_SHADOW)),
        ({LEGACY: 1, "new": 0}, ShadowPolicy(1.0), b"GET", (LEGACY, "new", None)),
        ({LEGACY: 1, "new": 0}, ShadowPolicy(1.0), b"HEAD", (LEGACY, "new", None)),
        ({LEGACY: 0, "new": 1}, ShadowPolicy(1.0), b"GET", ("new", LEGACY, None)),
        ({"new": 1}, ShadowPolicy(1.0), b"GET", ("new", LEGACY, None)),
        ({LEGACY: 1}, ShadowPolicy(1.0, candidate="new"), b"GET", (LEGACY, "new", None)),
        ({LEGACY: 1, "new": 0}, ShadowPolicy(1.0), b"POST", (LEGACY, None, Skip.UNSAFE_METHOD)),
        ({LEGACY: 1, "new": 0}, ShadowPolicy(1.0), b"OPTIONS", (LEGACY, None, Skip.UNSAFE_METHOD)),
        ({LEGACY: 1, "new": 0}, ShadowPolicy(1.0, unsafe="dry run"), b"POST", (LEGACY, "new", None)),
        ({LEGACY: 1, "new": 0}, ShadowPolicy(0.0), b"GET", (LEGACY, None, Skip.NOT_SAMPLED)),
        ({LEGACY: 0, "new": 0, "newer": 1}, ShadowPolicy(1.0, candidate="new"), b"GET", ("newer", None, Skip.NO_SHADOW)),
    ],
)  # fmt: skip
def test_the_copy_goes_to_the_other_side(
    weights: dict[str, int], policy: ShadowPolicy | None, method: bytes, expected: tuple[str, str | None, Skip | None]
) -> None:
    decision = chooser(weights, shadow=policy).choose(method, b"somebody", lambda: 0.5)
    assert (decision.primary.name, decision.shadow and decision.shadow.name, decision.skip) == expected


def test_a_retired_route_calls_legacy_for_nothing() -> None:
    decision = chooser({"new": 1}, shadow=ShadowPolicy(1.0), retired=True).choose(b"GET", None, no_dice)
    assert (decision.primary.name, decision.shadow, decision.reason) == ("new", None, "retired")


def test_the_sample_is_a_share_of_identities_that_says_nothing_of_the_arm() -> None:
    route = chooser({"new": 30, LEGACY: 70}, shadow=ShadowPolicy(0.2))
    decisions = [route.choose(b"GET", i, no_dice) for i in IDENTITIES]
    copied = Counter(d.primary.name for d in decisions if d.skip is None)
    arms = Counter(d.primary.name for d in decisions)
    for arm in ("new", LEGACY):
        assert abs(copied[arm] / arms[arm] - 0.2) < 0.005
    assert decisions == [route.choose(b"GET", i, no_dice) for i in IDENTITIES]


def test_without_an_identity_the_dice_choose_the_sample() -> None:
    route = chooser({LEGACY: 1, "new": 0}, shadow=ShadowPolicy(0.1))
    drawn = iter((0.0, 0.0999, 0.1, 0.9))
    skips = [route.choose(b"GET", None, drawn.__next__).skip for _ in range(4)]
    assert skips == [None, None, Skip.NOT_SAMPLED, Skip.NOT_SAMPLED]


@pytest.mark.parametrize(
    ("weights", "sticky", "reason"),
    [({LEGACY: 1}, True, "whole"), ({LEGACY: 1, "new": 1}, True, "identity"), ({LEGACY: 1, "new": 1}, False, "dice")],
)
def test_the_decision_says_why_and_choosing_makes_no_new_one(
    weights: dict[str, int], sticky: bool, reason: str
) -> None:
    route = chooser(weights, sticky=sticky)
    decision = route.choose(b"GET", b"a", lambda: 0.5)
    assert decision.reason == reason
    assert route.choose(b"GET", b"a", lambda: 0.5) is decision


def test_the_thresholds_of_all_identities_are_spread_evenly() -> None:
    tenths = Counter(int(threshold("s", i, "new") * 10) for i in IDENTITIES[:20_000])
    assert all(abs(count / 20_000 - 0.1) < 0.01 for count in tenths.values())
    assert len(tenths) == 10
