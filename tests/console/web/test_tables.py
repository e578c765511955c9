"""The route table by the API, with a real file, journal and store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proxy.model.versions import hash_of
from tests.console.commands.test_history import MOVED, keep, version
from tests.console.scene import TABLE, fill_store
from tests.console.test_status import TOLD_TABLE
from tests.console.web.port import Port, check_answer, start

PATH = "/api/v1/table"


@pytest.fixture
async def file(port: Port, tmp_path: Path) -> Path:
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    await start(port, table=TOLD_TABLE | {"source": str(path), "hash": hash_of(TABLE)})
    return path


def text(file: Path) -> str:
    return file.read_text()


def save(file: Path, text: str) -> None:
    file.write_text(text)


def if_match(text: str) -> dict[str, str]:
    return {"If-Match": f'"{hash_of(text)}"'}


async def test_the_table_is_what_its_file_says_and_its_tag_is_the_hash(port: Port, file: Path) -> None:
    document = await check_answer(port, PATH, PATH, 200)
    assert document == {
        "version": 3, "source": str(file), "hash": hash_of(TABLE), "in_force": True, "text": TABLE,
    }  # fmt: skip
    assert (await port.ask(PATH))[2].headers["ETag"] == f'"{hash_of(TABLE)}"'
    save(file, MOVED)
    assert (await check_answer(port, PATH, PATH, 200))["in_force"] is False


async def test_who_writes_says_what_was_read_and_who_did_it_is_known(port: Port, file: Path) -> None:
    sent = {"text": MOVED, "reason": " 30 % as agreed "}
    written = await check_answer(port, PATH, PATH, 200, "PUT", json=sent, headers=if_match(TABLE))
    assert written == {"changed": True, "hash": hash_of(MOVED), "table_version": 3}
    assert text(file) == MOVED
    assert port.said == [{"by": "local", "reason": "30 % as agreed", "hash": hash_of(MOVED)}]
    again = await check_answer(port, PATH, PATH, 200, "PUT", json=sent, headers={"If-Match": "*"})
    assert (again["changed"], port.reloads) == (False, 1)


@pytest.mark.parametrize(
    ("status", "sent", "headers"),
    [
        (428, {"text": MOVED}, {}),
        (412, {"text": MOVED}, if_match(MOVED)),
        (412, {"text": MOVED}, {"If-Match": f'W/"{hash_of(TABLE)}"'}),
        (422, {"text": "version: 2\nbackends: {}\n"}, if_match(TABLE)),
        (400, {"text": 7}, if_match(TABLE)),
        (400, {"text": "\ud800"}, if_match(TABLE)),
        (400, {"text": MOVED, "by": "eve"}, if_match(TABLE)),
        (400, {"text": MOVED, "reason": "x" * 2001}, if_match(TABLE)),
        (400, [], if_match(TABLE)),
        (403, {"text": MOVED}, if_match(TABLE) | {"Sec-Fetch-Site": "cross-site"}),
    ],
)
async def test_what_is_refused_changes_nothing(
    port: Port, file: Path, status: int, sent: Any, headers: dict[str, str]
) -> None:
    await check_answer(port, PATH, PATH, status, "PUT", json=sent, headers=headers)
    assert (text(file), port.said) == (TABLE, [])


async def test_every_mistake_comes_with_its_place(port: Port, file: Path) -> None:
    bad = TABLE.replace("backend: legacy", "backend: nobody").replace("path: /search", "pth: /search")
    body = await check_answer(port, PATH, PATH, 422, "PUT", json={"text": bad}, headers=if_match(TABLE))
    assert len(body["mistakes"]) >= 2
    assert all(one["line"] > 1 and one["code"] for one in body["mistakes"])


async def test_a_table_whose_certificates_are_not_there_is_refused_too(port: Port, file: Path) -> None:
    bad = TABLE + "listen: { tls: { certificates: [{ certificate: /none.pem, key: /none.key }] } }\n"
    body = await check_answer(port, PATH, PATH, 422, "PUT", json={"text": bad}, headers=if_match(TABLE))
    assert "/none.pem" in body["mistakes"][0]["message"]
    assert (text(file), port.said) == (TABLE, [])


async def test_versions_are_those_of_the_journal(port: Port, file: Path, tmp_path: Path) -> None:
    path = f"{PATH}/versions"
    assert (await check_answer(port, path, path, 200))["versions"] == []
    keep(tmp_path, version(1, TABLE), version(2, MOVED))
    assert [one["version"] for one in (await check_answer(port, path, path, 200))["versions"]] == [2, 1]
    port.journal.unlink()
    port.journal.mkdir()
    await check_answer(port, path, path, 503)


async def test_back_to_the_version_before_or_to_any(port: Port, file: Path, tmp_path: Path) -> None:
    path = f"{PATH}/rollback"
    keep(tmp_path, version(1, MOVED), version(2, "version: nonsense"), version(3, TABLE))
    back = await check_answer(port, path, path, 200, "POST", json={"version": 1, "reason": "errors"})
    assert (back["restored"], back["changed"], text(file)) == (1, True, MOVED)
    assert port.said == [{"by": "local", "reason": "back to version 1: errors", "hash": hash_of(MOVED)}]
    save(file, "nonsense")
    assert (await check_answer(port, path, path, 200, "POST"))["restored"] == 3
    assert (await check_answer(port, path, path, 200, "POST", json={"version": 1.0}))["restored"] == 1
    assert (await check_answer(port, path, path, 200, "POST", json={"version": 3}))["restored"] == 3
    await check_answer(port, path, path, 404, "POST", json={"version": 9})
    await check_answer(port, path, path, 422, "POST", json={"version": 2})
    await check_answer(port, path, path, 400, "POST", json={"version": "1"})
    assert text(file) == TABLE


async def test_a_plan_tells_what_would_change_and_changes_nothing(port: Port, file: Path) -> None:
    path = f"{PATH}/plan"
    planned = await check_answer(port, path, path, 200, "POST", json={"text": MOVED})
    assert [one["text"] for one in planned["changes"]] == ["order-read: 20 % to 30 % of identities move to orders"]
    assert planned["requests"] is None
    await check_answer(port, path, path, 422, "POST", json={"text": "nonsense"})
    await check_answer(port, path, path, 400, "POST", json={})
    assert (text(file), port.said) == (TABLE, [])


async def test_a_plan_counts_recorded_requests(port: Port, file: Path) -> None:
    path = f"{PATH}/plan"
    fill_store(port.store)
    wider = TABLE.replace("path: /search", 'path: "/orders/**", methods: [POST]')
    planned = await check_answer(port, path, path, 200, "POST", json={"text": wider})
    assert (planned["requests"]["read"], planned["requests"]["change_owner"]) == (1, 1)


async def test_without_a_file_there_is_no_table_to_change(port: Port, tmp_path: Path) -> None:
    await check_answer(port, PATH, PATH, 503)
    await start(port, table=TOLD_TABLE | {"source": "--legacy http://127.0.0.1:8000"})
    await check_answer(port, PATH, PATH, 404)
    (tmp_path / "link.yaml").symlink_to("routes.yaml")
    await start(port, table=TOLD_TABLE | {"source": str(tmp_path / "link.yaml")})
    await check_answer(port, PATH, PATH, 409)


async def test_one_version_has_its_text_and_what_it_changed(port: Port, file: Path, tmp_path: Path) -> None:
    path, documented = f"{PATH}/versions", f"{PATH}/versions/{{version}}"
    keep(tmp_path, version(1, TABLE), version(2, MOVED, reason="30 % as agreed"))
    one = await check_answer(port, f"{path}/2", documented, 200)
    assert (one["text"], one["by"], one["reason"], one["before"]) == (MOVED, "ada", "30 % as agreed", 1)
    assert [change["text"] for change in one["changes"]] == ["order-read: 20 % to 30 % of identities move to orders"]
    assert "+  ordering: { split: { orders: 30, legacy: 70 } }" in one["diff"]
    assert (await check_answer(port, f"{path}/1", documented, 200))["changes"] is None
    for unknown in ("9", "0", "-1", "x", "1" * 5000, "\u0661", "%00"):
        await check_answer(port, f"{path}/{unknown}", documented, 404)


async def test_no_answer_tells_what_a_variable_stands_for(
    port: Port, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SECRET", "hunter2")
    for there, then in (
        ("backend: legacy", "backend"),
        ("sample: 100%", "sample"),
        ("url: http://127.0.0.1:9000", "url"),
        ("path: /search", "path: /search, pth"),
    ):
        sent = {"text": TABLE.replace(there, f'{then}: "${{SHOP_SECRET}}"')}
        answers = [
            await port.ask(f"{PATH}/plan", "POST", json=sent),
            await port.ask(PATH, "PUT", json=sent, headers=if_match(TABLE)),
        ]
        assert "hunter2" not in repr(answers)
    assert text(file) == TABLE
