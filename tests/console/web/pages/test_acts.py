"""The audit log on its page and by the API: filters in the address, page by page, for those who may."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.access.door import Entry, OpenDoor
from console.audit.line import Said, Step
from console.audit.trail import Trail
from console.web.caller import Caller
from console.web.rights import Role
from tests.console.scene import HOSTILE, PAIR, fill_store
from tests.console.web.pages.test_pages import own
from tests.console.web.port import Port, check_answer, start
from tests.console.web.reader import Reader

PATH = "/api/v1/audit"


def line(what: str, by: str = "ada", step: Step = Step.DONE, act: str = "") -> Said:
    return Said(step=step, act=act or what, by=by, via="command", what=what, of={"route": f"of {what}"})


def make_folder(path: Path) -> None:
    path.mkdir()


async def test_an_act_is_one_line_that_says_what_came_of_it(port: Port) -> None:
    fill_store(port.store)
    await start(port)
    await port.ask(f"/api/v1/pairs/{PAIR}")
    Trail(port.audit).append(line("strangler kill", step=Step.INTENDED))
    found = await check_answer(port, PATH, PATH, 200)
    assert [(one["what"], one["step"]) for one in found["acts"]] == [
        ("strangler kill", "intended"),
        ("GET /api/v1/pairs/{id}", "done"),
        ("", "opened"),
    ]
    page = Reader((await port.ask("/audit"))[1])
    assert own(page)
    for expected in ("the log begins", f"pair {PAIR}", "not known"):
        assert expected in " ".join(page.text.split())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("who=ben", ["beta"]),
        ("who=be", []),
        ("about=OF%20gamma", ["gamma"]),
        ("about=alpha&who=ada", ["alpha"]),
        ("since=1h", ["gamma", "beta", "alpha", ""]),
        ("before=3", ["alpha", ""]),
        ("before=1", []),
    ],
)
async def test_filters_live_in_the_address(port: Port, query: str, expected: list[str]) -> None:
    await start(port)
    Trail(port.audit).append(line("alpha"), line("beta", by="ben"), line("gamma"))
    found = await check_answer(port, f"{PATH}?{query}", PATH, 200)
    assert [one["what"] for one in found["acts"]] == expected
    assert (await port.ask(f"/audit?{query}"))[0] == 200


async def test_a_long_log_comes_page_by_page_without_a_gap(port: Port) -> None:
    await start(port)
    trail = Trail(port.audit, max_file=60_000)
    trail.append(*[line(f"act {number}") for number in range(120)])
    trail.append(*[line(f"act {number}", step=Step.INTENDED, act=f"late {number}") for number in range(120, 150)])
    trail.append(*[line(f"act {number}", act=f"late {number}") for number in range(120, 150)])
    trail.append(*[line(f"act {number}") for number in range(150, 260)])
    numbers: list[str] = []
    query: str | None = "?about=act"
    pages = 0
    while query is not None:
        found = await check_answer(port, f"{PATH}{query}", PATH, 200)
        numbers += [one["what"] for one in found["acts"]]
        assert len(found["acts"]) <= 100
        query = found["older"]
        pages += 1
    assert numbers == [f"act {number}" for number in reversed(range(260))]
    assert pages >= 3
    page = Reader((await port.ask("/audit?about=act"))[1])
    assert [given for tag, given in page.tags if tag == "a" and ("rel", "next") in given]


@pytest.mark.parametrize("query", ["since=soon", "before=x", "before=0", "before=-1", "before=9999999999999999999"])
async def test_what_is_no_time_and_no_number_is_refused(port: Port, query: str) -> None:
    await check_answer(port, f"{PATH}?{query}", PATH, 400)


async def test_the_list_is_for_those_who_administer_and_the_link_to_it_too(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start(port)
    assert 'href="/audit"' in (await port.ask("/system"))[1]
    operator = Caller("kim", Role.OPERATOR, bodies=True)
    monkeypatch.setattr(OpenDoor, "who", lambda *_: Entry(operator))
    await check_answer(port, PATH, PATH, 403)
    assert (await port.ask("/audit"))[0] == 403
    assert 'href="/audit"' not in (await port.ask("/system"))[1]


async def test_what_is_no_line_is_counted_and_what_strangers_wrote_stays_text(port: Port) -> None:
    await start(port)
    Trail(port.audit).append(line(HOSTILE, by=HOSTILE))
    with port.audit.open("ab") as file:
        file.write(b"junk\n")
    found = await check_answer(port, PATH, PATH, 200)
    assert (found["unread"], len(found["acts"])) == (1, 2)
    body = (await port.ask("/audit"))[1]
    assert own(Reader(body))
    assert "Some lines cannot be read (1)" in body
    assert "<script>alert" not in body
    assert "\x1b" not in body


async def test_a_log_that_cannot_be_read_is_told(port: Port) -> None:
    await start(port)
    port.audit.unlink()
    found = await check_answer(port, PATH, PATH, 200)
    assert found["acts"] == []
    make_folder(port.audit)
    await check_answer(port, PATH, PATH, 503)
