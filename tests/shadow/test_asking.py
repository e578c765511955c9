"""What either side is asked about one exchange: edits of the table, answers that are renewed, and nothing of it kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from proxy.model.edits import Edits, RequestEdits, Value
from shadow.model import Outcome, RouteSummary
from tests.shadow.conftest import Shadow
from tests.shadow.tap import exchange_of, plan_for

Answers = Callable[[web.Request], web.Response]
SECRET = "hunter2-canary"


class Side:
    """A server that remembers the requests it got."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.asked: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return self._answers(request)


MakeSide = Callable[[Answers], Awaitable[Side]]


@pytest.fixture
async def side(aiohttp_server: Any) -> MakeSide:
    async def make(answers: Answers) -> Side:
        app = web.Application()
        made = Side(answers)
        app.router.add_route("*", "/{rest:.*}", made.answer)
        made.url = str((await aiohttp_server(app)).make_url("")).rstrip("/")
        return made

    return make


def says(document: Any, status: int = 200, **headers: str) -> web.Response:
    return web.json_response(document, status=status, headers=headers)


def holding(folder: Path, text: bytes) -> list[str]:
    """The files that hold a text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if text in path.read_bytes()]


async def summary(shadow: Shadow, *exchanges: Any) -> RouteSummary:
    for exchange in exchanges:
        shadow.tap.exchange(exchange)
    await shadow.tap.receipts()
    return shadow.store.summaries()[0]


async def test_each_side_is_asked_as_the_table_says_also_for_the_second_look(shadow: Shadow, side: MakeSide) -> None:
    legacy, new = await side(lambda _: says({"a": 1})), await side(lambda _: says({"a": 2}))
    requests = RequestEdits(
        control=Edits((("X-Role", Value("auditor")),)),
        candidate=Edits(
            (("Authorization", Value(f"Bearer {SECRET}", secret=True)),),
            ("Cookie",),
            "orders.internal",
            ("/orders", "/v2/orders"),
        ),
    )
    shadow.tap.plans(plan_for(legacy.url, new.url, requests=requests))
    headers = (("Host", "shop.example"), ("Cookie", "sid=1"), ("Authorization", "Basic eDp5"))
    found = await summary(shadow, exchange_of(headers=headers, target="/orders/7?x"))
    assert found.outcomes == {Outcome.MISMATCH: 1}
    [copy], [again] = new.asked, legacy.asked
    assert (copy.raw_path, dict(copy.headers)) == (
        "/v2/orders/7?x",
        {"Host": "orders.internal", "Authorization": f"Bearer {SECRET}", "X-Shadow": "1"},
    )
    assert (again.raw_path, dict(again.headers)) == (
        "/orders/7?x", dict(headers) | {"X-Role": "auditor", "X-Shadow": "1"},
    )  # fmt: skip


async def test_an_answer_that_came_of_a_condition_is_asked_for_again_without(shadow: Shadow, side: MakeSide) -> None:
    legacy, new = await side(lambda _: says({"a": 1})), await side(lambda _: says({"a": 1}, ETag='"other"'))
    shadow.tap.plans(plan_for(legacy.url, new.url))
    headers = (("Host", "shop.example"), ("If-None-Match", '"a"'))
    found = await summary(shadow, exchange_of(b"", status=304, headers=headers, answer_headers=()))
    assert found.outcomes == {Outcome.MATCH: 1}
    assert [dict(one.headers) for one in (*legacy.asked, *new.asked)] == [{"Host": "shop.example", "X-Shadow": "1"}] * 2
    found = await summary(shadow, exchange_of(b'{"a": 1}', headers=headers))
    assert found.outcomes == {Outcome.MATCH: 2}
    assert len(legacy.asked) == 1


async def test_what_both_set_pins_the_pair_so_the_clients_own_answer_is_no_measure(
    shadow: Shadow, side: MakeSide
) -> None:
    def seeded(request: web.Request) -> web.Response:
        return says({"dice": int(request.headers["X-Seed"]) % 6, "at": request.headers["X-Now"]})

    legacy, new = await side(seeded), await side(seeded)
    both = Edits((("X-Seed", Value("42")), ("X-Now", Value("$started_at"))))
    shadow.tap.plans(plan_for(legacy.url, new.url, requests=RequestEdits(both=both)))
    live = b'{"dice": 5, "at": "now"}'
    found = await summary(
        shadow, exchange_of(live), exchange_of(live, primary="new", shadow="legacy"), exchange_of(live, method="POST")
    )
    assert found.outcomes == {Outcome.MATCH: 2, Outcome.MISMATCH: 1}
    assert sorted(one.method for one in legacy.asked) == ["GET", "GET"]
    assert sorted(one.method for one in new.asked) == ["GET", "GET", "POST"]


@pytest.mark.parametrize(("gone", "outcome"), [("legacy", Outcome.CONTROL_ERROR), ("new", Outcome.CANDIDATE_ERROR)])
async def test_a_side_that_cannot_be_asked_again_has_failed(
    shadow: Shadow, side: MakeSide, gone: str, outcome: Outcome, unused_tcp_port: int
) -> None:
    there = await side(lambda _: says({"a": 1}))
    urls = {"legacy": there.url, "new": there.url} | {gone: f"http://127.0.0.1:{unused_tcp_port}"}
    shadow.tap.plans(plan_for(**urls))
    other = "new" if gone == "legacy" else "legacy"
    headers = (("Host", "shop.example"), ("If-None-Match", '"a"'))
    exchange = exchange_of(b"", status=304, headers=headers, answer_headers=(), primary=gone, shadow=other)
    assert (await summary(shadow, exchange)).outcomes == {outcome: 1}


async def test_a_side_with_a_host_of_its_own_may_name_it_in_locations(shadow: Shadow, side: MakeSide) -> None:
    new = await side(lambda request: says({}, 302, Location=f"https://{request.headers['Host']}/login"))
    requests = RequestEdits(candidate=Edits(host="orders.internal"))
    shadow.tap.plans(plan_for("http://127.0.0.1:1", new.url, requests=requests))
    json_type = ("Content-Type", "application/json; charset=utf-8")
    found = await summary(
        shadow,
        exchange_of(b"{}", status=302, answer_headers=(json_type, ("Location", "https://shop.example/login"))),
        exchange_of(b"{}", status=302, answer_headers=(json_type, ("Location", "/login"))),
    )
    assert found.outcomes == {Outcome.MATCH: 2}


async def test_what_edits_set_is_neither_stored_nor_logged(
    shadow: Shadow, side: MakeSide, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def echoes(request: web.Request) -> web.Response:
        given = request.headers["X-Credential"]
        return says({"you": f"sent {given}", given: [given]}, 200, Echo=given, Location=f"/?a={given}")

    new = await side(echoes)
    edits = Edits((("X-Credential", Value(SECRET, secret=True)), ("X-Plain", Value("hunter2-plain"))))
    shadow.tap.plans(plan_for(new.url, new.url, requests=RequestEdits(candidate=edits)))
    await summary(shadow, exchange_of())
    assert new.asked[0].headers["X-Credential"] == SECRET
    assert holding(tmp_path, b"sent redacted-") != []
    assert holding(tmp_path, b"plan") != []
    for hidden in (SECRET, "hunter2-plain"):
        assert holding(tmp_path, hidden.encode()) == []
    assert SECRET not in caplog.text + json.dumps([record.__dict__ for record in caplog.records], default=str)
