"""Stored requests sent to real servers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from proxy.model.edits import Edits, RequestEdits, Value
from proxy.model.redact import RedactRules
from proxy.model.table import CompareRules, Waiver
from shadow.again.replay import Known, Replayed, Result, Target, replay
from shadow.again.saved import BadLine, from_line, to_line
from shadow.compare import Origins
from shadow.model import Outcome
from shadow.store.records import StoredAnswer, StoredBody, StoredPair, StoredRequest
from tests.shadow.store.results import pair

Build = Callable[..., Awaitable[str]]


@pytest.fixture
async def build(aiohttp_server: Any) -> Build:
    """Makes a build that answers everything with one document; returns its URL. ``asked`` gets the requests."""

    async def make(
        document: object, asked: list[web.BaseRequest] | None = None, status: int = 200, **headers: str
    ) -> str:
        async def handle(request: web.Request) -> web.Response:
            if asked is not None:
                asked.append(request)
            return web.json_response(document, status=status, headers=headers)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handle)
        return str((await aiohttp_server(app)).make_url("")).rstrip("/")

    return make


def kept(document: object = None, **changes: Any) -> StoredPair:
    body = json.dumps({"a": 1} if document is None else document)
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    fields: dict[str, Any] = {
        "control": StoredAnswer(200, headers, StoredBody(body, len(body)), 0.01, 0.02),
        "noisy": (),
    }
    return pair(**(fields | changes))


async def one(stored: StoredPair, url: str, known: Known = Known(CompareRules()), **target: Any) -> Replayed:  # noqa: B008 - immutable
    return (await replay([stored], Target(url, **target), {"orders": known}))[0]


async def test_an_equal_answer_is_equal_and_the_request_is_the_stored_one(build: Build) -> None:
    asked: list[web.BaseRequest] = []
    replayed = await one(kept(), await build({"a": 1}, asked))
    assert (replayed.result, replayed.status, replayed.differences) == (Result.EQUAL, 200, ())
    assert (asked[0].method, asked[0].raw_path, asked[0].headers["Host"]) == ("GET", "/orders/7", "shop")
    assert asked[0].headers["X-Shadow"] == "1"


async def test_the_new_build_is_asked_as_the_candidate_would_be_and_what_the_caller_gives_comes_last(
    build: Build,
) -> None:
    asked: list[web.BaseRequest] = []
    candidate = Edits(
        (("X-A", Value("table")), ("X-B", Value("table")), ("X-At", Value("$started_at_epoch"))),
        ("Authorization",),
        "orders.internal",
        ("/orders", "/v2"),
    )
    headers = (("Host", "shop"), ("Authorization", "Bearer redacted-0123456789"), ("Cookie", "a=redacted-0123456789"))
    stored = kept(request=StoredRequest("GET", "/orders/7", headers, StoredBody()), at=1000.5)
    known = Known(CompareRules(), requests=RequestEdits(candidate=candidate))
    replayed = await one(stored, await build({"a": 1}, asked), known, headers=(("x-b", "caller"),))
    assert (asked[0].raw_path, dict(asked[0].headers)) == (
        "/v2/7",
        {"Host": "orders.internal", "X-A": "table", "x-b": "caller", "X-At": "1000", "X-Shadow": "1"},
    )
    assert (replayed.result, replayed.hidden) == (Result.EQUAL, ("Cookie",))


async def test_a_different_answer_tells_where(build: Build) -> None:
    replayed = await one(kept(), await build({"a": "1"}))
    assert replayed.result is Result.DIFFERENT
    assert [(one.path, one.kind) for one in replayed.differences] == [("$.a", "type_changes")]


async def test_the_rules_of_the_route_hold(build: Build) -> None:
    rules = Known(CompareRules(ignore=(Waiver("$.a"),)))
    assert (await one(kept(), await build({"a": 2}), rules)).result is Result.EQUAL


async def test_where_the_control_disagreed_with_itself_a_stored_answer_is_no_measure(build: Build) -> None:
    stored = kept({"a": 1, "at": "noon"}, noisy=("$.at",))
    assert (await one(stored, await build({"a": 1, "at": "one"}))).result is Result.EQUAL
    assert (await one(stored, await build({"a": 2, "at": "one"}))).result is Result.DIFFERENT


async def test_what_was_redacted_is_not_compared_but_whether_it_is_there(build: Build) -> None:
    stored = kept({"token": "redacted-0f31b473c7"})
    assert (await one(stored, await build({"token": "s3cret"}))).result is Result.EQUAL
    assert (await one(stored, await build({}))).result is Result.DIFFERENT


async def test_a_redirect_to_the_builds_own_address_is_a_redirect_to_here(build: Build) -> None:
    headers = (("Content-Type", "application/json; charset=utf-8"), ("Location", "http://legacy:8000/x"))
    stored = kept(control=StoredAnswer(302, headers, StoredBody('{"a": 1}', 8), 0.1, 0.1))
    known = Known(CompareRules(), Origins(("http://legacy:8000",)))
    assert (await one(stored, await build({"a": 1}, status=302, Location="/x"), known)).result is Result.EQUAL


async def test_only_what_is_harmless_is_sent_unless_somebody_asks_for_more(build: Build) -> None:
    asked: list[web.BaseRequest] = []
    stored = kept(request=StoredRequest("POST", "/orders", (("Host", "shop"),), StoredBody("{}", 2)))
    url = await build({"a": 1}, asked)
    replayed = await one(stored, url)
    assert (replayed.result, asked) == (Result.UNUSABLE, [])
    assert "--unsafe" in replayed.detail
    assert (await one(stored, url, unsafe=True)).result is Result.EQUAL


async def test_a_build_that_does_not_answer_is_an_error_and_one_that_is_slow_a_timeout(
    aiohttp_server: Any, build: Build
) -> None:
    async def never(_: web.Request) -> web.Response:
        await request_came
        raise AssertionError

    import asyncio  # noqa: PLC0415 - only here

    request_came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    app = web.Application()
    app.router.add_get("/{rest:.*}", never)
    slow = str((await aiohttp_server(app, shutdown_timeout=0)).make_url("")).rstrip("/")
    assert (await one(kept(), slow, timeout=0.1)).result is Result.TIMEOUT
    request_came.cancel()
    assert (await one(kept(), "http://127.0.0.1:1")).result is Result.ERROR


async def test_results_come_in_the_order_of_the_pairs_and_each_is_told_of(build: Build) -> None:
    pairs = [kept() for _ in range(20)]
    told: list[Replayed] = []
    replayed = await replay(pairs, Target(await build({"a": 1})), {}, told.append)
    assert [each.pair.id for each in replayed] == [each.id for each in pairs]
    assert len(told) == 20


async def test_a_pair_that_was_wrong_and_is_right_now_is_known(build: Build) -> None:
    replayed = await one(kept(outcome=Outcome.MISMATCH), await build({"a": 1}))
    assert replayed.was_wrong
    assert not (await one(kept(outcome=Outcome.MATCH), await build({"a": 1}))).was_wrong


def test_a_pair_survives_a_file() -> None:
    stored = pair()
    assert from_line(to_line(stored)) == stored
    assert "\n" not in to_line(kept("line\nbreak"))


@pytest.mark.parametrize("line", ["", "{}", "[]", "null", '{"id": 1}', "{", to_line(pair())[:-30]])
def test_what_is_no_saved_pair_is_said_to_be_none(line: str) -> None:
    with pytest.raises(BadLine):
        from_line(line)


RULES = RedactRules(names=("mail", "x-owner"), paths=("$.card",), patterns=("CUST-[0-9]+",))


async def test_what_the_table_hides_is_told_neither_of_the_new_answer_nor_of_an_older_stored_one(build: Build) -> None:
    stored = kept({"mail": "ada@old.example", "card": {"n": 17}, "a": "CUST-1", "CUST-3": {"b": 1}, "n": 1})
    url = await build({"mail": "ada@new.example", "card": {"n": 18}, "a": "CUST-2", "CUST-3": {"b": 2}, "n": 2})
    replayed = await one(stored, url, Known(CompareRules(), redact=RULES))
    assert replayed.result is Result.DIFFERENT
    told = repr(replayed.differences)
    assert [secret for secret in ("ada@", "17", "18", "CUST") if secret in told] == []
    assert {difference.path for difference in replayed.differences} >= {"$.n"}


async def test_what_was_hidden_once_is_not_told_of_the_new_answer_also_where_the_rules_are_not_known(
    build: Build,
) -> None:
    stored = kept({"mail": "redacted-0123456789", "n": 1})
    replayed = await one(stored, await build({"mail": "ada@new.example", "n": 1}))
    assert "ada@" not in repr(replayed.differences)


async def test_an_answer_that_cannot_be_redacted_is_unusable_and_not_told(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise ValueError("ada")

    monkeypatch.setattr("shadow.redact.redactor.redact_json", broken)
    replayed = await one(kept({"a": "ada"}), await build({"a": "ada2"}))
    assert (replayed.result, replayed.differences) == (Result.UNUSABLE, ())
    assert "ada" not in replayed.detail
