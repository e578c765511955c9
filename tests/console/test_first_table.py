from __future__ import annotations

import re

import pytest

from console.first_table import first_table
from proxy.table.load import load_table


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://shop.example", "http://[::1]:8000"])
def test_the_first_table_is_good_and_sends_everything_to_the_monolith(url: str) -> None:
    table = load_table(first_table(url))
    assert [backend.name for backend in table.backends.values()] == ["legacy"]
    assert table.routes == ()
    assert table.legacy.endpoints[0].url.startswith(url)


def test_the_example_in_its_comments_is_good_too() -> None:
    before, _, example = first_table("http://127.0.0.1:8000").partition("routes: []\n")
    table = load_table(before.replace("  # orders:", "  orders:") + re.sub(r"^# ", "", example, flags=re.MULTILINE))
    assert [route.name for route in table.routes] == ["order-read"]
    assert table.routes[0].stage == "shadow"
