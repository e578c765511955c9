"""``/metrics``: the counters of all processes as one page for Prometheus, and what the supervisor knows beside them."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client import metrics_core as core
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from console.counted import Counted, Labels
from console.version import version
from proxy.model.metrics import LATENCY_BUCKETS_MS, METRICS, Metric

OF_STATUS: Final = {
    metric.name: metric
    for metric in (
        Metric("strangler_table_version", "gauge", (), "Version of the route table in force."),
        Metric("strangler_processes", "gauge", ("role",), "Processes that run now."),
        Metric("strangler_process_restarts", "counter", ("role",), "Processes started again because they died."),
        Metric("strangler_ready", "gauge", (), "1 while all proxy workers accept, as /readyz says."),
        Metric("strangler_build_info", "gauge", ("version", "python"), "1, with the versions of strangler and Python."),
    )
}
"""Metrics that come from the status of the instance."""


def render_metrics(counted: Counted, status: dict[str, Any], accept: str = "") -> tuple[bytes, str]:
    """The page and its content type: OpenMetrics for those who ask for it with ``accept``, else Prometheus's text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(counted, status))
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is no number
        encode, content_type = choose_encoder("")
    return encode(registry), content_type


def exposed_name(metric: Metric) -> str:
    """As it stands on the page: a histogram says its unit, a counter ends in ``_total``."""
    suffixes = {"counter": "_total", "histogram": "_seconds", "gauge": ""}
    return metric.name + suffixes[metric.kind]


class _Page(Collector):
    def __init__(self, counted: Counted, status: dict[str, Any]) -> None:
        self._counted = counted
        self._status = status

    def collect(self) -> Iterator[core.Metric]:
        for metric in METRICS.values():
            if metric.name not in OF_STATUS:
                yield _family(metric, self._counted.series(metric.name))
        yield from _of_status(self._status)


def _family(metric: Metric, series: dict[Labels, int]) -> core.Metric:
    if metric.kind == "histogram":
        return _histogram(metric, series)
    make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = make(metric.name, metric.help, labels=metric.labels)
    if not metric.labels:
        series = series or {(): 0}  # an alert can tell nothing from something that is not there
    for labels, value in sorted(series.items()):
        family.add_metric(labels, value)
    return family


def _histogram(metric: Metric, series: dict[Labels, int]) -> core.Metric:
    """Counted are single buckets in milliseconds and a sum in microseconds; shown are cumulative ones, and seconds."""
    family = HistogramMetricFamily(exposed_name(metric), metric.help, labels=metric.labels)
    for labels in sorted({labels[:-1] for labels in series}):
        buckets, so_far = [], 0
        for bound in LATENCY_BUCKETS_MS:
            so_far += series.get((*labels, str(bound)), 0)
            buckets.append((str(bound / 1000), so_far))
        so_far += series.get((*labels, "+Inf"), 0)
        buckets.append(("+Inf", so_far))
        family.add_metric(labels, buckets, series.get((*labels, "sum"), 0) / 1e6)
    return family


def _of_status(status: dict[str, Any]) -> Iterator[core.Metric]:
    processes = status.get("processes", [])
    running = Counter({process["role"]: 0 for process in processes})
    running.update(process["role"] for process in processes if process["pid"] is not None)
    restarts: Counter[str] = Counter()
    for process in processes:
        restarts[process["role"]] += process["restarts"]
    values: dict[str, dict[Labels, int]] = {
        "strangler_table_version": {(): status.get("table_version", 0)},
        "strangler_processes": {(role,): count for role, count in running.items()},
        "strangler_process_restarts": {(role,): count for role, count in restarts.items()},
        "strangler_ready": {(): int(status.get("ready", False))},
    }
    for name, series in values.items():
        yield _family(OF_STATUS[name], series)
    build = InfoMetricFamily("strangler_build", OF_STATUS["strangler_build_info"].help)
    build.add_metric([], {"version": version(), "python": platform.python_version()})
    yield build
