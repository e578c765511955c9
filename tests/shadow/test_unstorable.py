"""What no SQLite column takes, from either side and in every place that is kept: no pair is lost, and all of it can be read again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from shadow.model import Difference, Kind, Outcome
from shadow.store import SqliteStore, StoredAnswer, StoredBody
from tests.shadow.conftest import Shadow
from tests.shadow.store.results import batch, pair, result
from tests.shadow.tap import exchange_of, plan_for

CONTROL = (
    rb"""{"\ud800": "\udc00", "a\u0000b": "nul \u0000 within", "big": 1%s, "float": 1e999, "\ud83d": {"x": 1}}"""
    % (b"0" * 5000)
)
CANDIDATE = (
    CONTROL.replace(b"\\udc00", b"\\udfff")
    .replace(b"nul ", b"NUL ")
    .replace(b"10000", b"20000")
    .replace(b'"x": 1', b'"x": 18446744073709551616')
)


@pytest.mark.promise("B125")
async def test_surrogates_nul_and_huge_numbers_cost_no_pair_and_are_read_back_as_plain_text(
    shadow: Shadow, aiohttp_server: Any
) -> None:
    async def new(_: web.Request) -> web.StreamResponse:
        return web.Response(body=CANDIDATE, headers={"Content-Type": "application/json", "X-Build": "\u00ff\u0080"})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", new)
    url = str((await aiohttp_server(app)).make_url("")).rstrip("/")
    shadow.tap.plans(plan_for("http://127.0.0.1:1", url, version_headers={"new": "X-Build"}))
    for number in range(3):
        shadow.tap.exchange(exchange_of(CONTROL, method="PUT", target="/orders/%00%ED%A0%80", id=f"\udc80\0{number}"))
    await shadow.tap.receipts()
    (summary,) = shadow.store.summaries()
    assert summary.outcomes == {Outcome.MISMATCH: 3}
    assert summary.skipped == {}
    assert len(summary.signatures) == 4
    for signature in summary.signatures:
        for text in (signature.path, signature.control_example, signature.candidate_example):
            assert text is not None
            assert text.isprintable()
    kept = shadow.store.pair(summary.signatures[0].example_pair)
    assert kept is not None
    assert kept.control is not None
    assert r"\ud800" in kept.control.body.text
    assert shadow.counted("strangler_store_failures") == 0


@pytest.mark.promise("B125")
def test_the_store_itself_loses_no_character_of_what_was_kept_and_found(tmp_path: Path) -> None:
    text = "\ud800 \0 \udfff \U0001f600 \x1b"
    store = SqliteStore(tmp_path / "s.db")
    with closing(store.writer()) as writer:
        body = StoredBody(text, 2**70)
        answer = StoredAnswer(200, (("X-Text", text),), body, 0.01, 0.02)
        difference = Difference(f"$.{text}", Kind.VALUES_CHANGED, text, text)
        kept = pair(candidate=answer, differences=(difference,), noisy=(text,), error=text)
        writer.write(batch(result(Outcome.MISMATCH, pair=kept)))
    assert store.pair(kept.id) == kept
