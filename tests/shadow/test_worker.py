"""The shadow worker end to end: frames in at one end, evidence in the store at the other, whatever the backends do."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from proxy.model.control import FD_VARIABLE, ControlChannel
from proxy.model.counters import Counters
from proxy.model.keep import Contents
from proxy.model.settings import Settings
from proxy.model.table import CompareRules, Waiver
from shadow.breaker import FAILURES
from shadow.model import Kind, Outcome, RouteSummary
from shadow.pairing import INLINE_BYTES
from shadow.store.sqlite import SqliteStore
from shadow.structure import NOTE
from shadow.worker import Worker
from tests.shadow.conftest import Shadow
from tests.shadow.tap import TapClient, exchange_of, plan_for, summaries, until

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Backend = Callable[[Handler], Awaitable[str]]

CANARY = "hunter2-canary"


@pytest.fixture
async def backend(aiohttp_server: Any) -> Backend:
    """Makes a server that answers everything with one handler; returns its URL."""

    async def make(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", handler)
        return str((await aiohttp_server(app)).make_url("")).rstrip("/")

    return make


def says(document: Any, status: int = 200, **more: Any) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(
            body=json.dumps(document).encode(), status=status, headers={"Content-Type": "application/json"} | more
        )

    return handler


async def summary_after(shadow: Shadow, *sent: Any) -> RouteSummary:
    """Send exchanges, wait for their receipts, and see what is known then."""
    for exchange in sent:
        shadow.tap.exchange(exchange)
    await shadow.tap.receipts()
    return shadow.store.summaries()[0]


async def test_equal_answers_match_and_the_copy_is_the_request(shadow: Shadow, backend: Backend) -> None:
    requests = []

    async def handler(request: web.Request) -> web.StreamResponse:
        requests.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        return await says({"a": 1})(request)

    shadow.tap.plans(plan_for("http://127.0.0.1:1", await backend(handler)))
    headers = (("Host", "shop.example"), ("Cookie", "sid=1"), ("Content-Length", "3"), ("X-Shadow", "0"))
    summary = await summary_after(
        shadow, exchange_of(), exchange_of(method="POST", target="/orders?a=%20", headers=headers, body=b"a=1")
    )
    assert summary.outcomes == {Outcome.MATCH: 2}
    assert summary.signatures == ()
    assert summary.control_latency.p50 == pytest.approx(10, rel=0.02)
    assert ("GET", "/orders/7", {"Host": "shop.example", "Accept": "*/*", "X-Shadow": "1"}, b"") in requests
    posted = {"Host": "shop.example", "Cookie": "sid=1", "X-Shadow": "1", "Content-Length": "3"}
    assert ("POST", "/orders?a=%20", posted, b"a=1") in requests
    assert shadow.counted("strangler_shadow_received", route="orders") == 2
    assert shadow.counted("strangler_shadow_outcomes", route="orders", outcome="match") == 2
    assert shadow.counted("strangler_shadow_queue_bytes") == 0


@pytest.mark.promise("U15")
async def test_fallbacks_that_the_proxy_counted_are_candidate_errors(shadow: Shadow, backend: Backend) -> None:
    url = await backend(says({"a": 1}))
    shadow.tap.plans(plan_for(url, url))
    shadow.tap.counts({"orders": {"seen": 3, "copied": 1, "skipped:fallback": 2}})
    await summary_after(shadow, exchange_of())
    await until(lambda: summaries(shadow.store)[0].skipped)
    assert summaries(shadow.store)[0].outcomes == {Outcome.MATCH: 1, Outcome.CANDIDATE_ERROR: 2}


async def test_the_copys_latency_is_known_unless_we_are_late_ourselves(shadow: Shadow, backend: Backend) -> None:
    shadow.tap.plans(plan_for("http://127.0.0.1:1", await backend(says({"a": 1}))))
    async with asyncio.timeout(10):
        while (await summary_after(shadow, exchange_of())).candidate_latency.p50 is None:
            pass


async def test_a_difference_becomes_a_signature_with_an_example_that_can_be_shown(
    shadow: Shadow, backend: Backend
) -> None:
    legacy, new = await backend(says({"total": 1, "same": True})), await backend(says({"total": "1", "same": True}))
    shadow.tap.plans(plan_for(legacy, new))
    summary = await summary_after(shadow, *(exchange_of(b'{"total": 1, "same": true}') for _ in range(30)))
    assert summary.outcomes == {Outcome.MISMATCH: 30}
    [signature] = summary.signatures
    assert (signature.path, signature.kind, signature.count) == ("$.total", "type_changes", 30)
    assert (signature.control_example, signature.candidate_example) == ("1", '"1"')
    pair = shadow.store.pair(signature.example_pair[:8])
    assert pair is not None
    assert pair.control is not None
    assert pair.candidate is not None
    assert pair.again is not None
    assert (pair.control.body.text, pair.candidate.body.text) == (
        '{"total": 1, "same": true}',
        '{"total": "1", "same": true}',
    )
    assert pair.request_id.startswith("request-")


async def test_the_control_is_asked_once_more_for_a_safe_request_and_races_and_noise_are_told_apart(
    shadow: Shadow, backend: Backend
) -> None:
    asked = []
    numbers = iter(range(1000))

    async def legacy(request: web.Request) -> web.StreamResponse:
        asked.append((request.method, request.headers["X-Shadow"]))
        document = (
            {"a": 2} if "stale" in request.path else {"a": next(numbers)} if "noise" in request.path else {"a": 1}
        )
        return await says(document)(request)

    shadow.tap.plans(plan_for(await backend(legacy), await backend(says({"a": 2}))))
    answer = b'{"a": 1}'
    summary = await summary_after(
        shadow,
        exchange_of(answer, target="/stale"),
        exchange_of(b'{"a": -1}', target="/noise"),
        exchange_of(answer, target="/wrong"),
        exchange_of(answer, target="/wrong", method="POST"),
    )
    assert summary.outcomes == {Outcome.STALE: 1, Outcome.NOISE: 1, Outcome.MISMATCH: 2}
    assert asked == [("GET", "1")] * 3
    assert summary.signatures[0].count == 2


async def test_with_the_new_service_as_primary_the_copy_goes_to_legacy_which_stays_the_control(
    shadow: Shadow, backend: Backend
) -> None:
    shadow.tap.plans(plan_for(await backend(says({"a": "legacy"})), "http://127.0.0.1:1", stage="live"))
    summary = await summary_after(shadow, exchange_of(b'{"a": "new"}', primary="new", shadow="legacy"))
    assert summary.outcomes == {Outcome.MISMATCH: 1}
    [signature] = summary.signatures
    assert (signature.control_example, signature.candidate_example) == ('"legacy"', '"new"')
    assert summary.candidate_latency.p50 == pytest.approx(10, rel=0.02)


async def test_a_control_that_fails_to_answer_a_copy_is_an_error_of_the_control(shadow: Shadow) -> None:
    shadow.tap.plans(plan_for("http://127.0.0.1:1", "http://127.0.0.1:1"))
    summary = await summary_after(shadow, exchange_of(primary="new", shadow="legacy"))
    assert summary.outcomes == {Outcome.CONTROL_ERROR: 1}


async def test_a_candidate_that_answers_500_hangs_or_is_not_there_is_counted_as_such(
    shadow: Shadow, backend: Backend
) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if "hang" in request.path:
            await asyncio.sleep(60)
        return web.Response(status=500, text="oh no")

    plan = plan_for(await backend(says({"a": 1})), await backend(handler), timeout=0.2)
    shadow.tap.plans(plan, plan_for("http://127.0.0.1:1", "http://127.0.0.1:1", route="refused"))
    for exchange in (exchange_of(), exchange_of(target="/hang"), exchange_of(route="refused")):
        shadow.tap.exchange(exchange)
    await shadow.tap.receipts()
    orders, refused = shadow.store.summaries()
    assert orders.outcomes == {Outcome.CANDIDATE_ERROR: 1, Outcome.CANDIDATE_TIMEOUT: 1}
    assert refused.outcomes == {Outcome.CANDIDATE_ERROR: 1}
    assert refused.candidate_latency.p50 is None


async def test_a_candidate_that_is_gone_is_left_alone_and_what_is_not_copied_is_counted(shadow: Shadow) -> None:
    shadow.tap.plans(plan_for("http://127.0.0.1:1", "http://127.0.0.1:1"))
    for _ in range(FAILURES):
        await summary_after(shadow, exchange_of())
    summary = await summary_after(shadow, *(exchange_of() for _ in range(20)))
    assert summary.outcomes == {Outcome.CANDIDATE_ERROR: FAILURES}
    assert summary.skipped == {"breaker_open": 20}


async def test_redirects_cookies_and_codings_are_compared_not_followed_kept_or_lost(
    shadow: Shadow, backend: Backend
) -> None:
    async def new(request: web.Request) -> web.StreamResponse:
        if "coded" in request.path:
            return web.Response(
                body=gzip.compress(b'{"a": 1}'),
                headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
            )
        assert "Cookie" not in request.headers
        return web.Response(status=302, headers={"Location": "/login", "Set-Cookie": "sid=1"})

    shadow.tap.plans(plan_for("http://127.0.0.1:1", await backend(new)))
    moved = exchange_of(b"", status=302, answer_headers=(("Location", "/login"),))
    summary = await summary_after(shadow, exchange_of(target="/coded"), moved, moved)
    assert summary.outcomes == {Outcome.MATCH: 3}


async def test_what_cannot_be_repeated_or_compared_is_counted_with_its_reason(shadow: Shadow, backend: Backend) -> None:
    async def new(request: web.Request) -> web.StreamResponse:
        if "huge" in request.path:
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(1600):
                await response.write(b"x" * 65536)
            return response
        return web.Response(body=b"x", headers={"Content-Encoding": "unheard-of"})

    shadow.tap.plans(plan_for("http://127.0.0.1:1", await backend(new)))
    summary = await summary_after(
        shadow,
        exchange_of(target="/huge"),
        exchange_of(
            b"y", answer_headers=(("Content-Encoding", "unheard-of"), ("Content-Type", "application/octet-stream"))
        ),
        exchange_of(request_head=b"GET / HTTP/1.1\r\nHost: h\r\nX: caf\xe9\r\n\r\n"),
        exchange_of(answer_head=b"no head"),
        exchange_of(shadow="gone"),
        exchange_of(route="unheard-of"),
    )
    assert summary.skipped == {"answer_too_large": 1, "undecodable": 3, "shadow_lost": 1}
    assert summary.outcomes == {}
    assert shadow.counted("strangler_skipped", route="unheard-of", reason="shadow_lost") == 1


async def test_waived_differences_are_an_outcome_of_their_own(shadow: Shadow, backend: Backend) -> None:
    rules = CompareRules(ignore=(Waiver("$.a", "rounding"),))
    shadow.tap.plans(plan_for("http://127.0.0.1:1", await backend(says({"a": 2})), compare=rules))
    summary = await summary_after(shadow, exchange_of())
    assert summary.outcomes == {Outcome.WAIVED: 1}


async def test_counts_of_several_workers_add_up_however_often_they_are_told(shadow: Shadow) -> None:
    other = await TapClient.connect(shadow.settings.tap_path)
    for tap, source in ((shadow.tap, "proxy-0-1"), (other, "proxy-1-2")):
        tap.plans(plan_for("http://127.0.0.1:1", "http://127.0.0.1:1"))
        for _ in range(3):
            tap.counts(
                {"orders": {"seen": 10, "copied": 4, "skipped:not_sampled": 6}, "(unclaimed)": {"seen": 5}}, source
            )
    await until(lambda: [(one.seen, one.copied) for one in summaries(shadow.store)] == [(20, 8)])
    assert shadow.store.summaries()[0].skipped == {"not_sampled": 12}
    await other.close()


async def test_large_answers_are_compared_off_the_loop(
    shadow: Shadow, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shadow.pairing.thread_time", float)  # redaction may take as long as this machine needs
    document = {"rows": [{"id": n, "name": f"row {n}"} for n in range(20_000)], "total": 1}
    shadow.tap.plans(plan_for(await backend(says(document)), await backend(says(document | {"total": 2}))))
    answer = json.dumps(document).encode()
    assert len(answer) > INLINE_BYTES
    summary = await summary_after(shadow, exchange_of(answer))
    assert [signature.path for signature in summary.signatures] == ["$.total"]


async def test_no_secret_reaches_the_disk_or_the_log(
    shadow: Shadow, backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    async def new(_: web.Request) -> web.StreamResponse:
        response = web.json_response({"password": CANARY + "-new", "note": f"Bearer {CANARY}", "n": 2})
        response.set_cookie("sid", CANARY)
        return response

    caplog.set_level("DEBUG")
    shadow.tap.plans(plan_for(await backend(says({"password": CANARY, "n": 1})), await backend(new)))
    secrets = (("Host", "h"), ("Authorization", f"Bearer {CANARY}"), ("Cookie", f"sid={CANARY}"), ("X-Api-Key", CANARY))
    answer = json.dumps({"password": CANARY, "note": "", "n": 1}).encode()
    cookie = (("Set-Cookie", f"sid={CANARY}"), ("Content-Type", "application/json"))
    summary = await summary_after(
        shadow,
        exchange_of(answer, headers=secrets, target=f"/a?token={CANARY}", answer_headers=cookie, id=f"Bearer {CANARY}"),
        exchange_of(
            answer,
            method="POST",
            headers=(*secrets, ("Content-Type", "application/json"), ("Content-Length", "1")),
            body=json.dumps({"secret": CANARY}).encode(),
        ),
        exchange_of(
            answer,
            method="POST",
            headers=(*secrets, ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "1")),
            body=f"password={CANARY}".encode(),
        ),
        exchange_of(answer_head=f"HTTP/1.1 {CANARY}".encode()),
    )
    assert summary.outcomes == {Outcome.MISMATCH: 3}
    kept = [shadow.store.pair(signature.example_pair) for signature in summary.signatures]
    assert all(pair and pair.request and pair.candidate for pair in kept)
    folder = Path(shadow.store.path).parent
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"strangler.db", "strangler.db-wal"} <= {file.name for file in files}
    assert b"redacted-" in b"".join(file.read_bytes() for file in files)
    assert [file.name for file in files if CANARY.encode() in file.read_bytes()] == []
    # The backends of this test write an access log of their own.
    assert CANARY not in str([vars(record) for record in caplog.records if record.name != "aiohttp.access"])


@pytest.mark.parametrize("keep", [Contents.STRUCTURE, Contents.NOTHING])
async def test_a_route_may_keep_no_values_and_its_pairs_count_all_the_same(
    shadow: Shadow, backend: Backend, keep: Contents
) -> None:
    plan = plan_for("http://127.0.0.1:1", await backend(says({"n": f"{CANARY}-new"})), contents=keep)
    shadow.tap.plans(plan)
    answer = json.dumps({"n": CANARY}).encode()
    headers = (("Host", "h"), ("X-Note", CANARY))
    summary = await summary_after(
        shadow, exchange_of(answer, target=f"/a/{CANARY}?q={CANARY}", headers=headers, id=CANARY)
    )
    assert summary.outcomes == {Outcome.MISMATCH: 1}
    (signature,) = summary.signatures
    assert (signature.path, signature.kind) == ("$.n", Kind.VALUES_CHANGED)
    if keep is Contents.NOTHING:
        assert (signature.example_pair, signature.control_example, signature.candidate_example) == ("", None, None)
    else:
        assert signature.control_example == f'"(text, {len(CANARY)})"'
        assert shadow.store.sightings(signature)[0].control == signature.control_example
        kept = shadow.store.pair(signature.example_pair)
        assert kept is not None
        assert kept.candidate is not None
        assert kept.candidate.body.note == NOTE
    files = [file for file in Path(shadow.store.path).parent.rglob("*") if file.is_file()]
    assert [file.name for file in files if CANARY.encode() in file.read_bytes()] == []


async def test_an_error_of_our_own_is_counted_and_costs_one_pair_only(
    shadow: Shadow, backend: Backend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError(CANARY)

    shadow.tap.plans(plan_for("http://127.0.0.1:1", await backend(says({"a": 1}))))
    with monkeypatch.context() as patched:
        patched.setattr("shadow.pairing.parse_request", broken)
        summary = await summary_after(shadow, exchange_of())
    assert summary.skipped == {"shadow_error": 1}
    assert (await summary_after(shadow, exchange_of())).outcomes == {Outcome.MATCH: 1}
    [record] = [record for record in caplog.records if record.name == "shadow.worker"]
    assert vars(record)["error"] == "ZeroDivisionError"
    assert CANARY not in str(vars(record))


async def test_when_there_is_no_room_the_newest_is_dropped_counted_and_receipted(
    shadow_settings: Settings, backend: Backend, tmp_path: Path
) -> None:
    release = asyncio.Event()

    async def new(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return await says({"a": 1})(request)

    counters = Counters(Path(shadow_settings.run_dir), "shadow-0-1")
    worker = Worker(shadow_settings.with_(shadow_queue_bytes=5 * 3000, shadow_concurrency=2), counters, b"k")
    running = asyncio.create_task(worker.run())
    await worker.ready.wait()
    tap, store = await TapClient.connect(shadow_settings.tap_path), SqliteStore(tmp_path / "strangler.db")
    tap.plans(plan_for("http://127.0.0.1:1", await backend(new)))
    for _ in range(100):
        tap.exchange(exchange_of(headers=(("Host", "h"), ("X", "x" * 1500))))
    await until(lambda: [one.skipped.get("shadow_busy", 0) for one in summaries(store)] == [95])
    release.set()
    await tap.receipts(100)
    assert store.summaries()[0].outcomes == {Outcome.MATCH: 5}
    worker.drain(5)
    await tap.close()
    await running
    counters.close()


async def test_draining_finishes_what_is_in_replay_and_counts_the_rest(
    shadow_settings: Settings, backend: Backend, tmp_path: Path
) -> None:
    arrived = asyncio.Semaphore(0)

    async def new(request: web.Request) -> web.StreamResponse:
        arrived.release()
        await asyncio.sleep(60 if "hang" in request.path else 0.1)
        return await says({"a": 1})(request)

    counters = Counters(Path(shadow_settings.run_dir), "shadow-0-1")
    worker = Worker(shadow_settings.with_(shadow_concurrency=2), counters, b"k")
    running = asyncio.create_task(worker.run())
    await worker.ready.wait()
    tap, store = await TapClient.connect(shadow_settings.tap_path), SqliteStore(tmp_path / "strangler.db")
    tap.plans(plan_for("http://127.0.0.1:1", await backend(new)))
    for target in ("/hang", "/quick", "/hang", "/waits"):
        tap.exchange(exchange_of(target=target))
    for _ in range(2):
        await arrived.acquire()
    worker.drain(0.5)
    await tap.receipts()
    await running
    await tap.close()
    counters.close()
    summary = store.summaries()[0]
    assert summary.outcomes == {Outcome.MATCH: 1}
    assert summary.skipped == {"shadow_lost": 3}


class Process:
    """``python -m shadow`` as the supervisor starts it."""

    def __init__(self, process: asyncio.subprocess.Process, channel: ControlChannel) -> None:
        self.process = process
        self.channel = channel

    @classmethod
    async def start(cls, settings: Settings) -> Process:
        ours, theirs = socket.socketpair()
        environment = os.environ | settings.to_environment() | {FD_VARIABLE: str(theirs.fileno())}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "shadow",
            env=environment,
            pass_fds=[theirs.fileno()],
            stderr=asyncio.subprocess.DEVNULL,
        )
        theirs.close()
        channel = await ControlChannel.over(ours)
        while (message := await anext(channel)) == {"type": "beat"}:
            pass
        assert message == {"type": "ready", "table_version": 0}
        return cls(process, channel)

    async def end(self) -> int:
        async with asyncio.timeout(20):
            code = await self.process.wait()
        self.channel.close()
        return code


@pytest.fixture
async def processes(shadow_settings: Settings, tmp_path: Path) -> AsyncIterator[Callable[[], Awaitable[Process]]]:
    (tmp_path / "key").write_text("0123456789abcdef")
    started: list[Process] = []

    async def start() -> Process:
        started.append(await Process.start(shadow_settings.with_(secret=str(tmp_path / "key"))))
        return started[-1]

    yield start
    for one in started:
        if one.process.returncode is None:
            one.process.kill()
            await one.end()


@pytest.mark.parametrize("way", ["drain", "SIGTERM", "end of the channel"])
async def test_the_process_ends_with_everything_written(
    processes: Callable[[], Awaitable[Process]], shadow_settings: Settings, backend: Backend, tmp_path: Path, way: str
) -> None:
    process = await processes()
    tap = await TapClient.connect(shadow_settings.tap_path)
    tap.plans(plan_for("http://127.0.0.1:1", await backend(says({"a": 1}))))
    for _ in range(50):
        tap.exchange(exchange_of())
    await tap.receipts(1)
    if way == "drain":
        process.channel.send({"type": "drain", "grace": 5.0})
    elif way == "SIGTERM":
        process.process.send_signal(signal.SIGTERM)
    else:
        process.channel.close()
    await tap.receipts()
    assert await process.end() == 0
    await tap.close()
    assert SqliteStore(tmp_path / "strangler.db").summaries()[0].outcomes == {Outcome.MATCH: 50}


@pytest.mark.promise("O7")
async def test_killed_at_any_moment_it_leaves_a_store_that_opens_clean_and_the_next_one_goes_on(
    processes: Callable[[], Awaitable[Process]], shadow_settings: Settings, backend: Backend, tmp_path: Path
) -> None:
    url = await backend(says({"a": 2}))
    receipted = 0
    for round_number in range(3):
        process = await processes()
        tap = await TapClient.connect(shadow_settings.tap_path)
        tap.plans(plan_for(url, url))
        for _ in range(400):
            tap.exchange(exchange_of())
        await tap.receipts(100 * round_number + 1)
        process.process.kill()
        assert await process.end() == -signal.SIGKILL
        await tap.ended()
        await tap.close()
        receipted += tap.done
        with sqlite3.connect(tmp_path / "strangler.db") as plain:
            assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        plain.close()
        [summary] = SqliteStore(tmp_path / "strangler.db").summaries()
        assert sum(summary.outcomes.values()) >= receipted


async def test_the_dice_choose_pairs_for_which_the_control_is_asked_twice_whatever_came_of_them(
    shadow: Shadow, backend: Backend
) -> None:
    asked: list[str] = []

    async def control(request: web.Request) -> web.StreamResponse:
        asked.append(request.raw_path)
        return await says({"a": 1, "n": len(asked)})(request)

    plan = plan_for(await backend(control), await backend(says({"a": 1, "n": 0})), repeat=1.0)
    shadow.tap.plans(plan)
    summary = await summary_after(
        shadow, exchange_of(b'{"a": 1, "n": 0}'), exchange_of(b'{"a": 1, "n": 0}', method="POST")
    )
    assert summary.outcomes == {Outcome.MATCH: 2}
    assert len(asked) == 1  # a write is never repeated
    learned = shadow.store.learned()["orders"]
    assert (learned.asked_twice, learned.repeats) == (1, 1)
    (place,) = learned.places
    assert (place.place, place.only_control, place.only_candidate, place.usual) == ("$.n", 1, 0, "integer")
