"""The pages in a real browser: scripts on and off, by keyboard, live."""

from __future__ import annotations

import pytest

from tests.browser.chromium import Browser
from tests.console.scene import PAIR, fill_store
from tests.console.test_status import process
from tests.console.web.port import Port, start

pytestmark = pytest.mark.heavy

TABLE_PAGES = ("/table/weights", "/table/versions", "/table/codes/tie", "/routes/order-read/changes")
PAGES = ("/", "/routes/order-read", "/system", "/jobs", "/audit", "/differences", f"/pairs/{PAIR}", *TABLE_PAGES)


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


@pytest.mark.parametrize("path", ["/", "/system"])
async def test_a_notice_comes_and_goes_while_a_page_is_open(port: Port, browser: Browser, path: str) -> None:
    fill_store(port.store)
    await start(port)
    told = port.instance.told
    await browser.open(port.url + path)
    assert await browser.value("document.querySelectorAll('.notice').length") == 0
    port.instance.take_status({**told, "processes": [process("proxy", ready=False)]})
    await browser.until("document.querySelector('.notice.urgent')?.textContent == '0 of 1 proxy workers accept'")
    port.instance.take_status({**told, "processes": [process("proxy", restarts=1)]})
    await browser.until("!document.querySelector('.notice')")
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
    """Nor has anything to be pushed aside to be read, but bodies and tables as they were written."""
    fill_store(port.store)
    await start(port)
    await browser.ask("Emulation.setDeviceMetricsOverride", width=380, height=844, deviceScaleFactor=1, mobile=True)
    wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 381 && e.checkVisibility() && !e.closest('.sides')).map(e => e.outerHTML.slice(0, 120)).join()"
    for path in (*PAGES, "/pairs/none"):
        await browser.open(port.url + path)
        assert await browser.value("document.documentElement.scrollWidth") <= 380, path
        assert await browser.value(wide) == "", path


async def test_fields_and_buttons_of_a_search_stand_on_one_line(port: Port, browser: Browser) -> None:
    fill_store(port.store)
    await start(port)
    await browser.ask("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
    for path in ("/", "/differences", "/audit"):
        await browser.open(port.url + path)
        edges = "[...document.querySelectorAll('.filters :is(input, select, button)')].map(e => { const box = e.getBoundingClientRect(); return `${box.top} ${box.bottom}`; })"
        assert await browser.value(f"new Set({edges}).size") == 1, path


async def test_a_chart_has_a_scale(port: Port, browser: Browser) -> None:
    fill_store(port.store)
    await start(port)
    await browser.open(f"{port.url}/routes/order-read")
    charts = int(await browser.value("document.querySelectorAll('.bars').length"))
    scales = "[...document.querySelectorAll('.plot')].filter(e => /\\d/.test(e.children[0].textContent) && e.children[1].textContent == '0' && e.querySelector('.axis').children.length == 3)"
    assert charts > 0
    assert await browser.value(f"{scales}.length") == charts


async def test_a_page_that_is_not_there_leads_back(port: Port, browser: Browser) -> None:
    await start(port)
    await browser.open(f"{port.url}/routes/gone")
    assert await browser.value("document.querySelector('h1').textContent") == "Not found 404"
    await browser.value("document.querySelector('main a').click()")
    await browser.until("location.pathname == '/'")
