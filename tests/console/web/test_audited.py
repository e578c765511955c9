"""What the admin port does is in the audit log before it is done, whichever address it is; what cannot be is not done."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from console.access.door import Entry, OpenDoor
from console.address import Address as AdminAddress
from console.audit.line import Line
from console.audit.reading import Wanted, check, find
from console.audit.trail import Trail
from console.web import audit_writer
from console.web.addresses import ADDRESSES, Address
from console.web.app import Admin
from console.web.audited import is_audited
from console.web.caller import Caller
from console.web.guard import Guard
from console.web.rights import Right, Role
from proxy.model.versions import hash_of
from shadow.signature import signature_id
from tests.console.commands.test_history import MOVED, keep, version
from tests.console.scene import PAIR, TABLE, fill_store
from tests.console.test_status import TOLD_TABLE
from tests.console.web.port import Port, start
from tests.proxy.supervise.instance import until

ID = signature_id("order-read", "$.total", "type_changes")
IN_PLACE = {
    "signature": ID[:8],
    "id": PAIR[:6],
    "name": "order-read",
    "hash": "0",
    "path": "x",
    "version": "1",
    "code": "tie",
    "job": "0",
}
ENDLESS = {"/events", "/jobs/events"}
JSON = {"Content-Type": "application/json"}
AUDITED = [one for one in ADDRESSES if is_audited(one)]


@pytest.fixture
async def file(port: Port, tmp_path: Path) -> Path:
    fill_store(port.store)
    path = tmp_path / "routes.yaml"
    path.write_text(TABLE)
    await start(port, table=TOLD_TABLE | {"source": str(path), "hash": hash_of(TABLE)})
    return path


def name(address: Address) -> str:
    return f"{address.method} {address.path}"


def lines(port: Port) -> list[dict[str, Any]]:
    """Oldest first, without those that open a file."""
    read = [json.loads(line) for line in port.audit.read_text().splitlines()] if port.audit.is_file() else []
    return [line for line in read if line["act"]]


def state(port: Port, file: Path) -> tuple[Any, ...]:
    """All that an address can change."""
    return file.read_text(), list(port.said), port.store.read_bytes()


def text(file: Path) -> str:
    return file.read_text()


def last(port: Port) -> Line:
    return find(port.audit, Wanted(limit=1)).lines[0]


async def ask(port: Port, address: Address, sent: Any = None) -> int:
    path = address.path
    for part, value in IN_PLACE.items():
        path = path.replace(f"{{{part}}}", value)
    body = json.dumps(sent if sent is not None else {}) if address.method != "GET" else None
    return (await port.ask(path, address.method, data=body, headers=JSON if body else {}, allow_redirects=False))[0]


def test_whatever_changes_something_and_whatever_shows_bodies_is_audited() -> None:
    for address in ADDRESSES:
        changes = address.method not in {"GET", "HEAD"} and address.right is not Right.OPEN and not address.tells
        assert is_audited(address) == (address.bodies or changes)
    assert len(AUDITED) >= 11
    assert [name(one) for one in ADDRESSES if one.tells] == ["POST /table/plan", "POST /jobs/purge/plan"]


@pytest.mark.parametrize("address", AUDITED, ids=name)
async def test_every_audited_address_leaves_who_what_when_and_what_came_of_it(
    port: Port, file: Path, address: Address
) -> None:
    status = await ask(port, address)
    begun, ended = [
        line for line in lines(port) if line["what"] == name(address)
    ]  # a job that began here may have ended
    right = "bodies" if address.bodies else address.right.value
    for line in (begun, ended):
        assert (line["by"], line["via"], line["what"], line["right"]) == ("local", "console", name(address), right)
        assert (line["act"], line["at"][:2]) == (begun["act"], "20")
    assert (begun["step"], begun["status"]) == ("intended", None)
    assert (ended["step"], ended["status"]) == ("done" if status < 400 else "refused", status)
    assert check(port.audit).broken is None


@pytest.mark.parametrize("address", AUDITED, ids=name)
async def test_what_cannot_be_audited_does_not_happen(port: Port, file: Path, address: Address) -> None:
    port.audit.unlink(missing_ok=True)
    port.audit.mkdir()
    before = state(port, file)
    path = address.path
    for part, value in IN_PLACE.items():
        path = path.replace(f"{{{part}}}", value)
    sent: dict[str, Any] = {} if address.method == "GET" else {"json": {"state": "noise", "reason": "x"}}
    got, body, answer = await port.ask(path, address.method, **sent)
    assert (got, answer.content_type) == (503, "application/problem+json")
    assert "the audit log" in body["detail"]
    assert "Is a directory, so nothing " in body["detail"]
    assert state(port, file) == before


@pytest.mark.parametrize("address", [one for one in ADDRESSES if not is_audited(one)], ids=name)
async def test_who_only_looks_needs_no_audit_log(port: Port, file: Path, address: Address) -> None:
    if address.path in ENDLESS:  # goes on for ever
        return
    port.audit.unlink(missing_ok=True)
    port.audit.mkdir()
    assert await ask(port, address) != 500
    assert (await port.ask("/"))[0] == 200
    port.audit.rmdir()
    assert lines(port) == []


async def test_that_it_cannot_be_written_is_told_by_health_and_system_until_it_can(
    port: Port, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_writer, "AGAIN_SECONDS", 0.02)
    port.audit.unlink()
    port.audit.mkdir()
    assert await ask(port, _address("POST", "/-/reload")) == 503
    health = (await port.ask("/healthz"))[1]
    assert health["status"] == "degraded"
    assert "cannot be written: Is a directory" in health["reasons"][0]
    assert "cannot be written: Is a directory" in (await port.ask("/system"))[1]
    assert (await port.ask("/readyz"))[0] == 200
    port.audit.rmdir()
    async with asyncio.timeout(10):
        while (await port.ask("/healthz"))[1]["status"] != "ok":
            pass
    assert await ask(port, _address("POST", "/-/reload")) == 202


async def test_a_new_table_is_there_before_and_after_by_its_hash_and_the_names_of_what_changed(
    port: Port, file: Path
) -> None:
    secret = MOVED + "# password: hunter2\n"
    headers = {"If-Match": f'"{hash_of(TABLE)}"'}
    sent = {"text": secret, "reason": "Bearer hunter2"}
    assert (await port.ask("/api/v1/table", "PUT", json=sent, headers=headers))[0] == 200
    said = last(port).said
    assert said.before == {"table_version": "3", "table": hash_of(TABLE)}
    assert (said.after, said.words) == ({"table": hash_of(secret)}, "split of order-read")
    assert b"hunter2" not in port.audit.read_bytes()


async def test_triage_waiver_rollback_and_a_look_at_a_pair_say_what_they_were_about(
    port: Port, file: Path, tmp_path: Path
) -> None:
    await ask(port, _address("POST", "/api/v1/signatures/{signature}/triage"), {"state": "noise", "note": "hunter2"})
    said = last(port).said
    assert (said.of["signature"], said.of["route"]) == (ID, "order-read")
    assert (said.before["state"], said.after) == ("open", {"state": "noise"})
    await ask(port, _address("POST", "/api/v1/signatures/{signature}/waive"), {"reason": "hunter2"})
    said = last(port).said
    assert (said.before["table"], said.before["state"]) == (hash_of(TABLE), "noise")
    assert said.after == {"table": hash_of(text(file)), "state": "intended"}
    assert said.words == "a waiver in order-read"
    keep(tmp_path, version(1, MOVED))
    await ask(port, _address("POST", "/api/v1/table/rollback"), {"version": 1, "reason": "hunter2"})
    said = last(port).said
    assert (said.of["version"], said.after["table"]) == ("1", hash_of(MOVED))
    await ask(port, _address("GET", "/api/v1/pairs/{id}"))
    assert last(port).said.of == {"id": PAIR[:6], "pair": PAIR, "route": "order-read", "from": "127.0.0.1"}
    await port.ask("/-/reload", "POST", json={"by": "ada", "reason": "hunter2", "hash": "a" * 64})
    assert (last(port).said.of["said_by"], last(port).said.of["table"]) == ("ada", "a" * 64)
    assert b"hunter2" not in port.audit.read_bytes()


async def test_what_strangers_put_into_an_address_is_only_a_hash(port: Port, file: Path) -> None:
    await port.ask("/api/v1/pairs/%3Cscript%3E%20hunter2")
    assert last(port).said.of["id"].startswith("sha256:")
    assert b"hunter2" not in port.audit.read_bytes()


async def test_who_may_not_is_written_down_too(port: Port, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kim = Caller("kim", Role.VIEWER, bodies=False)
    monkeypatch.setattr(OpenDoor, "who", lambda *_: Entry(kim))
    assert await ask(port, _address("GET", "/pairs/{id}")) == 403
    assert await ask(port, _address("GET", "/api/v1/status")) == 200
    (line,) = lines(port)
    assert (line["by"], line["step"], line["status"], line["right"]) == ("kim", "refused", 403, "bodies")


async def test_a_fault_of_ours_is_an_act_that_failed(port: Port, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(port.instance, "ask_for_reload", broken)
    assert await ask(port, _address("POST", "/-/reload")) == 500
    assert (last(port).said.step, last(port).said.status) == ("failed", 500)


async def test_what_came_of_an_act_is_written_later_where_it_could_not_be_at_once(
    port: Port, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(*_: object) -> None:
        port.audit.rename(port.audit.with_name("aside"))
        port.audit.mkdir()

    monkeypatch.setattr(port.instance, "ask_for_reload", spoil)
    assert await ask(port, _address("POST", "/-/reload")) == 202
    port.audit.rmdir()
    port.audit.with_name("aside").rename(port.audit)
    assert [line["step"] for line in lines(port)] == ["intended"]
    await ask(port, _address("GET", "/api/v1/pairs/{id}"))
    assert [line["step"] for line in lines(port)] == ["intended", "done", "intended", "done"]
    assert lines(port)[0]["act"] == lines(port)[1]["act"]
    assert check(port.audit).broken is None


async def test_a_disk_that_hangs_holds_up_nobody_who_only_looks_and_changes_nothing(
    port: Port, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, append = threading.Event(), Trail.append

    def hangs(self: Trail, *said: Any) -> object:
        let_go.wait(20)
        return append(self, *said)

    monkeypatch.setattr(Trail, "append", hangs)
    monkeypatch.setattr(audit_writer, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(audit_writer, "MOST_WAITING", 3)
    reload = _address("POST", "/-/reload")
    assert await asyncio.gather(*(ask(port, reload) for _ in range(6))) == [503] * 6
    assert await ask(port, _address("GET", "/system")) == 200
    assert port.said == []
    let_go.set()
    await asyncio.to_thread(until, lambda: len(lines(port)) >= 3, "what hung")
    assert await ask(port, reload) == 202
    steps = [(line["step"], line["status"]) for line in lines(port)]
    assert steps.count(("refused", 503)) == steps.count(("intended", None)) - 1
    assert steps[-1] == ("done", 202)
    assert find(port.audit, Wanted()).unread == 0


def _address(method: str, path: str) -> Address:
    return next(one for one in ADDRESSES if (one.method, one.path) == (method, path))


async def test_an_act_under_way_when_the_console_ends_still_gets_its_end(
    port: Port, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, may_go_on = asyncio.Event(), asyncio.Event()
    decide = port.evidence.decide

    async def slow(said: Any) -> None:
        under_way.set()
        await may_go_on.wait()
        await decide(said)

    monkeypatch.setattr(port.evidence, "decide", slow)
    runner = web.AppRunner(
        Admin(port.instance, port.evidence, Guard(AdminAddress("127.0.0.1", 0)), Trail(port.audit)).app()
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    triage = _address("POST", "/api/v1/signatures/{signature}/triage")
    asked = asyncio.create_task(ask(port, triage, {"state": "noise"}))
    await under_way.wait()
    ending = asyncio.create_task(runner.cleanup())
    asyncio.get_running_loop().call_later(0.1, may_go_on.set)
    assert await asked == 200
    await ending
    assert [line["step"] for line in lines(port)] == ["intended", "done"]
