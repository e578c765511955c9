"""The pages in a real browser: scripts on and off, by keyboard, live."""

from __future__ import annotations

import pytest

from tests.browser.chromium import Browser
from tests.console.scene import PAIR, fill_store
from tests.console.test_status import process
from tests.console.web.port import Port, start

pytestmark = pytest.mark.heavy

PAGES = ("/", "/routes/order-read", "/system", "/differences", f"/pairs/{PAIR}")


@pytest.mark.parametrize("scripts", [True, False])
async def test_pages_complain_of_nothing_and_ask_nobody_else(port: Port, browser: Browser, scripts: bool) -> None:
    fill_store(port.store)
    await start(port)
    await browser.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
    for path in PAGES:
        await browser.open(port.url + path)
        assert await browser.value("document.querySelector('h1').textContent.length") > 0
        assert browser.complaints == []
        assert [url for url in browser.requested if not url.startswith((port.url, "data:"))] == []


async def test_numbers_follow_by_themselves(port: Port, browser: Browser) -> None:
    await start(port)
    await browser.open(f"{port.url}/system")
    processes = [process("proxy", restarts=4711)]
    port.instance.take_status({**port.instance.told, "processes": processes})
    await browser.until("document.body.textContent.includes('4,711')")
    assert browser.complaints == []


async def test_a_route_is_reached_by_keyboard_alone(port: Port, browser: Browser) -> None:
    fill_store(port.store)
    await start(port)
    await browser.open(f"{port.url}/")
    await browser.press("Tab", 9)
    assert await browser.value("document.activeElement.className") == "skip"
    for _ in range(60):
        await browser.press("Tab", 9)
        if await browser.value("document.activeElement.id") == "route-order-read":
            break
    assert await browser.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await browser.press("Enter", 13)
    await browser.until("location.pathname == '/routes/order-read'")


async def test_nothing_is_wider_than_a_phone(port: Port, browser: Browser) -> None:
    fill_store(port.store)
    await start(port)
    await browser.ask("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    for path in PAGES:
        await browser.open(port.url + path)
        wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 391 && !e.closest('.scroll, .sides')).map(e => e.outerHTML.slice(0, 120)).join()"
        assert await browser.value("document.documentElement.scrollWidth") <= 390, (path, await browser.value(wide))
