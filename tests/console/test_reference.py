"""The pages of docs/reference/ that follow from the code are up to date."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from console.lint_text import lint_page
from console.reference import FOLDER, cli_page, metrics_page
from console.web.openapi import PATHS


@pytest.mark.parametrize(("name", "page"), [("cli.md", cli_page), ("lint.md", lint_page), ("metrics.md", metrics_page)])
def test_a_generated_page_says_what_the_code_says(name: str, page: Callable[[], str]) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == page(), "run `python -m console.reference`"


def test_the_page_of_the_admin_port_names_every_address() -> None:
    text = (FOLDER / "admin.md").read_text(encoding="utf-8")
    assert [path for path in PATHS if f"`{path}`" not in text] == []
