from __future__ import annotations

import os
from pathlib import Path

from console.counted import Counted
from proxy.model.counted import read_counters
from proxy.model.counters import Counters


def requests(route: str, backend: str) -> dict[str, str]:
    return {"route": route, "backend": backend, "status_class": "2xx"}


ROWS = [
    ("proxy-0-11", "strangler_requests", requests("a", "legacy"), 3),
    ("proxy-1-12", "strangler_requests", requests("a", "legacy"), 4),
    ("proxy-1-12", "strangler_requests", requests("b", "new"), 5),
    ("proxy-0-11", "strangler_in_flight", {"backend": "legacy"}, 1),
    ("proxy-1-12", "strangler_in_flight", {"backend": "legacy"}, 2),
    ("shadow-0-13", "strangler_skipped", {"route": "a", "reason": "breaker_open"}, 6),
    ("proxy-0-11", "strangler_skipped", {"route": "a", "reason": "tap_full"}, 7),
]


def test_the_same_series_of_several_processes_add_up() -> None:
    counted = Counted(ROWS, {11, 12, 13})
    assert counted.series("strangler_requests") == {("a", "legacy", "2xx"): 7, ("b", "new", "2xx"): 5}
    assert counted.by("strangler_requests", "backend") == {"legacy": 7, "new": 5}
    assert counted.total("strangler_requests") == 12


def test_counters_of_the_dead_count_on_and_their_gauges_do_not() -> None:
    counted = Counted(ROWS, {12})
    assert counted.total("strangler_requests") == 12
    assert counted.total("strangler_in_flight") == 2


def test_roles_can_be_told_apart() -> None:
    counted = Counted(ROWS, {11, 12, 13})
    assert counted.by("strangler_skipped", "reason", "proxy") == {"tap_full": 7}
    assert counted.total("strangler_skipped", "shadow") == 6


def test_what_another_version_counted_is_left_out() -> None:
    rows = [
        ("proxy-0-11", "strangler_of_tomorrow", {}, 1),
        ("proxy-0-11", "strangler_requests", {"route": "a"}, 1),
        ("strange", "strangler_in_flight", {"backend": "legacy"}, 1),
    ]
    counted = Counted(rows, {11})
    assert counted.series("strangler_requests") == {}
    assert counted.total("strangler_in_flight") == 0


def test_the_order_in_which_labels_are_given_does_not_matter() -> None:
    rows = [("proxy-0-11", "strangler_requests", {"status_class": "2xx", "backend": "new", "route": "a"}, 1)]
    assert Counted(rows, ()).series("strangler_requests") == {("a", "new", "2xx"): 1}


def test_counters_of_real_processes_are_read(tmp_path: Path) -> None:
    counters = Counters(tmp_path, f"proxy-0-{os.getpid()}")
    counters.add("strangler_refused", 2, reason="two_hosts")
    assert Counted(read_counters(tmp_path), ()).series("strangler_refused") == {("two_hosts",): 2}
    counters.close()
