from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.web.paging import paged


@given(st.integers(0, 60), st.integers(1, 20))
def test_who_follows_the_pages_reads_every_item_once(count: int, per_page: int) -> None:
    items, query, read = list(range(count)), {"route": "a&b", "page": "1"}, []
    for _ in range(count + 1):
        page = paged(items, query, per_page=per_page)
        assert page["first"] == (len(read) + 1 if items else 0)
        read += page["items"]
        if page["after"] is None:
            break
        query = {name: values[0] for name, values in parse_qs(page["after"][1:]).items()}
    assert read == items
    assert query["route"] == "a&b"


@pytest.mark.parametrize("asked", ["0", "-1", "x", "", "1e3", "٣", "1.5"])
def test_what_is_no_page_is_the_first(asked: str) -> None:
    assert paged(range(30), {"page": asked}, per_page=10)["first"] == 1


@pytest.mark.parametrize("asked", ["4", "99999999999999999999999"])
def test_beyond_the_end_is_the_last(asked: str) -> None:
    page = paged(range(30), {"page": asked}, per_page=10)
    assert (page["first"], page["after"], page["before"]) == (21, None, "?page=2")
