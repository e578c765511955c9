"""A table in force: each request gets a decision, and a new user without identity gets one that holds."""

from __future__ import annotations

import random
import time

import pytest

from proxy.identity import IdentityCookie
from proxy.match import AmbiguousTarget
from proxy.model.decision import Skip
from proxy.model.message import RequestHead
from proxy.model.plan import decode_plans, plans_of
from proxy.model.table import UNCLAIMED
from proxy.routing import Routing
from proxy.table.load import load_table, transparent_table

SECRET = b"k" * 32
TEXT = """
version: 1
backends:
  legacy: { url: http://127.0.0.1:1 }
  new: { url: http://127.0.0.1:2 }
defaults: { identity: [{ cookie: session }] }
groups: { g: { split: { new: 50, legacy: 50 } } }
routes:
  - { name: read, match: { path: "/a/{id}" }, group: g, shadow: { sample: 50% } }
  - { name: write, match: { path: /a, methods: [POST] }, group: g }
  - { name: dice, match: { path: /dice }, split: { new: 50, legacy: 50 }, sticky: false }
  - name: limited
    match: { path: /limited }
    split: { new: 50, legacy: 50 }
    sticky: false
    rate_limit: { requests: 1, per: 1m, by: identity }
  - { name: sampled, match: { path: /sampled }, split: { new: 0, legacy: 1 }, shadow: { sample: 50% } }
  - { name: whole, match: { path: /whole }, backend: legacy }
  - { name: retired, match: { path: /retired }, backend: new, retired: true, fallback: legacy }
"""
ROUTING = Routing(load_table(TEXT), SECRET)


def head(target: str, cookie: str | None = None, method: bytes = b"GET") -> RequestHead:
    lines = [(b"Host", b"h")] + ([(b"Cookie", cookie.encode())] if cookie else [])
    return RequestHead.from_headers(method, target.encode(), lines)


def no_dice() -> float:
    raise AssertionError("the dice were thrown")


def test_what_no_route_claims_goes_to_legacy() -> None:
    for routing in (ROUTING, Routing(transparent_table("http://127.0.0.1:1"), SECRET)):
        decision, _, token = routing.decide(head("/nowhere"), no_dice)
        assert (decision.route.name, decision.primary.name, decision.shadow) == (UNCLAIMED, "legacy", None)
        assert (decision.skip, decision.reason, token) == (Skip.NO_SHADOW, "unclaimed", None)


def test_the_plans_of_its_routes_are_made_once() -> None:
    assert decode_plans(ROUTING.plans()) == plans_of(ROUTING.table)
    assert ROUTING.plans() is ROUTING.plans()


def test_one_user_has_one_side_on_all_routes_of_a_group() -> None:
    sides = set()
    for user in range(50):
        cookie = f"session={user}"
        read, _, _ = ROUTING.decide(head("/a/1", cookie), no_dice)
        write, _, token = ROUTING.decide(head("/a", cookie, b"POST"), no_dice)
        assert (read.primary, token) == (write.primary, None)
        sides.add(read.primary.name)
    assert sides == {"new", "legacy"}


def test_a_user_without_identity_is_given_one_that_holds_everywhere() -> None:
    dice = random.Random(5).random
    for _ in range(50):
        first, _, token = ROUTING.decide(head("/a/1"), dice)
        assert token is not None
        cookie = IdentityCookie(SECRET).issue(token).partition(b";")[0].decode()
        again, _, nothing = Routing(load_table(TEXT), SECRET).decide(head("/a/2", cookie), no_dice)
        assert (again, nothing) == (first, None)


def test_a_forged_cookie_is_replaced() -> None:
    assert ROUTING.decide(head("/a/1", "strangler_id=abc.def"), random.random)[2] is not None


@pytest.mark.parametrize("target", ["/dice", "/sampled", "/whole", "/retired", "/nowhere"])
def test_an_identity_is_given_only_where_users_must_be_told_apart(target: str) -> None:
    assert ROUTING.decide(head(target), random.random)[2] is None


def test_a_limit_by_identity_is_told_the_identity_and_leaves_the_side_to_the_dice() -> None:
    user = head("/limited", "session=kim")
    sides = set()
    for rolled in (0.1, 0.9):
        decision, identity, token = ROUTING.decide(user, lambda rolled=rolled: rolled)  # type: ignore[misc]
        assert (identity, token) == (b"kim", None)
        sides.add(decision.primary.name)
    assert sides == {"new", "legacy"}
    assert ROUTING.decide(head("/limited"), random.random)[1:] == (None, None)


def test_a_sampled_route_needs_no_dice_for_a_known_user() -> None:
    decisions = [ROUTING.decide(head("/sampled", f"session={user}"), no_dice)[0] for user in range(200)]
    assert 60 < sum(decision.skip is None for decision in decisions) < 140


def test_a_retired_route_is_answered_by_the_new_backend() -> None:
    decision, _, _ = ROUTING.decide(head("/retired"), no_dice)
    assert (decision.primary.name, decision.route.retired, decision.route.fallback) == ("new", True, "legacy")


def test_an_ambiguous_target_is_decided_by_nobody() -> None:
    with pytest.raises(AmbiguousTarget):
        ROUTING.decide(head("/a/../b"), no_dice)


def test_deciding_costs_microseconds() -> None:
    """About 5 us on the machine this was written on; the bound is wide, since tests share theirs."""
    request = head("/a/1", "theme=dark; session=0123456789abcdef")
    best = min(_seconds(request) for _ in range(5))
    assert best < 50e-6


def _seconds(request: RequestHead, rounds: int = 2000) -> float:
    started = time.thread_time()
    for _ in range(rounds):
        ROUTING.decide(request, random.random)
    return (time.thread_time() - started) / rounds
