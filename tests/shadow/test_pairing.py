"""What is told of a pair beside its contents is redacted as the contents are; and where that fails, nothing of it is kept."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from aiohttp import web

from proxy.model.exchange import Exchange
from proxy.model.redact import RedactRules
from shadow.model import Outcome
from shadow.redact import redactor
from shadow.store.read_kept import Wanted
from tests.shadow.conftest import Shadow
from tests.shadow.tap import exchange_of, plan_for

CANARY = "CAN-4711x"
RULES = RedactRules(names=("x-build",), patterns=("CAN-[0-9a-z]+",))


@pytest.fixture
async def sides(aiohttp_server: Any) -> tuple[str, str]:
    """Control and candidate differ below a member that is named by the canary; returns their URLs."""

    async def url(number: int) -> str:
        async def handler(_: web.Request) -> web.StreamResponse:
            headers = {"X-Build": "plain-7", "X-Version": f"v {CANARY}"}
            return web.json_response({"a": 1, CANARY: {"b": number}}, headers=headers)

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handler)
        return str((await aiohttp_server(app)).make_url("")).rstrip("/")

    return await url(1), await url(2)


def asked() -> Exchange:
    return exchange_of(
        target=f"/orders/7?of[{CANARY}]=1&a=2",
        headers=(("Host", "shop.example"), ("Cookie", f"{CANARY}=1")),
        answer=json.dumps({"a": 1, CANARY: {"b": 1}}).encode(),
        answer_headers=(("Content-Type", "application/json"), ("X-Version", f"v {CANARY}")),
    )


def left(shadow: Shadow) -> bytes:
    return b"".join(file.read_bytes() for file in shadow.store.path.parent.rglob("*") if file.is_file())


async def test_builds_names_of_parameters_and_signatures_are_hidden_as_the_table_says(
    shadow: Shadow, sides: tuple[str, str]
) -> None:
    shadow.tap.plans(plan_for(*sides, redact=RULES, version_headers={"legacy": "X-Version", "new": "X-Build"}))
    for _ in range(3):
        shadow.tap.exchange(asked())
    await shadow.tap.receipts()
    [summary] = shadow.store.summaries()
    assert summary.outcomes == {Outcome.MISMATCH: 3}
    assert summary.epoch.control_version.startswith("v redacted-")
    assert summary.epoch.candidate_version.startswith("redacted-")
    assert summary.coverage.shapes == len(summary.signatures) == 1
    assert len(shadow.store.kept(Wanted())) == 3
    assert CANARY.encode() not in left(shadow)
    assert b"plain-7" not in left(shadow)


@pytest.mark.parametrize("seconds", [None, 0.0])
async def test_of_a_pair_that_cannot_be_redacted_nothing_is_kept_but_what_it_counts_for(
    shadow: Shadow,
    sides: tuple[str, str],
    seconds: float | None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: Any) -> str:
        raise ValueError(CANARY)

    if seconds is None:
        monkeypatch.setattr(redactor, "redact_json", broken)
    else:
        ticks = iter(range(10**9))
        monkeypatch.setattr("shadow.pairing.thread_time", lambda: 60.0 * next(ticks))
    shadow.tap.plans(plan_for(*sides, version_headers={"legacy": "X-Version", "new": "X-Version"}))
    with caplog.at_level(logging.DEBUG):
        shadow.tap.exchange(asked())
        await shadow.tap.receipts()
    [summary] = shadow.store.summaries()
    assert summary.outcomes == {Outcome.MISMATCH: 1}
    [signature] = summary.signatures
    assert (signature.path, signature.example_pair, signature.control_example) == ("(redacted)", "", None)
    assert shadow.counted("strangler_unredacted", route="orders") == 1
    assert b"/orders/7" not in left(shadow)
    assert CANARY.encode() not in left(shadow)
    [record] = [one for one in caplog.records if "could not be redacted" in one.message]
    assert CANARY not in repr(vars(record))
    assert vars(record)["route"] == "orders"
    assert ("ValueError in " if seconds is None else "it took too long") in vars(record)["error"]


async def test_pairs_that_are_redacted_are_not_counted_as_if_they_were_not(
    shadow: Shadow, sides: tuple[str, str]
) -> None:
    shadow.tap.plans(plan_for(*sides))
    shadow.tap.exchange(asked())
    await shadow.tap.receipts()
    assert shadow.counted("strangler_unredacted") == 0
    assert len(shadow.store.kept(Wanted())) == 1
