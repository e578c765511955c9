"""Every metric by name: its kind, its labels and what it tells. Nothing is counted that does not stand here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

LATENCY_BUCKETS_MS: Final[tuple[int, ...]] = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000)
"""Upper bounds of the latency histogram, in milliseconds; one more bucket takes the rest."""


@dataclass(frozen=True, slots=True)
class Metric:
    """``kind`` is Prometheus's. A histogram's counters carry the label ``le`` (ms, ``+Inf``) and a ``sum`` in microseconds."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "strangler_requests",
            "counter",
            ("route", "backend", "status_class"),
            "Requests answered, by who answered and status class (own: our own refusals and errors).",
        ),
        Metric(
            "strangler_request_duration",
            "histogram",
            ("route", "backend"),
            "From the request's head read to the answer's last byte written, in seconds.",
        ),
        Metric("strangler_in_flight", "gauge", ("backend",), "Requests being answered now."),
        Metric("strangler_connections", "gauge", (), "Client connections open now."),
        Metric("strangler_streams", "gauge", (), "Requests under way on HTTP/2 connections now."),
        Metric(
            "strangler_accept_pauses",
            "counter",
            ("reason",),
            "Times a worker stopped accepting for a moment: clients (as many as there are file descriptors for), overload, error.",
        ),
        Metric(
            "strangler_connections_turned_away",
            "counter",
            ("reason",),
            "Connections closed without an answer, before they spoke HTTP: handshakes and PROXY headers that failed.",
        ),
        Metric("strangler_tls_handshakes", "counter", ("version", "resumed"), "TLS handshakes of clients."),
        Metric(
            "strangler_certificate_bad",
            "gauge",
            (),
            "1 while files of certificates are bad and the last good ones stay in use.",
        ),
        Metric(
            "strangler_certificate_expiry_seconds",
            "gauge",
            ("certificate",),
            "When a certificate in use expires, in Unix time; 0 if it is no longer in use.",
        ),
        Metric(
            "strangler_backend_connects",
            "counter",
            ("backend", "result"),
            "Connections to a backend: opened, reused, failed, timed_out.",
        ),
        Metric(
            "strangler_backend_failures",
            "counter",
            ("backend", "kind"),
            "Requests that a backend failed: refused, timed out, cut short, invalid answer.",
        ),
        Metric(
            "strangler_endpoint_up",
            "gauge",
            ("backend", "endpoint"),
            "Proxy workers that send requests to the endpoint.",
        ),
        Metric(
            "strangler_endpoint_down",
            "gauge",
            ("backend", "endpoint"),
            "Proxy workers that keep away from it: its checks fail, or it was ejected.",
        ),
        Metric(
            "strangler_endpoint_checks",
            "counter",
            ("backend", "result"),
            "Active health checks: good, bad.",
        ),
        Metric(
            "strangler_endpoint_ejections",
            "counter",
            ("backend", "endpoint", "result"),
            "Endpoints at which requests failed in a row: ejected, spared (no other was usable), observed.",
        ),
        Metric("strangler_refused", "counter", ("reason",), "Requests refused before a backend saw a byte."),
        Metric(
            "strangler_retries",
            "counter",
            ("backend", "reason"),
            "Tries beside the first: reused (an idle connection turned out dead), or what the table asks for.",
        ),
        Metric(
            "strangler_retries_withheld",
            "counter",
            ("backend", "reason"),
            "Retries that the table asks for and that were not made: budget (used up), observe.",
        ),
        Metric(
            "strangler_turned_away",
            "counter",
            ("backend", "reason", "mode"),
            "Tries that a guard kept from a backend; with mode observe, that it would have kept.",
        ),
        Metric(
            "strangler_breaker_state",
            "gauge",
            ("backend", "state"),
            "Workers whose breaker is in this state: closed, open, probing, recovering.",
        ),
        Metric(
            "strangler_breaker_changes", "counter", ("backend", "to"), "Changes of a breaker's state, in any worker."
        ),
        Metric("strangler_bulkhead_waiting", "gauge", ("backend",), "Requests that wait for a place at a backend."),
        Metric(
            "strangler_fallbacks",
            "counter",
            ("route",),
            "Requests that the fallback answered because the backend failed before its first byte, or was guarded.",
        ),
        Metric("strangler_tunnels", "gauge", (), "Upgraded connections open now."),
        Metric(
            "strangler_tunnels_ended",
            "counter",
            ("reason",),
            "Upgraded connections that ended: by client or backend, idle for too long, drained at a shutdown.",
        ),
        Metric(
            "strangler_rate_limited",
            "counter",
            ("route", "mode"),
            "Requests beyond the rate limit of their route: refused (enforce) or only counted (observe).",
        ),
        Metric(
            "strangler_rate_forgotten",
            "counter",
            (),
            "Clients of a rate limit that were forgotten before their allowance was whole, for lack of room.",
        ),
        Metric(
            "strangler_pressure",
            "gauge",
            ("worker", "of"),
            "How much a worker uses of what the table allows, in percent: of loop lag, memory, connections.",
        ),
        Metric(
            "strangler_shed_step",
            "gauge",
            ("worker",),
            "The highest step of load shedding: 0 none, 1 copies, 2 keep-alive, 3 half of the new requests, 4 all of them, 5 new connections.",
        ),
        Metric(
            "strangler_shed",
            "counter",
            ("what", "mode"),
            "Copies, idle connections and requests shed under overload (enforce), or that would have been (observe).",
        ),
        Metric("strangler_seen", "counter", ("route",), "Requests that a route claimed."),
        Metric("strangler_copied", "counter", ("route",), "Exchanges handed to the tap."),
        Metric(
            "strangler_skipped",
            "counter",
            ("route", "reason"),
            "Requests not copied, copies not compared: each with its reason.",
        ),
        Metric(
            "strangler_read_after_write",
            "counter",
            ("route",),
            "Requests copied although not sampled, since their user had just written (`writes: read-after-write`).",
        ),
        Metric(
            "strangler_writers_forgotten",
            "counter",
            (),
            "Users who had just written and were forgotten before their window was over, for lack of room.",
        ),
        Metric(
            "strangler_table_bad",
            "gauge",
            (),
            "1 while the table's file is bad and the last good table stays in force.",
        ),
        Metric(
            "strangler_table_reloads",
            "counter",
            ("result",),
            "Readings of the table's file after the first: good, same, bad.",
        ),
        Metric("strangler_tap_bytes", "gauge", (), "Bytes waiting in the tap."),
        Metric(
            "strangler_tap_dropped",
            "counter",
            ("worker", "reason"),
            "Exchanges that a shadow worker did not get, or took with it when it died; they are among the skipped of their routes.",
        ),
        Metric("strangler_access_log_dropped", "counter", (), "Access log lines dropped because the sink was slow."),
        Metric("strangler_shadow_received", "counter", ("route",), "Exchanges that reached the shadow worker."),
        Metric("strangler_shadow_outcomes", "counter", ("route", "outcome"), "Results of pairs."),
        Metric(
            "strangler_unredacted",
            "counter",
            ("route",),
            "Pairs that could not be redacted: nothing of their contents is kept, only what they count for.",
        ),
        Metric(
            "strangler_shadow_done",
            "counter",
            ("worker",),
            "Exchanges that a shadow worker has dealt with: recorded, or counted with a reason.",
        ),
        Metric("strangler_shadow_queue", "gauge", ("worker",), "Exchanges waiting for their replay."),
        Metric("strangler_shadow_queue_bytes", "gauge", ("worker",), "Bytes of exchanges waiting or in replay."),
        Metric(
            "strangler_shadow_jars_forgotten",
            "counter",
            (),
            "Cookie jars of users that had to make room for others' (`cookies: jar`).",
        ),
        Metric("strangler_store_bad", "gauge", (), "Shadow workers whose results the store refuses."),
        Metric("strangler_store_bytes", "gauge", (), "What the store uses of the disk, in bytes, without its log."),
        Metric(
            "strangler_store_size_limit_bytes",
            "gauge",
            (),
            "What the store may use of the disk, in bytes: beyond it the oldest requests and answers go (`keep: { size: ... }`).",
        ),
        Metric(
            "strangler_store_keep_seconds",
            "gauge",
            ("of",),
            "How long contents (requests and answers) and evidence (all else) are kept, in seconds (`keep` in the table).",
        ),
        Metric(
            "strangler_store_oldest_contents",
            "gauge",
            (),
            "When the oldest request and answers that are kept were recorded, in Unix seconds; 0 if there are none.",
        ),
        Metric(
            "strangler_store_removed",
            "counter",
            ("limit",),
            "Pairs whose contents were too old, pairs that were, and pairs whose contents went for the size of the store.",
        ),
        Metric("strangler_store_failures", "counter", (), "Batches that the store refused."),
        Metric(
            "strangler_store_set_aside",
            "counter",
            ("file",),
            "Damaged stores that were set aside, by the name they were given: evidence from before is not counted.",
        ),
        Metric(
            "strangler_stuck",
            "counter",
            ("role",),
            "Processes that the watchdog killed because their event loop did not turn.",
        ),
        Metric("strangler_overflow", "counter", (), "Counted by series beyond what a process keeps apart."),
    )
}
