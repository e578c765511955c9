"""Logins are in the audit log: who came, from where, and what came of it; what strangers add to it is little, and never a secret."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from console.audit.failures import MOST_ROWS
from console.audit.reading import check
from console.web import logins
from tests.console.web.people import PASSWORD, Browser, GuardedPort, token_of
from tests.proxy.supervise.instance import until

SECRET = "hunter2-typed-into-any-field"


def acts(port: GuardedPort) -> list[dict[str, Any]]:
    read = [json.loads(line) for line in port.audit.read_text().splitlines()] if port.audit.is_file() else []
    return [line for line in read if line["act"]]


def told(port: GuardedPort) -> list[tuple[str, ...]]:
    return [(line["step"], line["by"], line["what"], line["of"].get("user", "")) for line in acts(port)]


async def have_failed(port: GuardedPort, times: int) -> None:
    def are_told() -> bool:
        return sum(int(line["of"].get("times", 0)) for line in acts(port)) == times

    await asyncio.to_thread(until, are_told, f"{times} failures in the audit log")


@pytest.fixture
def short_span(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "SPAN_SECONDS", 0.05)


async def test_who_comes_in_and_leaves_is_written_at_once(guarded: GuardedPort, browser: Browser) -> None:
    assert (await browser.log_in("admin"))[0] == 303
    await browser.ask("/logout", "POST", data={"csrf": await browser.csrf()})
    assert told(guarded) == [
        ("intended", "admin", "POST /login", ""),
        ("done", "admin", "POST /login", ""),
        ("done", "admin", "POST /logout", ""),
    ]
    assert all(line["of"] == {"from": "127.0.0.1"} and line["at"].endswith("Z") for line in acts(guarded))


async def test_who_has_no_session_leaves_nothing_in_the_log_by_leaving(guarded: GuardedPort, browser: Browser) -> None:
    assert (await browser.ask("/logout", "POST", headers={"Cookie": "strangler=x"}))[0] == 303
    assert acts(guarded) == []


async def test_failures_are_counted_and_told_when_their_span_is_over(
    guarded: GuardedPort, browser: Browser, short_span: None
) -> None:
    for name in ("admin", "admin", "no-such-user"):
        await browser.log_in(name, "wrong")
    await have_failed(guarded, 3)
    assert {(line["step"], line["by"], line["status"], line["of"].get("user")) for line in acts(guarded)} == {
        ("refused", "nobody", 403, "admin"),
        ("refused", "nobody", 403, None),
    }


async def test_guesses_stand_before_the_one_that_was_right(guarded: GuardedPort, browser: Browser) -> None:
    for _ in range(3):
        await browser.log_in("admin", "wrong")
    await browser.log_in("admin")
    assert [step for step, *_ in told(guarded)] == ["refused", "intended", "done"]
    assert acts(guarded)[0]["of"]["times"] == "3"


async def test_who_tries_too_often_fills_no_disk(guarded: GuardedPort, browser: Browser, short_span: None) -> None:
    for number in range(60):
        await browser.log_in(f"user-{number}", "wrong")
    await have_failed(guarded, 60)
    assert {line["status"] for line in acts(guarded)} == {403, 429}
    assert {line["of"]["why"] for line in acts(guarded)} == {"no such user", "too many tries"}


async def test_a_flood_of_one_span_is_a_few_lines(guarded: GuardedPort, browser: Browser) -> None:
    for number in range(40):
        await browser.ask("/system", headers={"Authorization": f"Bearer {number}"})
        await browser.log_in(f"user-{number}", "wrong")
    await browser.log_in("admin")  # from an address that tried too often
    guarded.now += 3600
    await browser.log_in("admin")
    failures = [line for line in acts(guarded) if line["step"] == "refused"]
    assert len(failures) <= MOST_ROWS + 1
    assert sum(int(line["of"]["times"]) for line in failures) == 81
    assert check(guarded.audit).broken is None


async def test_what_is_typed_and_shown_is_never_in_the_log(
    guarded: GuardedPort, browser: Browser, short_span: None
) -> None:
    await browser.log_in(SECRET, PASSWORD)
    await browser.log_in("admin", SECRET)
    await browser.ask("/system", headers={"Authorization": f"Bearer {SECRET}"})
    await have_failed(guarded, 3)
    await browser.log_in("viewer", token_of("viewer"))
    text = guarded.audit.read_text()
    assert not [one for one in (SECRET, PASSWORD, token_of("viewer"), browser.cookies["strangler"]) if one in text]


async def test_nobody_is_let_in_whose_login_cannot_be_audited(guarded: GuardedPort, browser: Browser) -> None:
    guarded.audit.unlink(missing_ok=True)
    guarded.audit.mkdir()
    status, page, answer = await browser.log_in("admin")
    assert (status, "Set-Cookie" in answer.headers) == (503, False)
    assert "The audit log cannot be written at present, so nobody is let in." in page
    assert str(guarded.audit) not in page  # strangers see it, too
    assert (await browser.ask("/system"))[0] == 303
    assert (await browser.ask("/system", headers={"Authorization": f"Bearer {token_of('admin')}"}))[0] == 200
    guarded.audit.rmdir()
    assert (await browser.log_in("admin"))[0] == 303


async def test_logging_out_works_all_the_same_and_its_line_comes_later(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("admin")
    kept = guarded.audit.rename(guarded.audit.with_suffix(".kept"))
    csrf = await browser.csrf()
    guarded.audit.mkdir()
    assert (await browser.ask("/logout", "POST", data={"csrf": csrf}))[0] == 303
    assert (await browser.ask("/system"))[0] == 303
    guarded.audit.rmdir()
    kept.rename(guarded.audit)
    await browser.log_in("viewer")
    assert ("done", "admin", "POST /logout", "") in told(guarded)


async def test_failures_that_cannot_be_written_are_counted_on(
    guarded: GuardedPort, browser: Browser, short_span: None
) -> None:
    guarded.audit.unlink(missing_ok=True)
    guarded.audit.mkdir()
    for _ in range(3):
        await browser.log_in("admin", "wrong")
        await browser.log_in("admin")  # which tells them, or cannot
    guarded.audit.rmdir()
    await have_failed(guarded, 3)


async def test_the_page_and_the_api_show_them_to_those_who_administer(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("viewer", "wrong")
    await browser.log_in("admin")
    page = (await browser.ask("/audit"))[1]
    assert "POST /login" in page
    assert "a wrong password, user viewer" in page
    assert "refused 403" in page
    found = (await browser.ask("/api/v1/audit?about=wrong+password"))[1]
    assert [one["of"]["user"] for one in found["acts"]] == ["viewer"]
