from __future__ import annotations

import gc
from typing import Any

import pytest

from proxy.model.message import RequestHead
from shadow.evidence.repeats import Repeats
from shadow.model import Outcome, Verdict
from tests.shadow.test_judge import judged

AT = 1_795_000_020.0


def asked(repeats: Repeats, target: bytes = b"/orders/7", **changes: Any) -> bool:
    said: dict[str, Any] = {
        "route": "orders",
        "identity": "anna",
        "method": b"GET",
        "status": "2xx",
        "outcome": Outcome.MATCH,
        "at": AT,
    }
    said |= changes
    head = RequestHead.from_headers(said.pop("method"), target, [])
    return repeats.repeats(head=head, **said)


@pytest.fixture
def repeats() -> Repeats:
    repeats = Repeats(b"secret")
    assert not asked(repeats)
    return repeats


def test_the_same_within_the_minute_is_a_repeat(repeats: Repeats) -> None:
    assert asked(repeats)
    assert asked(repeats, outcome=Outcome.WAIVED), "clean is clean"
    assert not asked(repeats, at=AT + 60)
    assert asked(repeats, at=AT + 61)


@pytest.mark.parametrize(
    "changes",
    [
        {"target": b"/orders/8"},
        {"target": b"/orders/7?page=1"},
        {"identity": "bert"},
        {"method": b"HEAD"},
        {"status": "4xx"},
        {"route": "users"},
        {"outcome": Outcome.MISMATCH},
    ],
)
def test_what_differs_is_no_repeat(repeats: Repeats, changes: dict[str, Any]) -> None:
    assert not asked(repeats, **changes)
    assert asked(repeats, **changes)


def test_the_order_of_parameters_and_their_values_make_no_difference(repeats: Repeats) -> None:
    assert not asked(repeats, b"/orders?page=1&size=9")
    assert asked(repeats, b"/orders?size=8&page=2")


def test_wrong_pairs_are_one_kind_whatever_was_wrong(repeats: Repeats) -> None:
    assert not asked(repeats, outcome=Outcome.MISMATCH)
    assert asked(repeats, outcome=Outcome.CANDIDATE_TIMEOUT)


def test_requests_of_nobody_and_pairs_that_say_nothing_are_no_repeats(repeats: Repeats) -> None:
    for _ in range(3):
        assert not asked(repeats, identity="")
        assert not asked(repeats, outcome=Outcome.NOISE)


def test_pieces_do_not_run_into_each_other(repeats: Repeats) -> None:
    assert not asked(repeats, b"/a", identity="x", method=b"GET")
    assert not asked(repeats, b"/a", identity="", route="ordersx")
    assert not asked(repeats, b"/", identity="x/a")


def test_only_so_many_are_remembered_and_never_who_it_was() -> None:
    repeats = Repeats(b"secret", max_keys=100)
    for number in range(1000):
        asked(repeats, identity=f"canary-{number}")
    assert len(repeats) == 100
    assert asked(repeats, identity="canary-999")
    held = [one for one in gc.get_referents(repeats._seen) if isinstance(one, bytes)]
    assert {len(one) for one in held} == {16}


def test_one_user_who_repeats_one_request_ten_thousand_times_makes_no_route_ready() -> None:
    """A request a second for almost three hours, at a target of 99 %: 167 pairs count, 338 would be needed."""
    repeats = Repeats(b"secret")
    repeated = sum(asked(repeats, at=AT + second) for second in range(10_000))
    readiness = judged(target=0.99, outcomes={Outcome.MATCH: 10_000}, repeats=(repeated, 0))
    assert (readiness.verdict, readiness.pairs, readiness.clean_needed) == (Verdict.NOT_YET, 167, 171)
    assert judged(target=0.99, outcomes={Outcome.MATCH: 10_000}).verdict is Verdict.READY
