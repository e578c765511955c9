"""The demo's traffic and the demo's table belong together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from demo.traffic import KINDS, Request, traffic
from proxy.model.message import RequestHead
from proxy.model.table import Stage, Table
from proxy.routing import Routing
from proxy.table.load import load_table

ROUTES = Path(__file__).resolve().parents[2] / "routes.yaml"


@pytest.fixture(scope="module")
def table() -> Table:
    return load_table(ROUTES.read_text(encoding="utf-8"), environ={})


def head(request: Request) -> RequestHead:
    headers = [(name.encode(), value.encode()) for name, value in {"Host": "shop.test", **request.headers}.items()]
    return RequestHead.from_headers(request.method.encode(), request.target.encode(), headers)


def test_every_request_is_claimed_by_the_route_it_is_meant_for(table: Table) -> None:
    routing = Routing(table, b"0" * 32)
    for request in traffic():
        decision, _, _ = routing.decide(head(request), lambda: 0.0)
        assert decision.route.name == request.route, f"{request.method} {request.target}"


def test_the_same_requests_are_sent_in_every_run() -> None:
    assert list(traffic(0.05)) == list(traffic(0.05))


def test_there_are_enough_requests_of_each_shadowed_kind_for_a_verdict(table: Table) -> None:
    sent = Counter(request.route for request in traffic())
    assert set(sent) == set(KINDS)
    for route in table.routes:
        assert route.shadow is None or sent[route.name] >= 338, "338 clean pairs is what a target of 99 % takes"


def test_the_table_shows_every_stage_that_a_running_route_can_have(table: Table) -> None:
    assert {route.stage for route in table.routes} == {Stage.LEGACY, Stage.SHADOW, Stage.CANARY, Stage.LIVE}


def test_every_shadowed_route_may_become_ready_within_the_demo(table: Table) -> None:
    assert all(route.ready.hours == 0 for route in table.routes if route.shadow)
