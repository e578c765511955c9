from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.programs import program, require
from tests.browser.chromium import Browser, browsing
from tests.console.web.conftest import port

__all__ = ["port"]


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    try:
        require({"chromium": "chromium"})
    except SystemExit as error:
        pytest.skip(str(error))
    async with browsing(program("chromium"), tmp_path / "profile") as browser:
        yield browser
