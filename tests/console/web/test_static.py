from __future__ import annotations

import re
from importlib.resources import files

import pytest

from console.web.static import address_of
from tests.console.web.port import Port


async def test_a_style_sheet_may_be_kept_for_a_year_under_the_hash_of_its_content(port: Port) -> None:
    status, body, answer = await port.ask(address_of("style.css"))
    assert (status, answer.content_type) == (200, "text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert body == (files("console.web") / "static" / "style.css").read_text()


async def test_an_old_address_shows_what_there_is_now_and_is_not_kept(port: Port) -> None:
    status, _, answer = await port.ask("/static/000000000000/style.css")
    assert (status, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["none.css", "..%2fapp.py", "%2e%2e%2fapp.py", ".hidden"])
async def test_nothing_but_the_listed_files_is_served(port: Port, name: str) -> None:
    assert (await port.ask(f"/static/0/{name}"))[0] == 404


def test_no_style_comes_from_elsewhere() -> None:
    sheet = (files("console.web") / "static" / "style.css").read_text()
    assert not re.search(r"@import|url\((?!['\"]?data:)", sheet)
