from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from console.counted import Counted, Row
from console.metrics import exposed_name, render_metrics
from console.reference import all_metrics
from proxy.model.metrics import LATENCY_BUCKETS_MS, METRICS

STATUS: dict[str, Any] = {
    "table_version": 7,
    "ready": True,
    "processes": [
        {"role": "supervisor", "pid": 1, "restarts": 0},
        {"role": "proxy", "pid": 2, "restarts": 3},
        {"role": "proxy", "pid": None, "restarts": 1},
    ],
}


def observed(*milliseconds: float) -> list[Row]:
    """A histogram as a proxy worker counts it: single buckets, and a sum in microseconds."""
    bounds = [*map(str, LATENCY_BUCKETS_MS), "+Inf"]
    counts = dict.fromkeys([*bounds, "sum"], 0)
    for value in milliseconds:
        counts[bounds[bisect_left(LATENCY_BUCKETS_MS, value)]] += 1
        counts["sum"] += int(value * 1000)
    labels = {"route": "a", "backend": "legacy"}
    return [("proxy-0-2", "strangler_request_duration", {**labels, "le": le}, n) for le, n in counts.items()]


def samples(rows: list[Row], status: dict[str, Any] = STATUS) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    page, _ = render_metrics(Counted(rows, {2}), status)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse_text(page.decode())
        for sample in family.samples
    }


def test_counters_end_in_total_and_carry_their_labels() -> None:
    found = samples(
        [("proxy-0-2", "strangler_requests", {"route": "a", "backend": "legacy", "status_class": "2xx"}, 41)]
    )
    labels = (("backend", "legacy"), ("route", "a"), ("status_class", "2xx"))
    assert found["strangler_requests_total", labels] == 41


def test_the_histogram_is_cumulative_and_in_seconds() -> None:
    found = samples(observed(0.5, 1, 7, 7, 70_000))

    def bucket(le: str) -> float:
        return found["strangler_request_duration_seconds_bucket", (("backend", "legacy"), ("le", le), ("route", "a"))]

    assert [bucket(le) for le in ("0.001", "0.005", "0.01", "60.0", "+Inf")] == [2, 2, 4, 4, 5]
    labels = (("backend", "legacy"), ("route", "a"))
    assert found["strangler_request_duration_seconds_count", labels] == 5
    assert found["strangler_request_duration_seconds_sum", labels] == pytest.approx(70.0155)


def test_what_the_supervisor_knows_stands_beside_it() -> None:
    found = samples([])
    assert found["strangler_table_version", ()] == 7
    assert found["strangler_ready", ()] == 1
    assert found["strangler_processes", (("role", "proxy"),)] == 1
    assert found["strangler_process_restarts_total", (("role", "proxy"),)] == 4
    assert any(name == "strangler_build_info" for name, _ in found)


def test_a_page_before_the_first_status_is_whole() -> None:
    found = samples([], {})
    assert found["strangler_ready", ()] == 0
    assert found["strangler_connections", ()] == 0


def test_a_metric_without_labels_is_there_before_anything_is_counted() -> None:
    found = samples([])
    assert {exposed_name(m) for m in METRICS.values() if not m.labels and m.kind != "histogram"} <= {
        n for n, _ in found
    }


def test_every_metric_has_its_help_and_type_and_none_stands_there_twice() -> None:
    page = render_metrics(Counted([], ()), STATUS)[0].decode()
    for metric in all_metrics():
        assert len(re.findall(rf"^# TYPE {exposed_name(metric)} ", page, re.MULTILINE)) == 1, metric.name
    assert page.count("# TYPE") == len(list(all_metrics()))


def test_openmetrics_is_spoken_to_those_who_ask() -> None:
    rows = [*observed(3), ("proxy-0-2", "strangler_refused", {"reason": 'a "quoted"\nreason\\'}, 1)]
    page, content_type = render_metrics(Counted(rows, ()), STATUS, "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    families = {family.name: family for family in parse_openmetrics(page.decode())}  # type: ignore[no-untyped-call]  # it has no types
    assert families["strangler_refused"].samples[0].labels == {"reason": 'a "quoted"\nreason\\'}


def test_names_follow_the_conventions_of_prometheus() -> None:
    for metric in all_metrics():
        assert re.fullmatch(r"strangler_[a-z_]+", metric.name)
        assert metric.help.endswith(".")
        assert not set(metric.labels) & {"le", "quantile", "instance", "job", "path", "client"}


@pytest.mark.parametrize("accept", ["text/plain;version=x", "application/openmetrics-text;version=1.x", "a/b;version="])
def test_who_asks_for_a_version_that_is_none_gets_the_page_all_the_same(accept: str) -> None:
    page, media = render_metrics(Counted([], {2}), STATUS, accept)
    assert media.startswith("text/plain")
    assert b"strangler_table_version 7.0" in page
