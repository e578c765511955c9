"""Results as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.scenarios import BARS, Bar

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


def reached(bar: Bar, results: Results) -> float | None:
    """How many times the other's requests per CPU-second, by the medians; None if both were not measured."""
    peers = results.get(bar.scenario, {})
    if bar.peer not in peers or bar.other not in peers:
        return None
    return float(peers[bar.peer]["requests_per_cpu_second"] / peers[bar.other]["requests_per_cpu_second"])


def bar_lines(results: Results) -> Iterator[tuple[bool, str]]:
    """Whether each bar is reached, and in words."""
    for bar in BARS:
        if (times := reached(bar, results)) is not None:
            fine = times >= bar.times
            yield (
                fine,
                f"{bar.peer}: {times:.2f} times {bar.other}; the bar is {bar.times:.2f}: {'reached' if fine else 'missed'}",
            )
