from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.console.scene import fill_store
from tests.console.web.hostile import MARKUP
from tests.console.web.pages.test_pages import own
from tests.console.web.people import Browser, GuardedPort
from tests.console.web.port import Port, start
from tests.console.web.reader import Reader

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/pairs/x", 404), ("/routes/none", 404), ("/-/reload", 405)]
)
async def test_a_person_reads_a_page_that_leads_on_and_a_program_the_problem(
    port: Port, path: str, status: int
) -> None:
    fill_store(port.store)
    await start(port)
    got, body, answer = await port.ask(path)
    assert (got, answer.content_type, body["status"]) == (status, "application/problem+json", status)
    got, page, shown = await port.ask(path, headers=PAGE)
    assert (got, shown.content_type) == (status, "text/html")
    assert body["detail"] in Reader(page).text
    assert ("a", [("href", "/")]) in Reader(page).tags
    assert own(Reader(page))
    assert answer.headers["Vary"] == shown.headers["Vary"] == "Accept"
    assert answer.headers.get("Allow") == shown.headers.get("Allow")


@pytest.mark.parametrize("path", ["/api/v1/pairs/x", "/pairs/x?format=json"])
async def test_who_asked_for_json_gets_the_problem_in_a_browser_too(port: Port, path: str) -> None:
    fill_store(port.store)
    await start(port)
    assert (await port.ask(path, headers=PAGE))[1]["status"] == 404


@pytest.mark.promise("B130")
@pytest.mark.parametrize("text", MARKUP)
async def test_what_was_asked_for_is_only_text_in_it(port: Port, text: str) -> None:
    fill_store(port.store)
    await start(port)
    plain = Reader((await port.ask("/pairs/x", headers=PAGE))[1]).tags
    for path in ("/pairs/", "/routes/", "/differences/"):
        found = Reader((await port.ask(path + quote(text, safe=""), headers=PAGE))[1]).tags
        assert [tag for tag, _ in found] == [tag for tag, _ in plain]


async def test_who_may_not_is_told_which_right_is_missing_and_keeps_the_head_of_the_page(
    guarded: GuardedPort, browser: Browser
) -> None:
    await browser.log_in("viewer")
    status, page, _ = await browser.ask("/audit")
    assert (status, "ask an admin for the right" in page, "Log out" in page) == (403, True, True)
