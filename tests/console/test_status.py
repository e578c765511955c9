from __future__ import annotations

from typing import Any

import pytest

from console.counted import Counted
from console.status import STARTING, degraded, living, not_ready, status_document, urgent
from console.status_text import status_text
from proxy.model.decision import Skip
from proxy.model.table import UNCLAIMED
from tests.console.scene import HOSTILE, table


def process(role: str, index: int = 0, **changes: Any) -> dict[str, Any]:
    fields = {
        "role": role,
        "index": index,
        "pid": 100 + index,
        "restarts": 0,
        "stuck": 0,
        "started_at": "2026-03-31T12:00:00.000Z",
        "ready": True,
        "table_version": 3,
    }
    return fields | changes


TOLD_TABLE: dict[str, Any] = {
    "source": "/etc/routes.yaml",
    "loaded_at": "2026-03-31T12:00:00.000Z",
    "error": None,
    "since": "2026-03-30T09:00:00.000Z",
    "by": "ada",
    "reason": "20 % as agreed",
    "hash": "a" * 64,
    "journal": None,
}


def told(**changes: Any) -> dict[str, Any]:
    fields = {
        "state": "ready",
        "listen": "127.0.0.1:8080",
        "admin": "127.0.0.1:8081",
        "table_version": 3,
        "table": TOLD_TABLE,
        "certificates": None,
        "processes": [
            process("supervisor"),
            process("proxy", 0),
            process("proxy", 1),
            process("shadow"),
            process("console"),
        ],
    }
    return fields | changes


def skipped(role: str, reason: str, n: int) -> tuple[str, str, dict[str, str], int]:
    return (f"{role}-0-1", "strangler_skipped", {"route": "a", "reason": reason}, n)


NOTHING = Counted([], frozenset())


def test_an_instance_is_ready_when_it_says_so_and_all_proxy_workers_accept() -> None:
    assert not_ready(told()) == []


@pytest.mark.parametrize("state", ["starting", "draining"])
def test_it_is_not_ready_while_starting_and_draining(state: str) -> None:
    assert not_ready(told(state=state)) == [f"the instance is {state}"]


def test_it_is_not_ready_while_a_proxy_worker_is_down() -> None:
    down = told(processes=[process("proxy", 0), process("proxy", 1, ready=False, pid=None)])
    assert not_ready(down) == ["1 of 2 proxy workers accept"]


def test_before_the_supervisor_has_spoken_nothing_is_ready() -> None:
    assert not_ready(STARTING) == ["the instance is starting", "0 of 0 proxy workers accept"]
    assert degraded(STARTING, NOTHING) == []


def test_a_shadow_worker_that_is_down_degrades_and_does_not_stop_requests() -> None:
    down = told(processes=[process("proxy"), process("shadow", ready=False, pid=None)])
    assert not_ready(down) == []
    assert degraded(down, NOTHING) == ["not ready: shadow/0; users are not affected"]


def test_a_bad_table_degrades_with_its_mistakes() -> None:
    bad = told(table={**told()["table"], "error": "routes.yaml:3:1: error: unknown key"})
    assert not_ready(bad) == []
    assert degraded(bad, NOTHING) == [
        "the table's file is bad, version 3 stays in force:\nroutes.yaml:3:1: error: unknown key"
    ]


def test_a_journal_that_lacks_versions_degrades_and_says_that_the_table_is_in_force() -> None:
    (reason,) = degraded(told(table=TOLD_TABLE | {"journal": "/x.tables.jsonl: No space left on device"}), NOTHING)
    assert reason.startswith("the journal of table versions lacks the last changes: /x.tables.jsonl: No space left")
    assert reason.endswith("the table is in force all the same")


def test_the_text_says_who_made_the_table_when_and_why() -> None:
    text = status_text(status_document(told(), table(), NOTHING))
    assert "table version 3 from /etc/routes.yaml\n  since 2026-03-30T09:00:00Z by ada: 20 % as agreed\n" in text
    text = status_text(status_document(told(table=TOLD_TABLE | {"by": "file", "reason": ""}), table(), NOTHING))
    assert "Z by file\n" in text


def test_a_store_that_refuses_results_degrades_as_long_as_its_shadow_worker_lives() -> None:
    counted = [("shadow-0-100", "strangler_store_bad", {}, 1)]
    (reason,) = degraded(told(), Counted(counted, frozenset({100})))
    assert reason.startswith("the store refuses results")
    assert degraded(told(), Counted(counted, frozenset({101}))) == []


def test_a_store_that_was_set_aside_is_told_of_until_the_next_start_whoever_has_died_since() -> None:
    name = "strangler.db.broken-20261118T110640Z"
    document = status_document(
        told(), table(), Counted([("shadow-dead", "strangler_store_set_aside", {"file": name}, 1)], ())
    )
    (reason,) = document["reasons"]
    assert reason.startswith(f"the store was damaged, and set aside as {name}; evidence from before is not counted")
    assert document["ready"] is True
    assert f"! {reason}" in status_text(document)


def test_the_document_has_the_keys_of_the_contract() -> None:
    document = status_document(told(), table(), Counted([], ()))
    assert {"table_version", "processes", "tap", "backends"} <= set(document)
    assert {"role", "pid", "restarts", "started_at"} <= set(document["processes"][0])
    assert {"sent", "done", "dropped"} <= set(document["tap"])
    assert document["ready"] is True


def test_every_copy_is_accounted_for_by_reason() -> None:
    rows = [
        ("proxy-0-1", "strangler_copied", {"route": "a"}, 100),
        ("shadow-0-1", "strangler_shadow_outcomes", {"route": "a", "outcome": "match"}, 80),
        skipped("shadow", Skip.BREAKER_OPEN, 5),
        skipped("proxy", Skip.TAP_FULL, 7),
        skipped("proxy", Skip.SHADOW_LOST, 3),
        skipped("proxy", Skip.NOT_SAMPLED, 900),
    ]
    tap = status_document(told(), None, Counted(rows, ()))["tap"]
    assert (tap["eligible"], tap["sent"], tap["done"]) == (107, 100, 85)
    assert tap["dropped"] == {"breaker_open": 5, "shadow_lost": 3, "tap_full": 7}


def test_each_shadow_worker_is_told_of() -> None:
    rows = [
        ("shadow-0-100", "strangler_shadow_done", {"worker": "0"}, 70),
        ("shadow-1-101", "strangler_shadow_done", {"worker": "1"}, 9),
        ("shadow-dead", "strangler_shadow_done", {"worker": "1"}, 1000),
        ("shadow-1-101", "strangler_shadow_queue", {"worker": "1"}, 4),
        ("shadow-1-101", "strangler_shadow_queue_bytes", {"worker": "1"}, 4096),
        ("proxy-0-7", "strangler_tap_dropped", {"worker": "1", "reason": "shadow_lost"}, 3),
        ("proxy-1-8", "strangler_tap_dropped", {"worker": "1", "reason": "shadow_lost"}, 2),
        ("proxy-1-8", "strangler_tap_dropped", {"worker": "1", "reason": "tap_down"}, 1),
    ]
    document = status_document(told(), table(), Counted(rows, {7, 8, 100, 101}))
    assert document["tap"]["workers"] == [
        {"worker": 0, "done": 70, "waiting": 0, "waiting_bytes": 0, "dropped": {}},
        {"worker": 1, "done": 1009, "waiting": 4, "waiting_bytes": 4096, "dropped": {"shadow_lost": 5, "tap_down": 1}},
    ]
    text = status_text(document)
    assert "shadow/0: 70 done, 0 waiting\n" in text
    assert "shadow/1: 1,009 done, 4 waiting, dropped: shadow lost 5, tap down 1\n" in text
    alone = status_text(status_document(told(), table(), Counted(rows[:1], {7, 8, 100})))
    assert "shadow/0:" not in alone


def test_backends_are_those_of_the_table_with_their_numbers() -> None:
    rows = [
        ("proxy-0-7", "strangler_requests", {"route": "a", "backend": "orders", "status_class": "2xx"}, 9),
        ("proxy-0-7", "strangler_backend_failures", {"backend": "orders", "kind": "refused"}, 2),
        ("proxy-0-7", "strangler_in_flight", {"backend": "legacy"}, 4),
        ("proxy-0-7", "strangler_bulkhead_waiting", {"backend": "legacy"}, 3),
        ("proxy-0-7", "strangler_breaker_state", {"backend": "orders", "state": "open"}, 1),
        ("proxy-0-7", "strangler_breaker_state", {"backend": "orders", "state": "closed"}, 0),
        ("proxy-0-7", "strangler_endpoint_up", {"backend": "legacy", "endpoint": "http://127.0.0.1:8000"}, 1),
        ("proxy-1-8", "strangler_endpoint_up", {"backend": "legacy", "endpoint": "http://127.0.0.1:8000"}, 1),
    ]
    backends = status_document(told(), table(), Counted(rows, {7, 8}))["backends"]
    assert backends == [
        {
            "name": "legacy",
            "urls": ["http://127.0.0.1:8000"],
            "endpoints": [{"url": "http://127.0.0.1:8000", "up": 2, "down": 0}],
            "legacy": True,
            "in_flight": 4,
            "answered": 0,
            "failed": 0,
            "waiting": 3,
            "breaker": {},
        },
        {
            "name": "orders",
            "urls": ["http://127.0.0.1:9000"],
            "endpoints": [{"url": "http://127.0.0.1:9000", "up": 0, "down": 0}],
            "legacy": False,
            "in_flight": 0,
            "answered": 9,
            "failed": 2,
            "waiting": 0,
            "breaker": {"open": 1},
        },
    ]


def test_what_users_may_notice_is_the_first_reason() -> None:
    labels = {"backend": "orders", "endpoint": "http://127.0.0.1:9000"}
    rows = [("proxy-0-7", "strangler_endpoint_down", labels, 1)]
    bad = told(table={**told()["table"], "error": "routes.yaml:1:1: error: no"})
    document = status_document(bad, table(), Counted(rows, {7}))
    first, second = document["reasons"]
    assert "gets no requests" in first
    assert "the table's file is bad" in second
    assert urgent(document) == [first]


def test_an_endpoint_that_gets_no_requests_is_named_among_the_reasons() -> None:
    labels = {"backend": "orders", "endpoint": "http://127.0.0.1:9000"}
    rows = [("proxy-0-7", "strangler_endpoint_down", labels, 1), ("proxy-1-8", "strangler_endpoint_up", labels, 1)]
    document = status_document(told(), table(), Counted(rows, {7, 8}))
    reason = (
        "http://127.0.0.1:9000 of orders gets no requests from 1 of 2 proxy workers: its checks fail, or it was ejected"
    )
    assert reason in document["reasons"]
    assert document["ready"] is True
    assert reason in status_text(document)


def test_what_no_route_claims_is_counted() -> None:
    rows = [
        ("proxy-0-7", "strangler_seen", {"route": UNCLAIMED}, 60),
        ("proxy-0-7", "strangler_seen", {"route": "a"}, 1),
    ]
    status = status_document(told(), table(), Counted(rows, ()))
    assert status["unclaimed"] == 60
    assert "60 requests that no route claims went to legacy" in status_text(status)


def test_breakers_are_told_by_their_state_in_each_worker_and_an_open_one_is_a_reason() -> None:
    rows = [
        (f"proxy-{pid}-{pid}", "strangler_breaker_state", {"backend": "orders", "state": state}, 1)
        for pid, state in ((1, "open"), (2, "open"), (3, "closed"))
    ]
    document = status_document(told(), table(), Counted(rows, {1, 2, 3}))
    assert "the breaker of orders is open in 2 of 3 proxy workers: it fails too often" in document["reasons"]
    assert "1 closed, 2 open" in status_text(document)
    document = status_document(told(), table(), Counted(rows, {3}))
    assert document["reasons"] == []
    assert "closed" in status_text(document)


def pressed(step: int, loop: int) -> list[tuple[str, str, dict[str, str], int]]:
    return [
        ("proxy-1-101", "strangler_pressure", {"worker": "1", "of": "loop"}, loop),
        ("proxy-1-101", "strangler_pressure", {"worker": "1", "of": "memory"}, 20),
        ("proxy-1-101", "strangler_pressure", {"worker": "1", "of": "connections"}, 0),
        ("proxy-1-101", "strangler_shed_step", {"worker": "1"}, step),
    ]


def test_what_each_worker_sheds_and_why_is_told() -> None:
    status = status_document(told(), table(), Counted(pressed(3, 110), {101}))
    pressure = {"loop": 1.1, "memory": 0.2, "connections": 0.0}
    assert status["overload"] == [{"worker": 1, "step": "refuse_half", "pressure": pressure}]
    assert status["reasons"] == ["overload, load is shed by proxy/1 (refuse_half)"]
    assert status["ready"] is True
    assert "110% loop, refuse half" in status_text(status)


def test_a_worker_at_ease_is_no_reason_for_concern() -> None:
    status = status_document(told(), table(), Counted(pressed(0, 3), {101}))
    assert status["reasons"] == []
    assert "20% memory\n" in status_text(status)
    assert status_document(told(), table(), Counted(pressed(0, 3), ()))["overload"] == []


def test_living_are_those_with_a_process() -> None:
    assert living(told(processes=[process("proxy", pid=5), process("shadow", pid=None)])) == {5}


def test_the_text_tells_all_of_it() -> None:
    down = told(processes=[process("proxy"), process("shadow", pid=None, ready=False, restarts=2)])
    text = status_text(status_document(down, table(), Counted([skipped("proxy", Skip.TAP_DOWN, 1925)], ())))
    assert text.startswith("ready: http://127.0.0.1:8080, admin http://127.0.0.1:8081\n")
    assert "! not ready: shadow/0" in text
    assert "dropped of 1,925 copies: tap down 1,925" in text
    assert "http://127.0.0.1:9000" in text


def test_the_text_cannot_command_the_terminal() -> None:
    bad = told(table={**told()["table"], "error": HOSTILE, "source": HOSTILE})
    text = status_text(status_document(bad, None, Counted([], ())))
    assert all(line.isprintable() for line in text.splitlines())


def test_certificates_are_told_and_what_is_wrong_with_their_files() -> None:
    in_use = {
        "certificate": "/etc/one.pem",
        "names": ["example.com", "*.example.com"],
        "expires_at": "2027-01-02T00:00:00.000Z",
    }
    good = status_document(told(certificates={"in_use": [in_use], "error": None}), table(), NOTHING)
    assert good["reasons"] == []
    text = status_text(good)
    assert "ready: https://127.0.0.1:8080" in text
    assert "certificate /etc/one.pem for example.com, *.example.com until 2027-01-02" in text
    bad = status_document(
        told(certificates={"in_use": [in_use], "error": f"key {HOSTILE}: is encrypted"}), table(), NOTHING
    )
    assert "! certificates are bad, the last good ones stay in use: key" in status_text(bad)
    assert HOSTILE not in status_text(bad)


def test_what_the_store_holds_is_told_with_its_limits_and_what_has_gone_for_them() -> None:
    rows = [
        ("shadow-0-100", "strangler_store_bytes", {}, 300 * 2**20),
        ("shadow-0-100", "strangler_store_oldest_contents", {}, 1_774_958_400),
        ("shadow-0-100", "strangler_store_removed", {"limit": "size"}, 1200),
    ]
    document = status_document(told(), table(), Counted(rows, {100}))
    assert document["store"] == {
        "bytes": 300 * 2**20,
        "oldest_contents": "2026-03-31T12:00:00.000Z",
        "keep": {"contents_seconds": 7 * 86400.0, "evidence_seconds": 90 * 86400.0, "bytes": 2**30},
        "removed": {"contents": 0, "evidence": 0, "size": 1200},
    }
    assert (
        "store: 300 of 1,024 MiB, requests and answers since 2026-03-31T12:00:00Z\n"
        "  kept: requests and answers 7 days, outcomes 90 days; 1,200 pairs lost them early, for its size"
    ) in status_text(document)


def test_pairs_that_could_not_be_redacted_are_told() -> None:
    rows = [("shadow-0-100", "strangler_unredacted", {"route": "orders"}, 3)]
    assert "! pairs of orders could not be redacted (3): nothing of their contents is kept" in status_text(
        status_document(told(), table(), Counted(rows, {100}))
    )
