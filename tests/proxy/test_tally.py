from __future__ import annotations

from pathlib import Path

from proxy.model.counted import read_counters
from proxy.model.counters import Counters
from proxy.model.decision import Skip
from proxy.tally import Meters


def test_a_finished_request_is_counted_by_class_and_latency(tmp_path: Path) -> None:
    counters = Counters(tmp_path, "proxy-0-1")
    meter = Meters(counters).of("orders", "legacy")
    meter.answered(200, 0.004)
    meter.answered(204, 0.004)
    meter.answered(503, 61.0)
    series = {(name, *labels.values()): value for _, name, labels, value in read_counters(tmp_path) if value}
    assert series == {
        ("strangler_requests", "orders", "legacy", "2xx"): 2,
        ("strangler_requests", "orders", "legacy", "5xx"): 1,
        ("strangler_request_duration", "orders", "legacy", "5"): 2,
        ("strangler_request_duration", "orders", "legacy", "+Inf"): 1,
        ("strangler_request_duration", "orders", "legacy", "sum"): 61_008_000,
    }
    counters.close()


def test_seen_is_always_copied_plus_skipped(tmp_path: Path) -> None:
    counters = Counters(tmp_path, "proxy-0-1")
    meters = Meters(counters)
    for skip in [None, None, *Skip]:
        meters.of_route("orders").taken(skip)
    counts = meters.cumulative()["orders"]
    assert counts["seen"] == 2 + len(Skip)
    assert counts["copied"] == 2
    assert sum(number for name, number in counts.items() if name.startswith("skipped:")) == len(Skip)
    counters.close()


def test_who_answered_is_told_with_the_route(tmp_path: Path) -> None:
    counters = Counters(tmp_path, "proxy-0-1")
    meters = Meters(counters)
    for backend, times in (("legacy", 3), ("orders", 1)):
        for status in [200, 404, 503][:times]:
            meters.of("orders", backend).answered(status, 0.004)
    counts = meters.cumulative()["orders"]
    assert {name: n for name, n in counts.items() if n} == {"answered:legacy": 3, "answered:orders": 1}
    counters.close()
