"""What people do most takes as many clicks as docs/guide/five-tasks.md says, and never more than six."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.browser.chromium import Browser
from tests.browser.test_table import console, held, instance, side, until_compared
from tests.integration.instance import Instance

__all__ = ["instance"]

pytestmark = pytest.mark.heavy

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "five-tasks.md"
MOST = 6


def promised(task: str) -> int:
    found = re.search(rf"^\| {re.escape(task)} \| (\d+) \|", PAGE.read_text(), re.MULTILINE)
    assert found is not None, task
    return int(found[1])


class Hand:
    """Clicks where a person would, and counts."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.clicks = 0

    async def click(self, words: str) -> None:
        """On a link or a button with these words, or on what a selector finds."""
        by_words = f"[...document.querySelectorAll('a, button, summary')].find(one => one.checkVisibility() && one.textContent.trim() == {json.dumps(words)})"
        thing = f"document.querySelector({json.dumps(words)})" if words.startswith((".", "#", "[")) else by_words
        # In one step: the page may put newer numbers in the place of what was found.
        await self._browser.until(
            f"document.readyState == 'complete' && (one => one && (one.focus(), setTimeout(() => one.click()), true))({thing})"
        )
        self.clicks += 1

    async def type(self, text: str) -> None:
        """Where the cursor stands, in the place of what is there."""
        await self._browser.until(
            "document.readyState == 'complete' && document.activeElement.matches('input, textarea')"
        )
        await self._browser.value("document.activeElement.select()")
        await self._browser.ask("Input.insertText", text=text)

    async def sees(self, words: str) -> None:
        await self._browser.until(f"document.body.textContent.includes({json.dumps(words)})")


async def test_each_task_takes_as_many_clicks_as_the_guide_says(instance: Instance, browser: Browser) -> None:
    await side(instance, 30)
    await until_compared(instance, browser)
    for task, do in TASKS.items():
        hand = Hand(browser)
        await browser.open(console(instance, "/"))
        await do(hand)
        assert hand.clicks == promised(task) <= MOST, task
    assert "path: $.served_at" in held(instance).replace('"', "")
    assert "split: { new: 0, legacy: 100 }" in held(instance)
    assert "back to version 2: errors" in await versions(browser, instance)
    assert browser.complaints == []


async def versions(browser: Browser, instance: Instance) -> str:
    await browser.open(console(instance, "/table/versions"))
    return str(await browser.value("document.body.textContent"))


async def find_the_worst(hand: Hand) -> None:
    await hand.click(".signatures .where")
    await hand.sees("Pairs that show it")


async def see_why_not_ready(hand: Hand) -> None:
    await hand.click("#route-search")
    await hand.sees("Readiness")


async def waive_a_timestamp(hand: Hand) -> None:
    await hand.click(".signatures .where")
    await hand.click("Accept it")
    await hand.click("[name=reason]")
    await hand.type("a clock")
    await hand.click("Write the waiver")
    await hand.sees("The waiver is in the route table")


async def move_search(hand: Hand) -> None:
    await hand.click("#route-search")
    await hand.click("Move it")
    await hand.click('[name="weight.new"]')
    await hand.type("20")
    await hand.click("Show the plan")
    await hand.sees("20 % of identities move to new")
    await hand.type("as agreed")
    await hand.click("Put it in force")
    await hand.sees("All 2 workers have it")


async def roll_back(hand: Hand) -> None:
    await hand.click("Table")
    await hand.click("Versions")
    await hand.click("#version-2")
    await hand.sees("new takes nobody any more")
    await hand.type("errors")
    await hand.click("Put version 2 in force again")
    await hand.sees("All 2 workers have it")


TASKS = {
    "find the worst difference": find_the_worst,
    "see why a route is not ready": see_why_not_ready,
    "waive a timestamp": waive_a_timestamp,
    "move search to 20 %": move_search,
    "roll back": roll_back,
}
