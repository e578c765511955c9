"""Long work in a real browser: its bar moves and its end comes while the page is open, and a draft is judged by before it is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.jobs.files import JobFiles, working
from console.jobs.job import Kind
from tests.browser.chromium import Browser
from tests.console.scene import fill_store
from tests.console.web.pages.test_table import file
from tests.console.web.port import Port, start

__all__ = ["file"]

pytestmark = pytest.mark.heavy

BAR = "document.querySelector('progress')"


@pytest.mark.parametrize("list_of_all", [True, False])
async def test_a_bar_moves_and_the_end_comes_by_itself(port: Port, browser: Browser, list_of_all: bool) -> None:
    fill_store(port.store)
    await start(port)
    files = JobFiles(port.store.with_name("strangler.db.jobs"))
    with working(files, Kind.REPLAY, "40 pairs", "ada") as told:
        told("replaying", 10, 40)
        (job,) = files.all()
        await browser.open(f"{port.url}/jobs{'' if list_of_all else '/' + job.id}")
        assert await browser.value(f"{BAR}.position") == 0.25
        told("emptying the log", 30, 40)
        await browser.until(f"{BAR}?.position == 0.75")
        assert await browser.value("document.body.textContent.includes('emptying the log, 30 of 40')")
    await browser.until(f"!{BAR} && !!document.querySelector('.badge.done')")
    assert browser.complaints == []


async def test_a_draft_is_judged_by_with_one_click_and_the_result_comes_by_itself(
    port: Port, file: Path, browser: Browser
) -> None:
    fill_store(port.store)
    await browser.open(f"{port.url}/table")
    await browser.value(
        "text = document.getElementById('text'), text.value = text.value.replace('$.served_at', '$.total')"
    )
    await browser.value("document.querySelector('[formaction=\"/jobs/rejudge\"]').click()")
    await browser.until("location.pathname.startsWith('/jobs/')")
    await browser.until("document.body.textContent.includes('By the text in the editor')")
    assert await browser.value("document.body.textContent.includes('no longer told')")
    assert browser.complaints == []
