"""Results as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.scenarios import ADDED_P99, BARS, LATENCY, YARDSTICK, Bar

Results = dict[str, dict[str, Any]]
"""By scenario, by peer."""


def scenario_lines(title: str, peers: dict[str, Any]) -> Iterator[str]:
    yield title
    yield (f"{'peer':22}{'req/CPU-s':>10}{'of nginx':>10}{'spread':>13}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'MB':>7}")
    for name, one in peers.items():
        ratios = one["ratios"]
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}" if ratios else ""
        ratio = f"{one['ratio']:.3f}" if ratios else ""
        yield (
            f"{name:22}{one['requests_per_cpu_second']:10,.0f}{ratio:>10}{spread:>13}{one['requests_per_second']:9,.0f}"
            f"{one['p50_ms']:8.2f}{one['p99_ms']:8.2f}{one['resident_mb']:7.0f}"
        )


def latency_lines(title: str, peers: dict[str, Any]) -> Iterator[str]:
    rate = next(iter(peers.values()))["rate"]
    yield f"{title}: {rate:,.0f} requests a second"
    yield f"{'peer':22}{'p50 ms':>8}{'p90 ms':>8}{'p99 ms':>8}{'p99.9 ms':>10}{'p99 added':>11}"
    for name, one in peers.items():
        yield (
            f"{name:22}{one['p50_ms']:8.2f}{one['p90_ms']:8.2f}{one['p99_ms']:8.2f}{one['p999_ms']:10.2f}"
            f"{one['added_p99_ms']:11.2f}"
        )


def reached(bar: Bar, results: Results) -> float | None:
    """How many times the other's requests per CPU-second, by the medians; None if both were not measured."""
    peers = results.get(bar.scenario, {})
    if bar.peer not in peers or bar.other not in peers:
        return None
    return float(peers[bar.peer]["requests_per_cpu_second"] / peers[bar.other]["requests_per_cpu_second"])


def bar_lines(results: Results) -> Iterator[tuple[bool, str]]:
    """Whether each bar is reached, and in words."""
    late = results.get(LATENCY.name, {})
    if "strangler" in late and YARDSTICK in late:
        times = late["strangler"]["added_p99_ms"] / late[YARDSTICK]["added_p99_ms"]
        yield (
            times <= ADDED_P99,
            f"strangler: {times:.2f} times the added p99 of {YARDSTICK}; the bar is {ADDED_P99:.2f}: {'reached' if times <= ADDED_P99 else 'missed'}",
        )
    for bar in BARS:
        if (times := reached(bar, results)) is not None:
            fine = times >= bar.times
            yield (
                fine,
                f"{bar.peer}: {times:.2f} times {bar.other}; the bar is {bar.times:.2f}: {'reached' if fine else 'missed'}",
            )
