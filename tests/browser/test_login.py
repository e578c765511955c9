"""Logging in and out in a real browser: what it does with our cookies, forms and policies, only it can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.access.provider import BACK, ProviderLogin
from console.oidc.settings import OidcSettings, RoleRule
from console.web.rights import Role
from demo.processes import free_port
from tests.browser.chromium import Browser
from tests.console.oidc.provider import CLIENT, LocalProvider
from tests.console.test_status import process
from tests.console.web.conftest import served
from tests.console.web.people import PASSWORD, GuardedPort
from tests.console.web.port import start

pytestmark = pytest.mark.heavy


async def fill_in(browser: Browser, name: str, password: str) -> None:
    await browser.value(
        f"document.querySelector('[name=name]').value = '{name}',"
        f"document.querySelector('[name=password]').value = '{password}',"
        "document.querySelector('form.login button').click()"
    )


async def test_a_person_logs_in_works_and_logs_out(tmp_path: Path, browser: Browser) -> None:
    async with served(GuardedPort(tmp_path)) as port:
        await start(port)
        await browser.open(f"{port.url}/system")
        assert await browser.value("location.pathname") == "/login"
        await fill_in(browser, "viewer", "wrong")
        await browser.until("document.querySelector('[role=alert]')?.textContent.includes('do not belong together')")
        await fill_in(browser, "viewer", PASSWORD)
        await browser.until("location.pathname == '/system'")
        assert await browser.value("document.cookie") == ""
        await browser.value("document.querySelector('form.caller button').click()")
        await browser.until("location.pathname == '/login'")
        await browser.open(f"{port.url}/system")
        assert await browser.value("location.pathname") == "/login"


async def test_an_open_page_goes_to_the_login_page_when_its_session_is_over(tmp_path: Path, browser: Browser) -> None:
    async with served(GuardedPort(tmp_path)) as port:
        await start(port)
        await browser.open(f"{port.url}/login?next=/system")
        await fill_in(browser, "viewer", PASSWORD)
        await browser.until("location.pathname == '/system'")
        port.instance.take_status({**port.instance.told, "processes": [process("proxy", restarts=4711)]})
        await browser.until("document.body.textContent.includes('4,711')")  # it follows the numbers
        port.now += 100_000
        port.instance.take_status({**port.instance.told, "processes": [process("proxy", restarts=4712)]})
        await browser.until("location.pathname == '/login'")


async def test_a_person_comes_in_through_a_provider_on_another_site(tmp_path: Path, browser: Browser) -> None:
    """Our host is 127.0.0.1 and the provider's localhost: to a browser these are two sites, so a strict cookie would not come along."""
    provider = LocalProvider()
    server = await provider.start()
    provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")
    number = free_port()
    redirect = f"http://127.0.0.1:{number}{BACK}"
    rules = (RoleRule("groups", "sre", Role.OPERATOR, bodies=True),)
    settings = OidcSettings(
        provider.issuer, CLIENT, provider.secret, redirect, ("openid",), ("preferred_username",), rules
    )
    try:
        async with served(GuardedPort(tmp_path, ProviderLogin(settings)), number) as port:
            await start(port)
            await browser.open(f"{port.url}/system")
            await browser.value("document.querySelector('a[href^=\"/login/provider\"]').click()")
            await browser.until("location.pathname == '/system'")
            assert await browser.value("document.querySelector('form.caller span').textContent") == "oidc:ada"
    finally:
        await server.close()
