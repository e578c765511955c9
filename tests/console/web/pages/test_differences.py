from __future__ import annotations

from typing import Any

import pytest

from console.web.pages.differences import differences_document
from shadow.model import Mark
from shadow.store import open_store
from shadow.store.purge import Hands
from shadow.store.selection import Selection
from tests.console.scene import PAIR, fill_store
from tests.console.web.port import Port, start
from tests.console.web.reader import Reader

NONE = {"route": "", "kind": "", "state": "", "q": "", "since": ""}


def one(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "route": "orders",
        "path": f"$.Field{name}",
        "kind": "values_changed",
        "triage": {"state": "open"},
        **changes,
    }


SEVERAL = [
    one("a1"),
    one("b2", kind="type_changes"),
    one("c3", triage={"state": "noise"}),
    one("d4", route="Search"),
]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["a1", "b2", "c3", "d4"]),
        ({"kind": "type_changes"}, ["b2"]),
        ({"state": "noise"}, ["c3"]),
        ({"q": "fieldC"}, ["c3"]),
        ({"q": "search"}, ["d4"]),
        ({"q": "b2"}, ["b2"]),
        ({"q": "field", "state": "noise", "kind": "type_changes"}, []),
    ],
)
def test_filters_leave_what_fits_all_of_them(chosen: dict[str, str], expected: list[str]) -> None:
    document = differences_document(SEVERAL, {**NONE, **chosen}, {})
    assert [found["id"] for found in document["list"]["items"]] == expected
    assert document["all"] == 4
    assert document["kinds"] == ["type_changes", "values_changed"]


async def test_what_is_chosen_is_told_also_if_nothing_of_it_is_left(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    body = (await port.ask("/differences?state=noise&since=30d"))[1]
    assert '<option value="noise" selected>noise</option>' in body
    assert "<option selected>30d</option>" in body
    assert '<option value="none" selected>none</option>' in (await port.ask("/?verdict=none"))[1]
    assert "<option selected>2h</option>" in (await port.ask("/audit?since=2h"))[1]


async def test_every_difference_leads_to_its_page(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    _, body, _ = await port.ask("/api/v1/signatures")
    (signature,) = body["signatures"]
    page = Reader((await port.ask("/differences"))[1])
    assert ("a", [("class", "where"), ("href", f"/differences/{signature['id']}")]) in page.tags
    assert "100" in page.text
    assert "1 difference" in " ".join(page.text.split())


async def test_filters_stand_in_the_form_again(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    page = Reader((await port.ask("/differences?q=%22%3E%3Cscript%3E&route=search&since=24h"))[1])
    assert (
        "input",
        [("type", "search"), ("name", "q"), ("value", '"><script>'), ("placeholder", "route, path or id")],
    ) in page.tags
    assert ("option", [("value", "search"), ("selected", None)]) in page.tags
    assert "No difference was seen" in page.text


async def test_what_does_not_fit_is_said_with_a_way_back(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    assert "Of 1 difference, none fits." in Reader((await port.ask("/differences?q=zebra"))[1]).text


async def test_only_words_of_ours_are_said_to_be_done(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    assert "The waiver is in the route table." in (await port.ask("/differences?done=waived"))[1]
    assert "pwned" not in (await port.ask("/differences?done=pwned"))[1]


async def test_pages_say_so_where_the_pair_that_was_the_example_is_purged(port: Port) -> None:
    store = open_store(fill_store(port.store))
    selection, clock = Selection(pair=PAIR), iter(map(float, range(1000)))
    store.purge(selection, store.affected(selection), Mark(0.0, "", ""), Hands(lambda: next(clock), lambda _: None))
    await start(port)
    _, body, _ = await port.ask("/api/v1/signatures")
    (signature,) = body["signatures"]
    assert (signature["example_pair"], signature["control_example"]) == ("", None)
    for page in ("/", "/differences"):
        text = (await port.ask(page))[1]
        assert "no example is kept" in Reader(text).text
        assert 'href="/pairs/"' not in text
    status, text, _ = await port.ask(f"/differences/{signature['id']}")
    assert status == 200
    assert '<dl class="example">' not in text
