"""The status of an instance: what the supervisor tells, with what the counters say of tap and backends. Pure."""

from __future__ import annotations

from typing import Any, Final

from console.counted import Counted
from proxy.limits.shedding import Step
from proxy.model.decision import NOT_LOST, Skip
from proxy.model.keep import Keep
from proxy.model.log import rfc3339
from proxy.model.table import UNCLAIMED, Table

Document = dict[str, Any]

STARTING: Final[Document] = {
    "state": "starting",
    "listen": "",
    "admin": "",
    "table_version": 0,
    "table": {
        "source": "",
        "loaded_at": "",
        "error": None,
        "since": "",
        "by": "",
        "reason": "",
        "hash": "",
        "journal": None,
    },
    "certificates": None,
    "processes": [],
}
"""Before the supervisor has told anything."""

_AFTER_THE_TAP = frozenset({Skip.SHADOW_LOST})
"""Losses that proxy workers count, of copies that were sent."""


def status_document(told: Document, table: Table | None, counted: Counted) -> Document:
    """``told`` is the supervisor's part. Contents as in docs/reference/admin.md."""
    waiting = not_ready(told)
    backends = _backends(table, counted)
    return {
        "ready": not waiting,
        "reasons": waiting + down(backends) + degraded(told, counted),
        **told,
        "unclaimed": counted.by("strangler_seen", "route").get(UNCLAIMED, 0),
        "overload": _overload(counted),
        "tap": _tap(counted),
        "backends": backends,
        "store": _store(table, counted),
    }


def _store(table: Table | None, counted: Counted) -> Document:
    """What is kept, within which limits, and what has gone for each of them."""
    keep = table.keep if table is not None else Keep()
    removed = counted.by("strangler_store_removed", "limit")
    oldest = counted.total("strangler_store_oldest_contents")
    return {
        "bytes": counted.total("strangler_store_bytes"),
        "oldest_contents": rfc3339(oldest) if oldest else None,
        "keep": {"contents_seconds": keep.contents, "evidence_seconds": keep.evidence, "bytes": keep.size},
        "removed": {limit: removed.get(limit, 0) for limit in ("contents", "evidence", "size")},
    }


def not_ready(told: Document) -> list[str]:
    """Why requests should not come here yet, or no more; empty if they should."""
    proxies = [process for process in told["processes"] if process["role"] == "proxy"]
    accepting = sum(process["ready"] for process in proxies)
    reasons = []
    if told["state"] != "ready":
        reasons.append(f"the instance is {told['state']}")
    if accepting < len(proxies) or not proxies:
        reasons.append(f"{accepting} of {len(proxies)} proxy workers accept")
    return reasons


def degraded(told: Document, counted: Counted) -> list[str]:
    """What is wrong that users do not notice."""
    reasons = []
    if told["table"]["error"]:
        reasons.append(
            f"the table's file is bad, version {told['table_version']} stays in force:\n{told['table']['error']}"
        )
    if told["table"]["journal"]:
        reasons.append(
            f"the journal of table versions lacks the last changes: {told['table']['journal']}; the table is in force all the same"
        )
    certificates = told["certificates"]
    if certificates is not None and certificates["error"]:
        reasons.append(f"certificates are bad, the last good ones stay in use: {certificates['error']}")
    down = [
        f"{process['role']}/{process['index']}"
        for process in told["processes"]
        if process["role"] not in {"proxy", "supervisor"} and not process["ready"]
    ]
    if down and told["state"] == "ready":
        reasons.append(f"not ready: {', '.join(down)}; users are not affected")
    if counted.total("strangler_store_bad"):
        reasons.append(
            "the store refuses results: they are dropped and counted, the log has the reason; users are not affected"
        )
    reasons += [
        f"the store was damaged, and set aside as {file}; evidence from before is not counted. This stands here until the next start"
        for file in sorted(counted.by("strangler_store_set_aside", "file"))
    ]
    reasons += [
        f"pairs of {route} could not be redacted ({count:,}): nothing of their contents is kept, the log has the reason. This stands here until the next start"
        for route, count in sorted(counted.by("strangler_unredacted", "route").items())
    ]
    shedding = [
        f"proxy/{worker['worker']} ({worker['step']})" for worker in _overload(counted) if worker["step"] != "none"
    ]
    if shedding:
        reasons.append(f"overload, load is shed by {', '.join(shedding)}")
    return reasons


def down(backends: list[Document]) -> list[str]:
    """Endpoints and backends that requests stay away from."""
    open_breakers = [
        f"the breaker of {backend['name']} is open in {backend['breaker']['open']} of "
        f"{sum(backend['breaker'].values())} proxy workers: it fails too often"
        for backend in backends
        if "open" in backend["breaker"]
    ]
    return open_breakers + [
        f"{endpoint['url']} of {backend['name']} gets no requests from {endpoint['down']} of "
        f"{endpoint['up'] + endpoint['down']} proxy workers: its checks fail, or it was ejected"
        for backend in backends
        for endpoint in backend["endpoints"]
        if endpoint["down"]
    ]


def urgent(status: Document) -> list[str]:
    """Those of its ``reasons`` that users notice, or may."""
    return [*not_ready(status), *down(status["backends"])]


def living(told: Document) -> frozenset[int]:
    return frozenset(process["pid"] for process in told["processes"] if process["pid"] is not None)


def _overload(counted: Counted) -> list[Document]:
    """What each proxy worker sheds, and its pressure by cause, 1 being all that the table allows."""
    pressure: dict[int, dict[str, float]] = {}
    for (worker, cause), percent in counted.series("strangler_pressure").items():
        pressure.setdefault(int(worker), {})[cause] = percent / 100
    steps = counted.by("strangler_shed_step", "worker")
    return [
        {"worker": worker, "step": Step(steps.get(str(worker), 0)).word, "pressure": causes}
        for worker, causes in sorted(pressure.items())
    ]


def _tap(counted: Counted) -> Document:
    """``eligible`` copies should have been compared; ``sent`` reached the tap, ``done`` came to an end in the shadow worker."""
    unsent = sum(
        count
        for reason, count in counted.by("strangler_skipped", "reason", "proxy").items()
        if reason not in NOT_LOST | _AFTER_THE_TAP
    )
    sent = counted.total("strangler_copied")
    done = counted.total("strangler_shadow_outcomes") + counted.total("strangler_skipped", "shadow")
    dropped = {
        reason: count
        for reason, count in sorted(counted.by("strangler_skipped", "reason").items())
        if reason not in NOT_LOST and count
    }
    return {
        "eligible": sent + unsent,
        "sent": sent,
        "done": done,
        "waiting_bytes": counted.total("strangler_tap_bytes") + counted.total("strangler_shadow_queue_bytes"),
        "dropped": dropped,
        "workers": _shadow_workers(counted),
    }


def _shadow_workers(counted: Counted) -> list[Document]:
    """Of each shadow worker what it has dealt with, what waits in it, and what it did not get, or took with it when it died."""
    done = counted.by("strangler_shadow_done", "worker")
    waiting = counted.by("strangler_shadow_queue", "worker")
    waiting_bytes = counted.by("strangler_shadow_queue_bytes", "worker")
    dropped: dict[str, dict[str, int]] = {}
    for (worker, reason), count in sorted(counted.series("strangler_tap_dropped").items()):
        dropped.setdefault(worker, {})[reason] = count
    return [
        {
            "worker": int(worker),
            "done": done.get(worker, 0),
            "waiting": waiting.get(worker, 0),
            "waiting_bytes": waiting_bytes.get(worker, 0),
            "dropped": dropped.get(worker, {}),
        }
        for worker in sorted({*done, *waiting, *dropped}, key=int)
    ]


def _backends(table: Table | None, counted: Counted) -> list[Document]:
    answered = counted.by("strangler_requests", "backend")
    failed = counted.by("strangler_backend_failures", "backend")
    in_flight = counted.by("strangler_in_flight", "backend")
    waiting = counted.by("strangler_bulkhead_waiting", "backend")
    breakers = counted.series("strangler_breaker_state")
    ups, downs = counted.series("strangler_endpoint_up"), counted.series("strangler_endpoint_down")
    return [
        {
            "name": backend.name,
            "urls": [endpoint.url for endpoint in backend.endpoints],
            "endpoints": [
                {
                    "url": endpoint.url,
                    "up": ups.get((backend.name, endpoint.url), 0),
                    "down": downs.get((backend.name, endpoint.url), 0),
                }
                for endpoint in backend.endpoints
            ],
            "legacy": backend.is_legacy,
            "in_flight": in_flight.get(backend.name, 0),
            "answered": answered.get(backend.name, 0),
            "failed": failed.get(backend.name, 0),
            "waiting": waiting.get(backend.name, 0),
            "breaker": {state: n for (name, state), n in breakers.items() if name == backend.name and n},
        }
        for backend in (table.backends.values() if table else ())
    ]
