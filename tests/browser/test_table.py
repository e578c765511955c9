"""The table is changed in a real browser, on a real instance, and users notice: with scripts and without, by keyboard, by two at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from demo.processes import free_port
from tests.browser.chromium import Browser
from tests.integration.instance import Instance, running

pytestmark = pytest.mark.heavy

TABLE = """\
# the shop
version: 1
backends:
  legacy: {{ url: "http://127.0.0.1:{legacy}" }}
  new: {{ url: "http://127.0.0.1:{new}" }}
routes:
  - name: search
    match: {{ path: /search }}
    split: {{ new: 0, legacy: 100 }}  # not yet
    shadow: {{ sample: 100% }}
"""


async def backend(stack: AsyncExitStack, name: str) -> int:
    """Answers with its name, and with a time that never is the same on both sides."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"by": "shop", "served_at": name}, headers={"X-Side": name})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return port


@pytest.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    async with AsyncExitStack() as stack:
        ports = {name: await backend(stack, name) for name in ("legacy", "new")}
        file = tmp_path / "routes.yaml"
        file.write_text(TABLE.format(**ports))
        with running(tmp_path, "--config", str(file), "--workers", "2") as instance:
            yield instance


def console(instance: Instance, path: str = "") -> str:
    return f"http://127.0.0.1:{instance.admin_port}{path}"


def held(instance: Instance) -> str:
    return (instance.directory / "routes.yaml").read_text()


async def side(instance: Instance, many: int = 1) -> set[str]:
    """Who answers users now."""
    async with aiohttp.ClientSession() as session:
        found = set()
        for _ in range(many):
            async with session.get(f"{instance.url}/search") as answer:
                found.add(answer.headers["X-Side"])
        return found


async def write(browser: Browser, before: str, after: str) -> None:
    """As somebody types it: the page hears of it."""
    words = f"text.value.replace({json.dumps(before)}, {json.dumps(after)})"
    await browser.value(
        f"text = document.getElementById('text'), text.value = {words}, text.dispatchEvent(new Event('input', {{bubbles: true}}))"
    )


async def press(browser: Browser, button: str) -> None:
    found = f"[...document.querySelectorAll('button, a')].find(one => one.textContent.trim() == {json.dumps(button)})"
    await browser.until(f"!!{found}")
    await browser.value(f"{found}.click()")


async def give_reason(browser: Browser, reason: str) -> None:
    await browser.until("!!document.querySelector('input[name=reason]')")
    await browser.value(f"document.querySelector('input[name=reason]').value = {json.dumps(reason)}")


def kept_to_itself(browser: Browser, instance: Instance) -> bool:
    others = [url for url in browser.requested if not url.startswith((console(instance), "data:"))]
    return not browser.complaints and not others


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_change_is_planned_put_in_force_and_taken_back(
    instance: Instance, browser: Browser, scripts: bool
) -> None:
    await browser.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
    before = held(instance)
    assert await side(instance) == {"legacy"}
    await browser.open(console(instance, "/table"))
    await write(browser, "new: 0, legacy: 100", "new: 100, legacy: 0")
    if not scripts:
        await press(browser, "Check and plan")
    await browser.until("document.body.textContent.includes('100 % of identities move to new')")
    assert held(instance) == before
    await give_reason(browser, "all of it")
    await press(browser, "Put it in force")
    await browser.until("document.querySelector('h1').textContent.includes('In force')")
    assert held(instance) == before.replace("new: 0, legacy: 100", "new: 100, legacy: 0")
    assert await side(instance, 20) == {"new"}
    await press(browser, "Go back to version 1")
    await browser.until("document.body.textContent.includes('new takes nobody any more, it had 100 %')")
    await give_reason(browser, "errors")
    await press(browser, "Put version 1 in force again")
    await browser.until("document.querySelector('h1').textContent.includes('In force')")
    assert held(instance) == before
    assert await side(instance, 20) == {"legacy"}
    await browser.open(console(instance, "/table/versions"))
    assert await browser.value("document.body.textContent.includes('back to version 1: errors')")
    assert kept_to_itself(browser, instance)


async def test_a_mistake_is_told_while_it_is_typed_and_a_click_leads_to_it(
    instance: Instance, browser: Browser
) -> None:
    await browser.open(console(instance, "/table"))
    await write(browser, "new: 0", "nw: 0")
    await browser.until("!!document.querySelector('#verdict .at.error')")
    await browser.until("document.querySelector('.numbers mark')?.textContent == '9'")
    await browser.value("document.querySelector('#verdict .at.error').click()")
    place = "document.getElementById('text').value.slice(document.getElementById('text').selectionStart).slice(0, 3)"
    assert await browser.value(place) == "nw:"
    await write(browser, "nw: 0", "new: 0")
    await browser.until("!document.querySelector('#verdict .at.error')")
    await browser.until("!document.querySelector('.numbers mark')")
    assert kept_to_itself(browser, instance)


async def test_two_people_at_once_lose_nothing(instance: Instance, browser: Browser) -> None:
    await browser.open(console(instance, "/table"))
    await write(browser, "sample: 100%", "sample: 10%")
    await browser.until("document.body.textContent.includes('10 % is copied')")
    theirs = held(instance).replace("# the shop", "# the shop, by ada")
    await put(instance, theirs)
    await give_reason(browser, "less load")
    await press(browser, "Put it in force")
    await browser.until("document.body.textContent.includes('Both changes are in the text below')")
    assert held(instance) == theirs
    await give_reason(browser, "less load")
    await press(browser, "Put it in force")
    await browser.until("document.querySelector('h1').textContent.includes('In force')")
    assert held(instance) == theirs.replace("sample: 100%", "sample: 10%")


async def put(instance: Instance, text: str) -> None:
    """Somebody else's change, and the wait until it is a version."""
    sent: dict[str, Any] = {"json": {"text": text, "reason": "said by ada"}, "headers": {"If-Match": "*"}}
    async with aiohttp.ClientSession() as session:
        async with session.put(console(instance, "/api/v1/table"), **sent) as answer:
            hash_ = (await answer.json())["hash"]
        async with session.get(console(instance, f"/table/result?format=json&hash={hash_}")) as answer:
            assert (await answer.json())["state"] == "in_force"


async def test_users_are_moved_by_keyboard_alone(instance: Instance, browser: Browser) -> None:
    await browser.open(console(instance, "/table/weights"))
    await reach(browser, "document.activeElement.name == 'weight.new'")
    await browser.value("document.activeElement.select()")  # as a field that is reached by Tab has its text selected
    await browser.ask("Input.insertText", text="100")
    assert await browser.value("document.querySelector('[name=\"weight.legacy\"]').value") == "0"
    await browser.press("Enter", 13)
    await browser.until("location.pathname == '/table/move'")
    await browser.until("document.activeElement.name == 'reason'")
    await browser.ask("Input.insertText", text="by keyboard")
    await browser.press("Enter", 13)
    await browser.until("document.querySelector('h1').textContent.includes('In force')")
    assert "split: { new: 100, legacy: 0 }  # not yet" in held(instance)
    assert await side(instance, 20) == {"new"}
    await browser.open(console(instance, "/table/weights"))
    await reach(browser, "document.activeElement.name == 'kill'")
    await browser.press("Enter", 13)
    await browser.until("document.activeElement.name == 'reason'")
    await browser.press("Enter", 13)
    await browser.until("document.querySelector('h1').textContent.includes('In force')")
    assert await side(instance, 20) == {"legacy"}
    assert kept_to_itself(browser, instance)


async def reach(browser: Browser, condition: str) -> None:
    for _ in range(80):
        await browser.press("Tab", 9)
        if await browser.value(condition):
            return
    raise AssertionError(f"never reached: {condition}")


async def test_a_newcomer_comes_from_the_first_start_to_the_first_waiver(instance: Instance, browser: Browser) -> None:
    await side(instance, 30)
    await until_compared(instance, browser)
    await browser.open(console(instance, "/"))
    await browser.value("document.querySelector('#route-search').click()")
    await browser.until("location.pathname == '/routes/search'")
    await browser.until("!!document.querySelector('.where')")
    await browser.value("document.querySelector('.where').click()")
    await browser.until("location.pathname.startsWith('/differences/')")
    assert await browser.value("document.querySelector('h1').textContent.includes('$.served_at')")
    await browser.value("document.querySelector('.acts details').open = true")
    await browser.value("document.querySelector('[name=reason]').value = 'a clock'")
    await press(browser, "Write the waiver")
    await browser.until("document.body.textContent.includes('The waiver is in the route table')")
    assert "path: $.served_at, reason: a clock, author: local" in held(instance).replace('"', "")
    assert "# not yet" in held(instance)
    await browser.open(console(instance, "/table/versions"))
    await browser.until("document.body.textContent.includes('search: $.served_at is accepted: a clock')")
    assert kept_to_itself(browser, instance)


async def until_compared(instance: Instance, browser: Browser) -> None:
    """The shadow worker writes in batches."""
    await browser.open(console(instance, "/system"))
    await browser.until(
        "fetch('/api/v1/signatures').then(one => one.json()).then(one => window.found = one.signatures), window.found && window.found.length > 0"
    )
