"""All pages over the real admin app: full, empty, without a store, and with names that somebody hostile chose."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

import pytest

from proxy.model.plan import plans_of
from shadow.store import open_store
from shadow.store.batch import Batch
from tests.console.scene import HOSTILE, fill_store, table
from tests.console.web.port import Port, start
from tests.console.web.reader import Reader

PAGES = ("/", "/?window=7d", "/?window=28d", "/routes/order-read", "/routes/forms", "/system")


def own(page: Reader) -> bool:
    """No script, style or link but ours, and nothing inline."""
    attributes = [dict(given) for _, given in page.tags]
    hrefs = [one.get("src") or one.get("href") or "/" for one in attributes]
    inline = [name for one in attributes for name in one if name.startswith("on") or name == "style"]
    return not inline and all(href.startswith(("/", "?", "#")) and not href.startswith("//") for href in hrefs)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("store", ["full", "empty", "missing", "broken"])
async def test_every_page_answers_whatever_the_store_is(port: Port, path: str, store: str) -> None:
    match store:
        case "full":
            fill_store(port.store)
        case "empty":
            open_store(f"sqlite:///{port.store}").writer().close()
        case "broken":
            port.store.write_text("no database" * 1000)
    await start(port)
    status, body, _ = await port.ask(path)
    assert status == 200
    assert own(Reader(body))
    status, twin, _ = await port.ask(path, headers={"Accept": "application/json"})
    assert (status, isinstance(twin, Mapping)) == (200, True)
    assert bool(twin["notices"]) == ((store in {"missing", "broken"} and path != "/system") or store == "broken")


async def test_before_the_supervisor_has_spoken_pages_answer(port: Port) -> None:
    assert [(await port.ask(path))[0] for path in ("/", "/system")] == [200, 200]
    assert (await port.ask("/routes/order-read"))[0] == 404


async def test_the_overview_tells_how_much_is_moved(port: Port) -> None:
    url = fill_store(port.store)
    await start(port)
    _, before, _ = await port.ask("/?format=json")
    rules = plans_of(table())["order-read"].rules
    writer = open_store(url).writer()
    told = {"answered:legacy": 3, "answered:orders": 1, f"answered:{HOSTILE}": 0}
    writer.write(Batch(told={("p", "order-read"): (rules, time.time(), told)}))
    writer.close()
    await start(port)
    port.evidence._readings.clear()
    _, body, _ = await port.ask("/?format=json")
    assert before["traffic"]["all"] == 0
    assert (body["traffic"]["moved"], body["traffic"]["all"]) == (1, 4)
    (route,) = [one for one in body["routes"] if one["route"] == "order-read"]
    assert route["actual"] == {"moved": 1, "all": 4}
    page = Reader((await port.ask("/"))[1])
    assert "25 %" in page.text
    assert ("rect", [("width", "25.00"), ("height", "6"), ("class", "new")]) in page.tags
    assert [tag for tag, given in page.tags if tag == "rect" and ("fill", "url(#hatch-1)") in given]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["order-read", "forms", "search"]),
        ("q=ORDER", ["order-read"]),
        ("q=/forms", ["forms"]),
        ("stage=canary", ["order-read"]),
        ("verdict=ready", ["search"]),
        ("verdict=ready&stage=canary", []),
        ("stage=nonsense", []),
        ("window=nonsense&page=99", ["order-read", "forms", "search"]),
    ],
)
async def test_the_filters_of_the_overview_live_in_its_address(port: Port, query: str, expected: list[str]) -> None:
    fill_store(port.store)
    await start(port)
    _, body, _ = await port.ask(f"/?format=json&{query}")
    assert sorted(route["route"] for route in body["routes"]) == sorted(expected)
    if not expected:
        assert "Of 3 routes, none fits." in Reader((await port.ask(f"/?{query}"))[1]).text


async def test_a_route_tells_what_every_gate_says(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    page = Reader((await port.ask("/routes/order-read"))[1])
    text = " ".join(page.text.split())
    for expected in (
        "Is the candidate wrong too often?",
        "100 of 400",
        "HEAD /orders/{id}",
        "a time stamp",
        "orders 20",
    ):
        assert expected in text
    assert "alert(1)" not in json.dumps([given for tag, given in page.tags if tag == "script"])
    _, body, _ = await port.ask("/routes/order-read?format=json")
    assert body["evidence"]["gates"][0]["verdict"] == "blocked"
    assert len({gate["gate"] for gate in body["evidence"]["gates"]}) == len(body["evidence"]["gates"])


@pytest.mark.parametrize("name", ["nope", "%3Cscript%3E", "..%2f..", "x" * 4000, "%00"])
async def test_a_route_that_is_not_there_is_not_found(port: Port, name: str) -> None:
    fill_store(port.store)
    await start(port)
    assert (await port.ask(f"/routes/{name}"))[0] == 404


async def test_the_system_page_tells_what_is_stored_and_what_is_down(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    page = Reader((await port.ask("/system"))[1])
    assert "strangler.db" in page.text
    assert "http://127.0.0.1:9000" in page.text


async def test_hostile_queries_stay_text(port: Port) -> None:
    await start(port)
    for path in ("/", "/system", "/routes/order-read"):
        page = Reader((await port.ask(f"{path}?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&window=%22%3E"))[1])
        assert own(page)
        assert all(("src", None) not in given and given for tag, given in page.tags if tag == "script")
