"""What is changed in a copy before it goes to one side."""

from __future__ import annotations

import pytest

from proxy.model.edits import Edits, RequestEdits, Value
from proxy.model.message import Headers, RequestHead
from shadow.copy import Copy, copy_of
from shadow.edit import edited, hangs_on_conditions
from tests.shadow.answers import answer

HOST = (b"Host", b"shop.example")


def copied(*headers: tuple[bytes, bytes], target: bytes = b"/", method: bytes = b"GET") -> Copy:
    return copy_of(RequestHead.from_headers(method, target, [HOST, *headers]), b"")


def changed(copy: Copy, *edits: Edits, started_at: float = 0.0) -> tuple[str, ...]:
    return tuple(f"{name}: {value}" for name, value in edited(copy, edits, started_at).headers)


def setting(**values: str) -> Edits:
    return Edits(tuple((name.replace("_", "-"), Value(value)) for name, value in values.items()))


def test_a_header_takes_the_place_of_all_of_its_name_and_a_new_one_is_the_last() -> None:
    copy = copied((b"x-a", b"1"), (b"Accept", b"*/*"), (b"X-A", b"2"))
    assert changed(copy, setting(X_A="3", X_B="4")) == (
        "Host: shop.example", "X-A: 3", "Accept: */*", "X-B: 4", "X-Shadow: 1",
    )  # fmt: skip


def test_what_is_said_of_one_side_comes_after_what_is_said_of_both() -> None:
    both, candidate = Edits((("X-A", Value("both")),), ("X-B",)), setting(X_A="new", X_B="back")
    requests = RequestEdits(both=both, candidate=candidate)
    copy = copied((b"X-B", b"1"))
    assert changed(copy, *requests.of(control=True)) == ("Host: shop.example", "X-A: both", "X-Shadow: 1")
    assert changed(copy, *requests.of(control=False)) == ("Host: shop.example", "X-A: new", "X-B: back", "X-Shadow: 1")


def test_the_host_is_the_clients_unless_a_side_has_its_own() -> None:
    assert changed(copied(), Edits(host="orders.internal")) == ("Host: orders.internal", "X-Shadow: 1")
    without = copy_of(RequestHead.from_headers(b"GET", b"/", []), b"")
    assert changed(without, Edits(host="orders.internal")) == ("Host: orders.internal", "X-Shadow: 1")


@pytest.mark.parametrize(
    ("target", "old", "new", "expected"),
    [
        (b"/api/orders/7?a=/api", "/api", "/v2", "/v2/orders/7?a=/api"),
        (b"/api", "/api", "/v2", "/v2"),
        (b"/api?", "/api/", "/v2/", "/v2?"),
        (b"/apis/7", "/api", "/v2", "/apis/7"),
        (b"/%61pi/7", "/api", "/v2", "/%61pi/7"),
        (b"/api", "/api", "/", "/"),
        (b"/api/a%2fb//c", "/api", "/", "/a%2fb//c"),
        (b"/orders", "/", "/v2", "/v2/orders"),
        (b"/", "/", "/v2", "/v2/"),
        (b"*", "/", "/v2", "*"),
    ],
)
def test_a_prefix_is_whole_segments_and_nothing_else_of_the_target_changes(
    target: bytes, old: str, new: str, expected: str
) -> None:
    assert edited(copied(target=target), [Edits(prefix=(old, new))], 0.0).target == expected


def test_the_moment_of_the_clients_request_stands_where_it_is_asked_for() -> None:
    both = setting(X_Now="$started_at", X_Epoch="$started_at_epoch", X_Other="$started_at!")
    assert changed(copied(), both, started_at=1774958400.25)[1:4] == (
        "X-Now: 2026-03-31T12:00:00.250Z", "X-Epoch: 1774958400", "X-Other: $started_at!",
    )  # fmt: skip
    secret = Edits((("X-A", Value("$started_at", secret=True)),))
    assert changed(copied(), secret)[1] == "X-A: $started_at"


CONDITIONS = (b"If-None-Match", b"If-Modified-Since", b"if-match", b"If-Unmodified-Since", b"If-Range")


def test_conditions_are_left_out_of_what_is_safe_and_stay_on_writes() -> None:
    headers = [(name, b"x") for name in CONDITIONS]
    assert changed(copied(*headers)) == ("Host: shop.example", "X-Shadow: 1")
    assert len(changed(copied(*headers, method=b"PUT"))) == 2 + len(headers)


@pytest.mark.parametrize(
    ("headers", "status", "hangs"),
    [
        ([(b"If-None-Match", b'"a"')], 304, True),
        ([(b"if-match", b'"a"')], 412, True),
        ([(b"If-None-Match", b'"a"')], 200, False),
        ([], 304, False),
        ([(b"If-Range", b'"a"'), (b"Range", b"bytes=0-1")], 200, True),
        ([(b"If-Range", b'"a"'), (b"Range", b"bytes=0-1")], 206, False),
        ([(b"If-Range", b'"a"')], 200, False),
    ],
)
def test_an_answer_that_came_of_a_condition_is_known(headers: Headers, status: int, hangs: bool) -> None:
    head = RequestHead.from_headers(b"GET", b"/", headers)
    assert hangs_on_conditions(head, answer(status=status)) is hangs


@pytest.mark.parametrize(
    ("edits", "pins"),
    [
        (Edits(), False),
        (setting(Accept_Encoding="identity"), False),
        (Edits(drop=("If-None-Match", "accept-encoding")), False),
        (setting(X_Seed="1"), True),
        (Edits(drop=("Cookie",)), True),
    ],
)
def test_edits_that_change_what_is_answered_pin_the_pair(edits: Edits, pins: bool) -> None:
    assert edits.pins is pins
