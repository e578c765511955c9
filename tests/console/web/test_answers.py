from __future__ import annotations

import pytest

from tests.console.web.port import Port, start


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/?format=json", "text/html"), ("/", "application/json"), ("/", "application/json, */*;q=0.1")],
)
async def test_a_page_is_json_for_whoever_asks_for_it(port: Port, path: str, accept: str) -> None:
    await start(port)
    status, body, _ = await port.ask(path, headers={"Accept": accept})
    assert status == 200
    assert {route["route"] for route in body["routes"]} == {"order-read", "search", "forms"}


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", ""])
async def test_everybody_else_gets_the_page(port: Port, accept: str) -> None:
    await start(port)
    _, body, answer = await port.ask("/", headers={"Accept": accept})
    assert answer.content_type == "text/html"
    assert "<!doctype html>" in body
