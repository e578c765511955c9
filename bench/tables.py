"""Results as people read them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from bench import documents
from bench.scenarios import ADDED_P99, BARS, COPYING, COPYING_P99_MS, LATENCY, YARDSTICK, Bar

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
    yield f"{'peer':22}{'p50 ms':>8}{'p90 ms':>8}{'p99 ms':>8}{'p99.9 ms':>10}{'usual p99':>11}{'added':>8}"
    for name, one in peers.items():
        yield (
            f"{name:22}{one['p50_ms']:8.2f}{one['p90_ms']:8.2f}{one['p99_ms']:8.2f}{one['p999_ms']:10.2f}"
            f"{one['usual_p99_ms']:11.2f}{one['added_p99_ms']:8.2f}"
        )


def reached(bar: Bar, results: Results) -> float | None:
    """How many times the other's requests per CPU-second: the median of the rounds; None if both were not measured."""
    peers = results.get(bar.scenario, {})
    if bar.peer not in peers or bar.other not in peers:
        return None
    ours, theirs = ([one["requests_per_cpu_second"] for one in peers[name]["rounds"]] for name in (bar.peer, bar.other))
    times: float = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return times


def bars(results: Results) -> list[dict[str, Any]]:
    """Each bar that was measured: ``peer``, ``other``, ``times``, whether it is ``fine``, and all of it in ``words``."""
    return [
        *_latency_bar(results.get(LATENCY.name, {})),
        *_copying_bar(results.get(COPYING.name, {})),
        *_throughput_bars(results),
    ]


def _throughput_bars(results: Results) -> Iterator[dict[str, Any]]:
    for bar in BARS:
        if (times := reached(bar, results)) is not None:
            yield _judged(bar.peer, bar.other, times, times >= bar.times, f"{times:.2f} times {bar.other}", bar.times)


def _latency_bar(peers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "strangler" in peers and YARDSTICK in peers:
        times = peers["strangler"]["added_p99_ms"] / peers[YARDSTICK]["added_p99_ms"]
        words = f"{times:.2f} times the added usual p99 of {YARDSTICK}"
        yield _judged("strangler", YARDSTICK, times, times <= ADDED_P99, words, ADDED_P99)


def _copying_bar(peers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    without, copied = peers.get("strangler"), peers.get("strangler-shadow-100")
    if without and copied:
        added = copied["usual_p99_ms"] - without["usual_p99_ms"]
        what = f"usual p99 added by copying every one of {copied['rate']:,.0f} requests a second"
        fine = added <= COPYING_P99_MS
        yield documents.judged(what, f"{added:.2f} ms", f"{COPYING_P99_MS:.2f} ms", fine=fine)


def _judged(peer: str, other: str, times: float, fine: bool, words: str, bar: float) -> dict[str, Any]:
    return documents.judged(peer, words, f"{bar:.2f}", fine=fine, peer=peer, other=other, times=times)
