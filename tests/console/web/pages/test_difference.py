"""The page of one difference, and what is said there, over real sockets with a real store and a real table file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from proxy.model.versions import hash_of
from proxy.table.load import load_table
from shadow.signature import signature_id
from shadow.store import open_store
from shadow.triage import State
from tests.console.scene import PAIR, TABLE, fill_store
from tests.console.test_status import told
from tests.console.web.port import Port, check_answer, start
from tests.console.web.reader import Reader

ID = signature_id("order-read", "$.total", "type_changes")
FORM = {"Sec-Fetch-Site": "same-origin"}
PAGE = f"/differences/{ID}"
API = f"/api/v1/signatures/{ID}"


@pytest.fixture
async def routes_file(port: Port, tmp_path: Path) -> Path:
    """The table of an instance that has evidence."""
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    fill_store(port.store)
    await start(port, table={**told()["table"], "source": str(path)})
    return path


def text(file: Path) -> str:
    return file.read_text()


def write(file: Path, text: str) -> None:
    file.write_text(text)


async def say(port: Port, path: str, **options: Any) -> tuple[int, aiohttp.ClientResponse]:
    status, _, answer = await port.ask(path, "POST", headers=FORM, allow_redirects=False, **options)
    return status, answer


async def test_the_page_shows_the_difference_and_what_a_backend_answered_only_as_text(
    port: Port, routes_file: Path
) -> None:
    page = Reader((await port.ask(PAGE))[1])
    text = " ".join(page.text.split())
    assert "Type changes in 100 pairs of order-read" in text
    assert "12.50" in text
    assert "<script>alert(1)</script>\\x1b[31m" in page.text
    assert "\u202e" not in page.text
    assert all("/static/" in str(attributes) for name, attributes in page.tags if name == "script")
    assert ("a", [("href", f"/pairs/{PAIR}")]) in page.tags


async def test_the_beginning_of_an_id_will_do(port: Port, routes_file: Path) -> None:
    assert (await port.ask(f"/differences/{ID[:6]}?format=json"))[1]["signature"]["id"] == ID


@pytest.mark.parametrize("given", ["zzz", "%00", "..%2f..%2fetc", "x" * 3000])
async def test_an_id_that_nothing_has_is_not_found(port: Port, routes_file: Path, given: str) -> None:
    status, body, _ = await port.ask(f"/differences/{given}")
    assert (status, "/differences lists them" in body["detail"]) == (404, True)


async def test_what_is_said_is_kept_and_shown(port: Port, routes_file: Path) -> None:
    form = {"state": "bug-in-new", "owner": "anna", "note": "<b>see #7</b>"}
    status, answer = await say(port, f"{PAGE}/triage", data=form)
    assert (status, answer.headers["Location"]) == (303, PAGE)
    kept = open_store(f"sqlite:///{port.store}").triage()[ID]
    assert (kept.state, kept.owner, kept.note, kept.by) == (State.BUG_IN_NEW, "anna", "<b>see #7</b>", "local")
    page = Reader((await port.ask(PAGE))[1])
    assert "<b>see #7</b>" in page.text
    assert "b" not in {name for name, _ in page.tags}
    assert ("option", [("value", "bug-in-new"), ("selected", None)]) in page.tags


async def test_a_waiver_is_written_into_the_table_and_the_difference_is_intended(port: Port, routes_file: Path) -> None:
    form = {"reason": "text is fine: #7", "until": "2099-03-31", "kinds": "yes"}
    status, answer = await say(port, f"{PAGE}/waive", data=form)
    assert (status, answer.headers["Location"]) == (303, "/differences?route=order-read&done=waived")
    (_, waiver) = load_table(text(routes_file)).routes[0].compare.ignore
    assert (waiver.path, waiver.reason, str(waiver.until)) == ("$.total", "text is fine: #7", "2099-03-31")
    assert open_store(f"sqlite:///{port.store}").triage()[ID].state is State.INTENDED
    why = "order-read: $.total is accepted: text is fine: #7"
    assert port.said == [{"by": "local", "reason": why, "hash": hash_of(text(routes_file))}]


async def test_a_second_waiver_for_the_same_place_is_refused(port: Port, routes_file: Path) -> None:
    await say(port, f"{PAGE}/waive", data={"reason": "fine"})
    before = text(routes_file)
    status, body, _ = await port.ask(f"{PAGE}/waive", "POST", headers=FORM, data={"reason": "fine"})
    assert (status, "has a rule for $.total already" in body["detail"]) == (409, True)
    assert (text(routes_file), port.reloads) == (before, 1)


async def test_a_table_that_cannot_be_written_keeps_its_text_and_nothing_is_said(port: Port, routes_file: Path) -> None:
    write(routes_file, "version: 1\nroutes: [\n")
    status, body, _ = await port.ask(f"{PAGE}/waive", "POST", headers=FORM, data={"reason": "fine"})
    assert status == 409, body
    assert text(routes_file) == "version: 1\nroutes: [\n"
    assert open_store(f"sqlite:///{port.store}").triage() == {}


@pytest.mark.parametrize(
    ("act", "form", "complaint"),
    [
        ("triage", {}, "state is one of bug-in-new"),
        ("triage", {"state": "open"}, "state is one of bug-in-new"),
        ("triage", {"state": "noise", "note": "x" * 2001}, "note has 0 to 2000 characters"),
        ("triage", {"state": "noise", "notes": "x"}, "'notes' is not known here"),
        ("waive", {}, "reason has 1 to 2000 characters"),
        ("waive", {"reason": "  "}, "reason has 1 to 2000 characters"),
        ("waive", {"reason": "fine", "until": "31.3."}, "until: a date such as"),
        ("waive", {"reason": "fine", "until": "2020-01-01"}, "until: 2020-01-01 is over"),
    ],
)
@pytest.mark.parametrize("address", [PAGE, API])
async def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    port: Port,
    routes_file: Path,
    address: str,
    act: str,
    form: dict[str, str],
    complaint: str,
) -> None:
    sent = {"data": form} if address is PAGE else {"json": form}
    status, body, _ = await port.ask(f"{address}/{act}", "POST", headers=FORM, **sent)
    assert (status, complaint in body["detail"]) == (400, True)
    assert (text(routes_file), port.reloads) == (TABLE, 0)
    assert open_store(f"sqlite:///{port.store}").triage() == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
@pytest.mark.parametrize("act", [f"{PAGE}/triage", f"{PAGE}/waive", f"{API}/triage", f"{API}/waive"])
async def test_another_site_says_nothing_in_our_name(
    port: Port,
    routes_file: Path,
    act: str,
    headers: dict[str, str],
) -> None:
    status, _, _ = await port.ask(act, "POST", headers=headers, data="state=noise&reason=x")
    assert (status, text(routes_file), port.reloads) == (403, TABLE, 0)
    assert open_store(f"sqlite:///{port.store}").triage() == {}


async def test_programs_say_it_as_documented(port: Port, routes_file: Path) -> None:
    said = {"json": {"state": "noise", "note": "clock"}}
    documented = "/api/v1/signatures/{signature}"
    body = await check_answer(port, f"{API}/triage", f"{documented}/triage", 200, "POST", **said)
    assert (body["signature"], body["state"], body["by"]) == (ID, "noise", "local")
    waiver = {"json": {"reason": "fine", "until": "2099-03-31", "kinds": True}}
    body = await check_answer(port, f"{API}/waive", f"{documented}/waive", 200, "POST", **waiver)
    assert body["waiver"] == {
        "path": "$.total",
        "reason": "fine",
        "author": "local",
        "until": "2099-03-31",
        "kinds": ["type_changes"],
    }
    await check_answer(port, f"{API}/waive", f"{documented}/waive", 409, "POST", **waiver)
    await check_answer(port, f"{API}x/triage", f"{documented}/triage", 404, "POST", **said)
    await check_answer(port, f"{API}/triage", f"{documented}/triage", 400, "POST", json={"state": "?"})
