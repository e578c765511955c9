"""Logging in through a provider that keeps to the protocol, as a browser does it, over real sockets on both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from console.access.provider import BACK, ProviderLogin
from console.access.sessions import LONGEST_SECONDS
from console.oidc.settings import OidcSettings, RoleRule
from console.web.rights import Role
from demo.processes import free_port
from tests.console.oidc.provider import CLIENT, LocalProvider
from tests.console.web.conftest import served
from tests.console.web.people import Browser, GuardedPort
from tests.console.web.port import start
from tests.console.web.reader import Reader

RULES = (
    RoleRule("groups", "sre", Role.OPERATOR, bodies=True),
    RoleRule("groups", "staff", Role.VIEWER, bodies=False),
)


@pytest.fixture
async def provider() -> AsyncIterator[LocalProvider]:
    local = LocalProvider()
    server = await local.start()
    yield local
    await server.close()


@pytest.fixture
async def guarded(tmp_path: Path, provider: LocalProvider) -> AsyncIterator[GuardedPort]:
    """What the provider sends people back to is asked of our port by the tests, whatever its number is."""
    redirect = f"http://127.0.0.1:{free_port()}{BACK}"
    settings = OidcSettings(
        provider.issuer, CLIENT, provider.secret, redirect, ("openid",), ("preferred_username", "sub"), RULES
    )
    port = GuardedPort(tmp_path, ProviderLogin(settings))
    async with served(port):
        await start(port)
        yield port


@pytest.fixture
async def browser(guarded: GuardedPort) -> AsyncIterator[Browser]:
    async with Browser(guarded) as browser:
        yield browser


async def way_back(browser: Browser, path: str = "/login/provider") -> str:
    """Goes to the provider; the address of ours that it sends the browser to."""
    status, _, answer = await browser.ask(path)
    assert status == 303
    async with aiohttp.ClientSession() as there, there.get(answer.headers["Location"], allow_redirects=False) as agreed:
        assert agreed.status == 302, await agreed.text()
        back = urlsplit(agreed.headers["Location"])
        return f"{back.path}?{back.query}"


async def test_who_has_a_role_comes_in_and_goes_on_to_their_page(browser: Browser) -> None:
    page = Reader((await browser.ask("/login?next=/system"))[1])
    (link,) = [dict(given)["href"] for tag, given in page.tags if tag == "a" and "provider" in str(given)]
    assert link == "/login/provider?next=/system"
    status, body, answer = await browser.ask(await way_back(browser, str(link)))
    assert status == 200  # no redirect: it would be the provider's, and the browser would not send the new cookie
    assert ("meta", [("http-equiv", "refresh"), ("content", "0;url=/system")]) in Reader(body).tags
    session = next(value for value in answer.headers.getall("Set-Cookie") if value.startswith("strangler="))
    assert {"HttpOnly", "SameSite=Strict"} <= set(session.split("; "))
    status, body, _ = await browser.ask("/system")
    assert (status, "oidc:ada" in body) == (200, True)


async def test_claims_give_the_role_and_the_right_to_bodies(
    guarded: GuardedPort, browser: Browser, provider: LocalProvider
) -> None:
    provider.person["groups"] = ["staff"]
    await browser.ask(await way_back(browser))
    program = {"Accept": "*/*", "X-Csrf-Token": await browser.csrf()}
    assert (await browser.ask("/-/reload", "POST", headers=program))[1]["right"] == "operate"
    assert (await browser.ask("/pairs/x", headers=program))[1]["right"] == "bodies"
    provider.person["groups"] = ["staff", "sre"]
    await browser.ask(await way_back(browser))
    csrf = {"X-Csrf-Token": await browser.csrf()}
    assert (await browser.ask("/-/reload", "POST", json={"reason": "x"}, headers=csrf))[0] == 202
    assert guarded.said[0]["by"] == "oidc:ada"


@pytest.mark.parametrize("person", [{"sub": "1"}, {"sub": "1", "groups": ["guests"]}, {"sub": "1", "groups": "sre-x"}])
async def test_who_has_no_role_does_not_come_in(
    browser: Browser, provider: LocalProvider, person: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    provider.person = person
    status, body, answer = await browser.ask(await way_back(browser))
    assert status == 403
    assert "did not let you in" in body
    assert "strangler=" not in str(answer.headers.getall("Set-Cookie", ()))
    assert "a login failed" in caplog.text
    assert (await browser.ask("/system"))[0] == 303


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claims: {**claims, "aud": "another"},
        lambda claims: {**claims, "iss": "http://127.0.0.1:1"},
        lambda claims: {**claims, "nonce": "another"},
        lambda claims: {**claims, "exp": 1},
        lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    ],
)
async def test_a_token_for_somebody_else_lets_nobody_in(browser: Browser, provider: LocalProvider, spoil: Any) -> None:
    provider.change = spoil
    assert (await browser.ask(await way_back(browser)))[0] == 403
    assert (await browser.ask("/system"))[0] == 303


async def test_only_the_browser_that_went_there_comes_back(guarded: GuardedPort, browser: Browser) -> None:
    back = await way_back(browser)
    async with Browser(guarded) as another:
        assert (await another.ask(back))[0] == 403
        await way_back(another)
        assert (await another.ask(back))[0] == 403  # with an attempt of its own, and the code of somebody else's
        assert (await another.ask("/system"))[0] == 303


async def test_an_answer_is_good_once(browser: Browser) -> None:
    attempt = {}
    back = await way_back(browser)
    attempt["Cookie"] = f"strangler-login={browser.cookies['strangler-login']}"
    assert (await browser.ask(back))[0] == 200
    assert (await browser.ask(back, headers=attempt))[0] == 403


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x&code=x", "?error=access_denied", "?error=%3Cscript%3E&state=x"]
)
async def test_what_no_provider_sent_lets_nobody_in(browser: Browser, query: str) -> None:
    await browser.ask("/login/provider")
    status, body, _ = await browser.ask(f"{BACK}{query}")
    assert (status, "<script>" in body) == (403, False)


async def test_nobody_is_sent_elsewhere_in_the_end(browser: Browser) -> None:
    _, body, _ = await browser.ask(await way_back(browser, "/login/provider?next=//evil.example"))
    assert ("meta", [("http-equiv", "refresh"), ("content", "0;url=/")]) in Reader(body).tags


async def test_the_session_changes_ends_and_is_capped_like_any_other(guarded: GuardedPort, browser: Browser) -> None:
    await browser.log_in("viewer")
    former = {"Cookie": f"strangler={browser.cookies['strangler']}"}
    await browser.ask(await way_back(browser))
    assert (await guarded.ask("/system", headers=former))[0] == 401
    assert (await browser.ask("/logout", "POST", data={"csrf": await browser.csrf()}))[0] == 303
    assert (await browser.ask("/system"))[0] == 303
    await browser.ask(await way_back(browser))
    guarded.now += LONGEST_SECONDS + 1
    assert (await browser.ask("/system"))[0] == 303


async def test_a_provider_that_is_down_keeps_nobody_with_a_password_out(
    guarded: GuardedPort, provider: LocalProvider, browser: Browser
) -> None:
    provider.metadata["issuer"] = "http://127.0.0.1:1"
    assert (await browser.ask("/login/provider"))[0] == 403
    assert (await browser.log_in("viewer"))[0] == 303


async def test_the_way_out_asks_for_a_code_with_pkce_and_a_nonce(browser: Browser, provider: LocalProvider) -> None:
    _, _, answer = await browser.ask("/login/provider")
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))
    assert asked["state"][0] not in cookie
