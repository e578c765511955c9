"""Users log in and out of a shop whose replacement shares no sessions with it: nothing of that is a mismatch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.integration.test_faults import instance, until
from tests.scenarios.shop import Shop

pytestmark = pytest.mark.heavy

TABLE = """
version: 1
backends:
  legacy: {{ url: "{legacy}" }}
  new: {{ url: "{new}" }}
defaults: {{ identity: [{{ cookie: session }}] }}
routes:
  - name: shop
    match: {{ path: "/**" }}
    split: {{ legacy: 100, new: 0 }}
    shadow: {{ sample: 100%, {shadow} }}
    ready: {{ target: 99%, hours: 0 }}
"""


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Keeps cookies as browsers do."""
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def visit(url: str, user: str) -> set[str]:
    """Log in, look around, log out; the session cookies that the browser was given."""
    given: list[str] = []
    async with browser(url) as client:
        for method, path, sent in (
            ("POST", "/login", {"user": user}),
            ("GET", "/me", None),
            ("GET", "/orders", None),
            ("POST", "/login", {"user": user}),
            ("GET", "/me", None),
            ("POST", "/logout", {}),
            ("GET", "/me", None),
        ):
            async with client.request(method, path, json=sent) as answer:
                await answer.read()
                assert answer.status == (401 if path == "/me" and given[-1] == "" else 200)
                given += [one.value for one in answer.cookies.values()]
    return {one for one in given if one}


async def outcomes(directory: Path, servers: Any, shadow: str) -> tuple[dict[str, Any], Shop, Shop]:
    old, new = Shop(), Shop()
    legacy, candidate = await servers(old.app), await servers(new.app)
    table = TABLE.format(legacy=legacy.make_url(""), new=candidate.make_url(""), shadow=shadow)
    async with instance(directory, table, "--workers", "1") as running:
        given = await asyncio.gather(*(visit(running.url, f"user-{number}") for number in range(5)))
        # Promise 1: whatever the shadow sets, the client has the primary's cookies and no others.
        assert set().union(*given) == old.issued
        await until(
            lambda: (
                running.report()["shop"]["seen"] == 35
                and running.report()["shop"]["copied"] == running.report()["shop"]["compared"] + lost(running.report())
            ),
            lambda: str(running.report()),
        )
        return running.report()["shop"], old, new


def lost(report: dict[str, Any]) -> int:
    return int(report["shop"]["skipped"].get("no_session", 0))


async def test_whole_visits_match_when_the_shadow_has_sessions_of_its_own(tmp_path: Path, aiohttp_server: Any) -> None:
    report, _, new = await outcomes(tmp_path, aiohttp_server, 'unsafe: "a login harms nobody", cookies: jar')
    assert {name: count for name, count in report["outcomes"].items() if count} == {"match": 35}
    sent = [headers.get("Cookie", "") for headers in new.copies("GET", "/orders")]
    assert len(set(sent)) == 5


async def test_with_the_clients_cookies_all_that_needs_a_login_differs(tmp_path: Path, aiohttp_server: Any) -> None:
    report, _, _ = await outcomes(tmp_path, aiohttp_server, 'unsafe: "a login harms nobody"')
    # Some are races: when the control was asked again, the user had logged out.
    assert report["outcomes"]["mismatch"] + report["outcomes"]["stale"] == 15
    assert report["outcomes"]["match"] == 20


async def test_a_user_whose_login_was_not_copied_is_no_evidence_and_counted(
    tmp_path: Path, aiohttp_server: Any
) -> None:
    report, _, _ = await outcomes(tmp_path, aiohttp_server, "cookies: jar")
    assert {name: count for name, count in report["outcomes"].items() if count} == {"match": 5}
    assert report["skipped"] == {"no_session": 15, "unsafe_method": 15}
    assert report["readiness"]["verdict"] == "inconclusive"
