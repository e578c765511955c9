"""The page of one pair, and its request sent once more, over real sockets."""

from __future__ import annotations

import time

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from console.web.pages.pair import pair_page_document
from proxy.model.plan import plans_of
from proxy.table.load import load_table
from shadow.model import Difference, Kind, Outcome
from shadow.signature import signature_id
from shadow.store import open_store
from shadow.store.batch import Batch
from shadow.store.records import Recorded, StoredAnswer, StoredBody, StoredPair, StoredRequest
from tests.console.scene import PAIR, TABLE, fill_store, kept_pair
from tests.console.web.port import Port, start, table_message
from tests.console.web.reader import Reader

FORM = {"Sec-Fetch-Site": "same-origin"}


async def test_the_page_shows_both_answers_and_nothing_of_them_is_markup(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    page = Reader((await port.ask(f"/pairs/{PAIR[:8]}"))[1])
    assert "POST /orders/7?x=it's" in page.text
    assert "<script>alert(1)</script>\\x1b[31m" in page.text
    assert "\u202e" not in page.text
    assert all("/static/" in str(attributes) for name, attributes in page.tags if name == "script")
    assert "9 equal lines" in page.text
    assert "Redacted, put your own values there: Cookie" in page.text
    signature = signature_id("order-read", "$.total", "type_changes")
    assert ("a", [("href", f"/differences/{signature}")]) in page.tags


async def test_only_the_answers_are_a_piece_for_other_pages(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    body = (await port.ask(f"/pairs/{PAIR}/answers"))[1]
    assert "<html" not in body
    assert "candidate" in Reader(body).text


@pytest.mark.parametrize("path", ["/pairs/zzz", "/pairs/%00", "/pairs/zzz/answers"])
async def test_a_pair_that_is_not_kept_is_not_found(port: Port, path: str) -> None:
    fill_store(port.store)
    assert (await port.ask(path))[0] == 404


def test_only_what_differs_in_a_line_is_marked() -> None:
    document = pair_page_document(kept_pair(), "http://127.0.0.1:8080")
    (body,) = [section for section in document["sections"] if section["title"] == "Body"]
    (changed,) = [row for fold in body["folds"] for row in fold["rows"] if row["mark"] == "changed"]
    assert changed["control"][0] == '  "total": '
    assert "".join(changed["control"]) == '  "total": 12.50,'
    assert "".join(changed["candidate"]) == '  "total": "12.50",'
    assert body["folds"][-1]["equal"]


def test_a_header_that_does_not_count_is_not_marked() -> None:
    sides = [StoredAnswer(200, (("Date", at), ("Vary", at)), StoredBody(), 0.1, 0.1) for at in ("1", "2")]
    found = (Difference("header:vary", Kind.VALUES_CHANGED, "1", "2"),)
    document = pair_page_document(kept_pair(control=sides[0], candidate=sides[1], differences=found), "http://shop")
    headers = document["sections"][1]
    assert [row["mark"] for fold in headers["folds"] for row in fold["rows"]] == ["uncounted", "changed"]
    assert headers["folds"][0]["rows"][0]["control"] == ["date: 1", "", ""]
    assert headers["uncounted"]


def test_a_pair_whose_messages_are_gone_still_tells_what_was_found() -> None:
    document = pair_page_document(kept_pair(request=None, control=None, candidate=None), "http://127.0.0.1:8080")
    assert (document["sections"], document["redacted"]) == ([], [])
    assert document["pair"]["differences"][0]["path"] == "$.total"


def test_a_very_long_body_is_cut_and_that_is_said() -> None:
    lines = "\n".join(map(str, range(5_000)))
    answer = StoredAnswer(200, (), StoredBody(lines, len(lines)), 0.1, 0.1)
    document = pair_page_document(kept_pair(control=answer, candidate=answer), "http://127.0.0.1:8080")
    body = document["sections"][-1]
    assert (body["cut"], sum(len(fold["rows"]) for fold in body["folds"])) == (True, body["most"])


def safe_pair(**changes: object) -> StoredPair:
    request = StoredRequest("GET", "/orders/7", (("Host", "shop"),), StoredBody())
    return kept_pair(method="GET", target="/orders/7", request=request, **changes)


async def asked_again(
    port: Port, aiohttp_server: AiohttpServer, table: str = TABLE
) -> tuple[str, list[tuple[str, str]]]:
    """The page that says what the candidate answered when it was asked again, and what it was asked."""
    asked = []

    async def orders(request: web.Request) -> web.Response:
        asked.append((request.method, request.path))
        return web.json_response({"id": 7, "total": 13})

    app = web.Application()
    app.router.add_get("/orders/{id}", orders)
    server = await aiohttp_server(app)
    text = table.replace("http://127.0.0.1:9000", f"http://127.0.0.1:{server.port}")
    plan = plans_of(load_table(text, version=3))["order-read"]
    now = time.time()
    writer = open_store(f"sqlite:///{port.store}").writer()
    pair = safe_pair(rules=plan.rules, now=now)
    writer.write(
        Batch(
            plans={"order-read": plan},
            plans_at=now,
            pairs=[Recorded("order-read", plan.rules, now, Outcome.MISMATCH, 1.0, 1.0, (), pair, 100)],
        )
    )
    writer.close()
    await start(port)
    await port.instance.take_table(table_message(text))
    status, body, _ = await port.ask(f"/pairs/{PAIR}/replay", "POST", headers=FORM)
    assert status == 200, body
    return " ".join(Reader(body).text.split()), asked


async def test_the_candidate_is_asked_again_and_held_against_what_the_control_said(
    port: Port, aiohttp_server: AiohttpServer
) -> None:
    text, asked = await asked_again(port, aiohttp_server)
    assert "The candidate, asked again: different" in text
    assert "12.50 → 13" in text
    assert asked == [("GET", "/orders/7")]


async def test_what_the_table_hides_is_hidden_of_what_the_candidate_says_again(
    port: Port, aiohttp_server: AiohttpServer
) -> None:
    hiding = TABLE.replace("defaults:\n", "defaults:\n  redact: { paths: [$.total] }\n")
    text, asked = await asked_again(port, aiohttp_server, hiding)
    assert asked == [("GET", "/orders/7")]
    assert "$.items" in text
    assert "$.total" not in text
    assert "13" not in text


async def test_what_is_not_safe_to_repeat_is_not_sent(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    status, body, _ = await port.ask(f"/pairs/{PAIR}/replay", "POST", headers=FORM)
    assert (status, "asked again: unusable" in Reader(body).text) == (200, True)


async def test_without_a_candidate_in_the_table_nobody_is_asked(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    without = TABLE.replace("name: order-read", "name: orders-read")
    await port.instance.take_table(table_message(without))
    status, body, _ = await port.ask(f"/pairs/{PAIR}/replay", "POST", headers=FORM)
    assert (status, "no candidate for order-read any more" in body["detail"]) == (409, True)


async def test_another_site_asks_nobody(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await port.ask(f"/pairs/{PAIR}/replay", "POST", headers=headers))[0] == 403
