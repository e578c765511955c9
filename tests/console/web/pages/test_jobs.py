"""Long work in the browser: begun, watched, stopped, and what came of it, with real processes over a real store."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from console.jobs.files import JobFiles, working
from console.jobs.job import Kind, State
from proxy.model.plan import plans_of
from proxy.table.load import load_table
from shadow.model import Outcome
from shadow.redact import Redactor
from shadow.store import open_store
from shadow.store.batch import Batch
from shadow.store.read_kept import Wanted
from shadow.store.records import Recorded, StoredBody, StoredRequest
from tests.console.commands.test_rejudge import HIDES_TOTAL
from tests.console.scene import HOSTILE, PAIR, TABLE, fill_store, kept_pair, table
from tests.console.web.pages.test_pages import own
from tests.console.web.pages.test_table import field, file, form, held, send
from tests.console.web.people import Browser, GuardedPort, token_of
from tests.console.web.port import Port
from tests.console.web.reader import Reader
from tests.proxy.wire import Origin, always, ok

__all__ = ["file"]

KEY = b"key of the installation"
ANNAS = "2f00000000000001"


@pytest.fixture
async def filled(port: Port, file: Path) -> Port:
    """With a pair of a user, which may be sent again."""
    fill_store(port.store)
    port.instance.key = port.store.with_name("key")
    port.instance.key.write_bytes(KEY)
    at = time.time() - 60
    plan = plans_of(table())["order-read"]
    request = StoredRequest("GET", "/orders/7", (("Host", "shop"),), StoredBody("", 0))
    pair = kept_pair(plan.rules, at, id=ANNAS, request_id="2", method="GET", target="/orders/7", request=request)
    whose = Redactor(KEY).identity("anna")
    written = Recorded(plan.route, plan.rules, at, Outcome.MISMATCH, pair=pair, identity=whose)
    write(port, Batch(pairs=[written]))
    return port


def write(port: Port, batch: Batch) -> None:
    writer = open_store(f"sqlite:///{port.store}").writer()
    writer.write(batch)
    writer.close()


async def ended(port: Port, address: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (job := (await port.ask(f"{address}?format=json"))[1]["job"])["state"] == "running":
            pass
    return dict(job)


async def begun(port: Port, kind: str, fields: dict[str, str]) -> str:
    status, body, answer = await send(port, f"/jobs/{kind}", fields)
    assert status == 303, body
    return str(answer.headers["Location"])


async def test_what_is_kept_is_judged_again_by_the_table_in_force(filled: Port) -> None:
    address = await begun(filled, "rejudge", {"route": "", "since": ""})
    job = await ended(filled, address)
    assert (job["state"], job["by"], job["kind"]) == ("done", "local", "rejudge")
    (route,) = job["result"]["routes"]
    assert (route["route"], route["judged"], route["changed"]) == ("order-read", 2, 0)
    page = Reader((await filled.ask(address))[1])
    assert own(page)
    assert "By the table in force" in page.text


async def test_a_draft_in_the_editor_is_judged_by_before_it_is_in_force(filled: Port, file: Path) -> None:
    assert 'formaction="/jobs/rejudge"' in (await filled.ask("/table"))[1]
    address = await begun(filled, "rejudge", form(HIDES_TOTAL, planned="", reason=""))
    job = await ended(filled, address)
    (route,) = job["result"]["routes"]
    assert (route["before"]["readiness"]["verdict"], route["after"]["readiness"]["verdict"]) == ("blocked", "ready")
    page = Reader((await filled.ask(address))[1]).text
    assert "the text in the editor" in page
    assert "mismatch → waived" in page
    assert held(file) == TABLE


async def test_kept_requests_are_sent_to_the_candidate_and_what_is_wrong_is_told_without_values(filled: Port) -> None:
    async with Origin(
        always(ok(b'{"id": 7, "total": "secret-total", "items": [1, 2, 3, 4, 5, 6, 7, 8, 9]}'))
    ) as orders:
        rules = TABLE.replace("127.0.0.1:9000", f"127.0.0.1:{orders.port}")
        write(filled, Batch(plans=plans_of(load_table(rules, version=4)), plans_at=4e9))
        address = await begun(
            filled, "replay", {"route": "order-read", "since": "24h", "outcome": "mismatch", "limit": "200"}
        )
        job = await ended(filled, address)
    assert job["state"] == "done", job
    result = job["result"]
    assert (result["sent"], result["results"]["different"], sum(result["left_out"].values())) == (1, 1, 1)
    assert {"path": "$.total", "kind": "type_changes"} in result["wrong"][0]["places"]
    assert result["wrong"][0]["pair"] == ANNAS
    assert "secret-total" not in json.dumps(job)
    page = (await filled.ask(address))[1]
    assert own(Reader(page))
    assert f"/pairs/{ANNAS}" in page


async def test_what_would_be_removed_is_shown_and_then_it_is(filled: Port) -> None:
    fields = {"identities": "anna\n", "route": "", "before": "", "pair": ""}
    status, page, _ = await send(filled, "/jobs/purge/plan", fields)
    assert status == 200
    assert own(Reader(page))
    assert "Would remove 1 pair" in Reader(page).text
    assert "anna" not in page
    assert len(open_store(f"sqlite:///{filled.store}").kept(Wanted())) == 2
    names = ("hashed", "key_mark", "route", "before", "pair")
    shown = {name: value for name in names if (value := _field(page, name))}
    address = await begun(filled, "purge", shown)
    job = await ended(filled, address)
    assert job["state"] == "done", job
    assert job["result"]["lines"][0].startswith("Removed 1 pair")
    assert [pair.id for pair in open_store(f"sqlite:///{filled.store}").kept(Wanted())] == [PAIR]
    assert b"anna" not in filled.audit.read_bytes()


def _field(page: str, name: str) -> str | None:
    try:
        return field(page, name)
    except StopIteration:
        return None


async def test_a_pair_a_route_and_old_times_can_be_chosen_as_with_the_command(filled: Port) -> None:
    for fields, words in (
        ({"pair": PAIR[:6]}, "Would remove 1 pair"),
        ({"route": "order-read"}, "counts anew"),
        ({"route": "order-read", "before": "1h"}, "Nothing is kept of it."),
    ):
        page = (await send(filled, "/jobs/purge/plan", fields))[1]
        assert words in Reader(page).text
    assert 'action="/jobs/purge"' not in page


@pytest.mark.parametrize(
    ("path", "fields", "status", "words"),
    [
        ("purge/plan", {}, 400, "say what to remove"),
        ("purge/plan", {"route": "nobody"}, 404, "nothing is recorded"),
        ("purge/plan", {"before": "soon"}, 400, "is no time"),
        ("purge/plan", {"pair": "2", "identities": "x" * 5000}, 400, "identities"),
        ("purge/plan", {"other": "x"}, 400, "other"),
        ("purge", {}, 400, "say what to remove"),
        ("replay", {"route": "forms", "limit": "50"}, 409, "no candidate"),
        ("replay", {"route": "order-read", "limit": "7"}, 400, "limit"),
        ("replay", {"route": "order-read", "limit": "50", "outcome": "nonsense"}, 400, "outcome"),
        ("replay", {"route": "order-read", "limit": "50", "since": HOSTILE}, 400, "since"),
        ("replay", {"route": "", "limit": "50"}, 400, "route"),
        ("rejudge", {"text": "version: nonsense"}, 422, "no good table"),
        ("rejudge", {"route": "nobody"}, 404, "no route"),
        ("0123456789ab/stop", {}, 404, "no job"),
        ("..%2F/stop", {}, 404, "no job"),
    ],
)
async def test_what_cannot_be_begun_says_why_and_begins_nothing(
    filled: Port, path: str, fields: dict[str, str], status: int, words: str
) -> None:
    got, body, _ = await send(filled, f"/jobs/{path}", fields, Accept="application/json")
    assert (got, words in body["detail"]) == (status, True), body
    assert (await filled.ask("/jobs?format=json"))[1]["jobs"] == []


async def test_what_a_command_works_on_is_seen_while_it_works(filled: Port) -> None:
    files = JobFiles(filled.store.with_name("strangler.db.jobs"))
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        listener = await session.get(f"{filled.url}/jobs/events")
        assert listener.content_type == "text/event-stream"
        assert await listener.content.readline() == b"retry: 3000\n"
        with working(files, Kind.DEMO, HOSTILE, "ada") as told:
            while await listener.content.readline() != b"event: progress\n":
                pass
            told("users at work", 30, 40)
            page = (await filled.ask("/jobs"))[1]
            tags = dict(next(given for tag, given in Reader(page).tags if tag == "progress"))
            assert (tags["value"], tags["max"]) == ("30", "40")
            assert "at a terminal" in page
            assert own(Reader(page))
            (job,) = files.all()
            status, body, _ = await send(filled, f"/jobs/{job.id}/stop", {}, Accept="application/json")
            assert (status, "begun elsewhere" in body["detail"]) == (409, True)
            assert "http-equiv" in (await filled.ask(f"/jobs/{job.id}"))[1]
        while await listener.content.readline() != b"event: progress\n":
            pass
        await filled.app.shutdown()
        await listener.content.read()
    page = (await filled.ask(f"/jobs/{job.id}"))[1]
    assert "told at the terminal" in page
    assert "http-equiv" not in page


@pytest.fixture
def hung(filled: Port) -> Iterator[Port]:
    """Its candidate takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rules = TABLE.replace("127.0.0.1:9000", f"127.0.0.1:{silent.getsockname()[1]}")
        write(filled, Batch(plans=plans_of(load_table(rules, version=4)), plans_at=4e9))
        yield filled


ASKED = {"route": "order-read", "limit": "50"}


@pytest.mark.parametrize(
    "result", [{}, {"results": 5, "sent": "x"}, {"lines": 3}, {"routes": [1]}, {"routes": {"a": None}}]
)
@pytest.mark.parametrize("kind", Kind)
async def test_a_result_that_another_version_wrote_is_told_as_such(
    filled: Port, kind: Kind, result: dict[str, Any]
) -> None:
    told = JobFiles(filled.store.with_name("strangler.db.jobs")).begin(kind, "orders", by="ann", via="console")
    told.end(State.DONE, result=result)
    status, body, _ = await filled.ask(f"/jobs/{told.job.id}")
    assert status == 200
    assert "another version of strangler wrote it" in body
    assert (await filled.ask(f"/jobs/{told.job.id}?format=json"))[1]["job"]["result"] == result


async def test_a_job_is_stopped_by_its_button_and_cannot_be_twice(hung: Port) -> None:
    address = await begun(hung, "replay", ASKED)
    assert 'action="' + address + '/stop"' in (await hung.ask(address))[1]
    assert (await send(hung, f"{address}/stop", {}))[0] == 303
    job = await ended(hung, address)
    assert job["state"] == State.STOPPED
    status, body, _ = await send(hung, f"{address}/stop", {}, Accept="application/json")
    assert (status, "it has ended: stopped" in body["detail"]) == (409, True)
    async with asyncio.timeout(10):
        while "replay ended" not in (page := Reader((await hung.ask("/audit?about=replay"))[1]).text):
            pass
    assert "failed 1" in page
    assert "stopped" in page


async def test_a_second_one_of_a_kind_is_refused_with_the_first(hung: Port) -> None:
    address = await begun(hung, "replay", ASKED)
    status, body, _ = await send(hung, "/jobs/replay", ASKED, Accept="application/json")
    assert (status, f"/jobs/{body['job']}") == (409, address)
    await send(hung, f"{address}/stop", {})
    assert (await ended(hung, address))["state"] == State.STOPPED


async def test_who_began_it_and_how_it_ended_are_in_the_audit_log(filled: Port) -> None:
    job = await ended(filled, await begun(filled, "purge", {"route": "order-read"}))
    async with asyncio.timeout(10):
        while len(acts := (await filled.ask("/api/v1/audit"))[1]["acts"]) < 3:
            pass
    assert [(line["step"], line["what"]) for line in acts[:2]] == [
        ("done", "purge ended"),
        ("done", "POST /jobs/purge"),
    ]
    assert acts[0]["of"] == {"job": job["id"], "state": "done"}
    assert acts[1]["of"]["route"] == "order-read"


async def test_who_may_not_begin_a_job_sees_no_form_for_it_and_cannot_stop_it(
    guarded: GuardedPort, browser: Browser
) -> None:
    async def shown(name: str) -> list[str]:
        page = (await guarded.ask("/jobs", headers={"Authorization": f"Bearer {token_of(name)}"}))[1]
        return [one for one in ("replay", "rejudge", "purge/plan") if f'action="/jobs/{one}"' in page]

    assert [await shown(name) for name in ("viewer", "reviewer", "operator", "admin")] == [
        [],
        ["rejudge"],
        ["replay", "rejudge"],
        ["replay", "rejudge", "purge/plan"],
    ]
    with working(JobFiles(guarded.store.with_name("strangler.db.jobs")), Kind.PURGE, "", "ada"):
        (job,) = (await guarded.ask("/jobs?format=json", headers={"Authorization": f"Bearer {token_of('viewer')}"}))[1][
            "jobs"
        ]
        headers = {"Authorization": f"Bearer {token_of('reviewer')}"}
        status, body, _ = await guarded.ask(f"/jobs/{job['id']}/stop", "POST", headers=headers)
        assert (status, body["detail"]) == (403, "who may not begin a purge may not stop one")
