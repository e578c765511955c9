from __future__ import annotations

from pathlib import Path

import pytest

from console.web.pages import result
from proxy.model.versions import TableVersion, hash_of
from tests.console.commands.test_history import MOVED, keep, version
from tests.console.scene import HOSTILE, TABLE
from tests.console.test_status import TOLD_TABLE, process
from tests.console.web.pages.test_pages import own
from tests.console.web.pages.test_table import field, file, held, send
from tests.console.web.port import Port, start
from tests.console.web.reader import Reader

__all__ = ["file"]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return keep(
        tmp_path,
        TableVersion(1, 0.0, "file", "", hash_of("--legacy x"), "--legacy x"),
        version(2, MOVED, "ada", f"30 % {HOSTILE}"),
        version(3, TABLE, HOSTILE),
    )


async def test_versions_are_listed_newest_first(port: Port, file: Path, journal: Path) -> None:
    status, page, _ = await port.ask("/table/versions")
    assert status == 200
    assert own(Reader(page))
    document = (await port.ask("/table/versions?format=json"))[1]
    assert [one["version"] for one in document["list"]["items"]] == [3, 2, 1]


async def test_one_version_tells_who_when_why_and_what(port: Port, file: Path, journal: Path) -> None:
    page = (await port.ask("/table/versions/3"))[1]
    assert own(Reader(page))
    text = " ".join(Reader(page).text.split())
    assert "orders goes down from 30 % to 20 % of identities" in text
    assert "+  ordering: { split: { orders: 20, legacy: 80 } }" in Reader(page).text
    assert "Back to this version" not in text  # the file says so already
    assert "everything went to one URL" in Reader((await port.ask("/table/versions/1"))[1]).text
    for unknown in ("9", "x", "%00", "9" * 100):
        assert (await port.ask(f"/table/versions/{unknown}"))[0] == 404


async def test_going_back_shows_its_plan_first(port: Port, file: Path, journal: Path) -> None:
    page = (await port.ask("/table/versions/2"))[1]
    text = " ".join(Reader(page).text.split())
    assert "Back to this version" in text
    assert "order-read: 20 % to 30 % of identities move to orders" in text
    fields = {"base": field(page, "base") or "", "reason": "errors"}
    status, _, answer = await send(port, "/table/versions/2/restore", fields)
    assert (status, answer.headers["Location"]) == (303, f"/table/result?hash={hash_of(MOVED)}")
    assert held(file) == MOVED
    assert port.said == [{"by": "local", "reason": "back to version 2: errors", "hash": hash_of(MOVED)}]


@pytest.mark.parametrize(
    ("number", "fields", "status"),
    [
        (2, {"base": hash_of("other"), "reason": "errors"}, 409),
        (2, {"base": hash_of(TABLE), "reason": ""}, 400),
        (1, {"base": hash_of(TABLE), "reason": "errors"}, 404),
        (9, {"base": hash_of(TABLE), "reason": "errors"}, 404),
    ],
)
async def test_what_cannot_be_restored_changes_nothing(
    port: Port, file: Path, journal: Path, number: int, fields: dict[str, str], status: int
) -> None:
    assert (await send(port, f"/table/versions/{number}/restore", fields))[0] == status
    assert (held(file), port.said) == (TABLE, [])


async def test_a_version_that_is_no_good_table_today_says_why(port: Port, file: Path, tmp_path: Path) -> None:
    keep(tmp_path, version(1, TABLE.replace("backend: legacy", "backend: nobody")))
    assert "It would be no good table today." in Reader((await port.ask("/table/versions/1"))[1]).text
    fields = {"base": hash_of(TABLE), "reason": "errors"}
    assert (await send(port, "/table/versions/1/restore", fields))[0] == 422


async def test_a_route_tells_which_versions_changed_it(port: Port, file: Path, tmp_path: Path) -> None:
    keep(
        tmp_path,
        version(1, TABLE),
        version(2, MOVED, reason="30 %"),
        version(3, MOVED.replace("path: /search", "path: /find")),
    )
    document = (await port.ask("/routes/order-read/changes?format=json"))[1]
    assert [(one["version"], one["told"]) for one in document["changes"]] == [
        (2, ["order-read: 20 % to 30 % of identities move to orders"])
    ]
    assert "30 % of identities" in Reader((await port.ask("/routes/order-read/changes"))[1]).text
    found = (await port.ask("/routes/search/changes?format=json"))[1]["changes"]
    assert [one["version"] for one in found] == [3]
    assert (await port.ask("/routes/%3Cscript%3E/changes"))[0] == 200


async def test_the_result_says_when_all_workers_have_it(
    port: Port, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result, "PATIENCE_SECONDS", 0.2)
    path = f"/table/result?hash={hash_of(MOVED)}"

    async def told(**changes: object) -> str:
        table = TOLD_TABLE | {"source": str(file), "hash": hash_of(TABLE)} | changes
        workers = [process("proxy", 0, table_version=4), process("proxy", 1, table_version=changes.get("other", 4))]
        await start(port, table=table, table_version=4, processes=workers)
        return " ".join(Reader((await port.ask(path))[1]).text.split())

    assert "the instance was asked to read it" in await told()
    assert "1 of 2 workers have it" in await told(hash=hash_of(MOVED), other=3)
    assert "All 2 workers have it" in await told(hash=hash_of(MOVED))
    assert "Not in force" in await told(error="routes.yaml:1:1: no")
    keep(tmp_path, version(2, MOVED), version(4, TABLE))
    assert "It was version 2; version 4 has taken its place." in await told()
    assert (await port.ask("/table/result?hash=x"))[0] == 404
