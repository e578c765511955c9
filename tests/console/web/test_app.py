"""The admin port over real sockets, with a real store and real counters."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.web.addresses import ADDRESSES
from console.web.app import HEADERS
from console.web.audited import is_audited
from console.web.openapi import PATHS, openapi
from console.web.rights import Right
from proxy.model.counters import Counters
from proxy.model.packed import BadPacked, pack
from proxy.table.load import transparent_table
from shadow.signature import signature_id
from tests.console.scene import PAIR, fill_store
from tests.console.web.port import Port, check_answer, start, table_message


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    counters = Counters(tmp_path, f"proxy-0-{os.getpid()}")
    counters.add("strangler_refused", 2, reason="two_hosts")
    counters.values[counters.slot("strangler_in_flight", backend="orders")] = 4
    yield counters
    counters.close()


def test_every_address_for_programs_is_documented_and_every_documented_one_is_there() -> None:
    """Pages are for people; their JSON is what the page needs, and no promise."""
    served = {
        (address.path, address.method)
        for address in ADDRESSES
        if address.handler.startswith("api.") or address.path == "/"
    }
    assert served == {(path, method.upper()) for path, operations in PATHS.items() for method in operations}


async def test_with_a_store_every_answer_is_as_documented(port: Port, counters: Counters) -> None:
    fill_store(port.store)
    await start(port)
    for path in (
        "/",
        "/healthz",
        "/readyz",
        "/-/healthy",
        "/-/ready",
        "/metrics",
        "/api/openapi.json",
        "/api/v1/status",
    ):
        await check_answer(port, path, path, 200)
    report = await check_answer(port, "/api/v1/report", "/api/v1/report", 200)
    assert [route["route"] for route in report["routes"]] == ["order-read", "forms", "search"]
    signatures = await check_answer(port, "/api/v1/signatures?route=order-read", "/api/v1/signatures", 200)
    assert signatures["signatures"][0]["count"] == 100
    pair = await check_answer(port, f"/api/v1/pairs/{PAIR[:6]}", "/api/v1/pairs/{id}", 200)
    assert pair["curl"].endswith("'\"'\"'s'")
    status = await check_answer(port, "/api/v1/status", "/api/v1/status", 200)
    assert status["backends"][1]["in_flight"] == 4


async def test_problems_are_as_documented(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    await check_answer(port, "/api/v1/report?since=yesterday", "/api/v1/report", 400)
    unknown = await check_answer(port, "/api/v1/report?route=order-reed", "/api/v1/report", 404)
    assert "did you mean 'order-read'?" in unknown["detail"]
    await check_answer(port, "/api/v1/pairs/zzz", "/api/v1/pairs/{id}", 404)


async def test_without_a_store_page_and_api_answer_and_say_so(port: Port) -> None:
    await start(port)
    problem = await check_answer(port, "/api/v1/report", "/api/v1/report", 503)
    assert "nothing has been recorded yet" in problem["detail"]
    await check_answer(port, f"/api/v1/pairs/{PAIR}", "/api/v1/pairs/{id}", 503)
    assert "nothing has been recorded yet" in await check_answer(port, "/", "/", 200)
    assert (await check_answer(port, "/healthz", "/healthz", 200))["status"] == "ok"


async def test_a_broken_store_degrades_and_stops_nothing(port: Port) -> None:
    port.store.write_text("no database" * 1000)
    await start(port)
    assert (await port.ask("/healthz"))[1] == {
        "status": "degraded",
        "reasons": [
            f"cannot read {port.store}: it is damaged (file is not a database). A running `strangler serve` sets it aside and begins a new one"
        ],
    }
    assert (await port.ask("/readyz"))[0] == 200
    assert (await port.ask("/metrics"))[0] == 200


async def test_before_the_supervisor_has_spoken_it_is_alive_and_not_ready(port: Port) -> None:
    assert (await check_answer(port, "/healthz", "/healthz", 200))["status"] == "degraded"
    body = await check_answer(port, "/readyz", "/readyz", 503)
    assert body["reasons"] == ["the instance is starting", "0 of 0 proxy workers accept"]
    await check_answer(port, "/api/v1/status", "/api/v1/status", 200)
    await check_answer(port, "/", "/", 200)


async def test_while_draining_it_is_not_ready(port: Port) -> None:
    await start(port, state="draining")
    assert (await port.ask("/readyz"))[1]["reasons"] == ["the instance is draining"]


async def test_metrics_are_those_of_all_processes(port: Port, counters: Counters) -> None:
    await start(port)
    page = (await port.ask("/metrics"))[1]
    assert 'strangler_refused_total{reason="two_hosts"} 2.0' in page
    assert 'strangler_in_flight{backend="orders"} 4.0' in page
    assert "strangler_table_version 3.0" in page
    answer = (await port.ask("/metrics", headers={"Accept": "application/openmetrics-text"}))[2]
    assert answer.content_type == "application/openmetrics-text"


async def test_a_reload_is_asked_for_by_post_only(port: Port) -> None:
    await start(port)
    assert (await port.ask("/-/reload"))[0] == 405
    assert port.reloads == 0
    body = await check_answer(port, "/-/reload", "/-/reload", 202, "POST")
    assert body == {"asked": True, "table_version": 3}
    assert port.said == [{}]


async def test_who_changed_the_table_says_so_with_the_reload(port: Port) -> None:
    await start(port)
    changed = {"by": "ada", "reason": "20 % as agreed", "hash": "a" * 64}
    await check_answer(port, "/-/reload", "/-/reload", 202, "POST", json=changed)
    await check_answer(port, "/-/reload", "/-/reload", 202, "POST", json={"by": "ada"})
    await check_answer(port, "/-/reload", "/-/reload", 202, "POST", json={"reason": "release 7"})
    assert port.said == [
        changed,
        {"by": "ada", "reason": "", "hash": None},
        {"by": "local", "reason": "release 7", "hash": None},
    ]


@pytest.mark.parametrize("sent", [{"who": "ada"}, {"by": 7}, [], {"reason": "x" * 2001}])
async def test_a_reload_that_says_something_else_is_refused(port: Port, sent: object) -> None:
    await start(port)
    await check_answer(port, "/-/reload", "/-/reload", 400, "POST", json=sent)
    assert port.said == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Content-Type": "text/plain"}, {"Origin": "http://evil.example"}],
)
async def test_another_site_reloads_nothing(port: Port, headers: dict[str, str]) -> None:
    status, body, _ = await port.ask("/-/reload", "POST", headers=headers)
    assert (status, body["status"], port.reloads) == (403, 403, 0)


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/api/v1/status", "/nope"])
async def test_another_host_s_name_gets_nothing(port: Port, path: str) -> None:
    status, body, _ = await port.ask(path, headers={"Host": "evil.example"})
    assert (status, body["title"]) == (421, "Misdirected Request")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/", "HEAD", 200),
        ("/nope", "GET", 404),
        ("/readyz", "DELETE", 405),
        ("/api/v1/report", "GET", 503),
    ],
)
async def test_every_answer_has_the_headers_that_keep_it_to_itself(
    port: Port, path: str, method: str, status: int
) -> None:
    got, _, answer = await port.ask(path, method)
    assert got == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_wrong_method_is_told_which_are_right(port: Port) -> None:
    _, body, answer = await port.ask("/readyz", "DELETE")
    assert answer.headers["Allow"] == "GET,HEAD"
    assert body["detail"] == "/readyz takes GET and HEAD"


async def test_a_fault_of_ours_tells_nothing_but_that(
    port: Port, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(port.instance, "status", broken)
    status, body, _ = await port.ask("/api/v1/status")
    assert status == 500
    assert "planted" not in json.dumps(body)
    assert "planted" in caplog.text


@pytest.mark.parametrize("given", ["..%2f..%2fetc%2fpasswd", "%27%20OR%201=1--", "%25", "%00", "x" * 5000])
async def test_hostile_ids_find_nothing(port: Port, given: str) -> None:
    fill_store(port.store)
    assert (await port.ask(f"/api/v1/pairs/{given}"))[0] == 404


async def test_a_bad_table_from_the_supervisor_leaves_the_one_before(port: Port) -> None:
    await start(port)
    with pytest.raises(BadPacked):
        await port.instance.take_table({**table_message(), "table": "nonsense"})
    assert port.instance.table is not None
    assert len(port.instance.table.routes) == 3


async def test_a_transparent_table_is_taken(port: Port) -> None:
    await port.instance.take_table(
        {**table_message(), "text": None, "table": pack(transparent_table("http://127.0.0.1:8000"))}
    )
    assert port.instance.table is not None
    assert port.instance.table.routes == ()


def test_what_anybody_may_ask_is_documented_without_a_403() -> None:
    for address in ADDRESSES:
        if operation := PATHS.get(address.path, {}).get(address.method.lower()):
            assert ("403" in operation["responses"]) == (address.right is not Right.OPEN), address.path
            assert {"415", "421"} <= operation["responses"].keys()
            assert not is_audited(address) or "503" in operation["responses"], address.path


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "x"])
async def test_a_coded_body_is_refused_before_it_is_read(
    port: Port, coding: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    await check_answer(port, "/-/reload", "/-/reload", 415, "POST", data=b"garbage", headers=headers)
    assert (await port.ask("/healthz"))[0] == 200
    assert caplog.text == ""


@pytest.mark.parametrize("sent", ['{"state": "noise", "note": "\\ud800"}', '{"state": "noise", "owner": true}'])
async def test_half_a_character_is_refused_before_it_reaches_a_file(port: Port, sent: str) -> None:
    fill_store(port.store)
    await start(port)
    path = "/api/v1/signatures/{signature}/triage"
    signature = signature_id("order-read", "$.total", "type_changes")
    headers = {"Content-Type": "application/json"}
    await check_answer(port, path.replace("{signature}", signature), path, 400, "POST", data=sent, headers=headers)


def test_the_document_is_json_and_says_its_version() -> None:
    document = json.loads(json.dumps(openapi()))
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
            assert names == {part[1:-1] for part in path.split("/") if part.startswith("{")}
