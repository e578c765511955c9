"""The counters of all processes of an instance, added up. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable

from proxy.model.metrics import METRICS, Metric

Row = tuple[str, str, dict[str, str], int]
"""As ``proxy.model.counted.read_counters`` yields them: the file's name (role-index-pid), metric, labels, value."""

Labels = tuple[str, ...]
"""Values in the order of the metric's labels; a histogram's have ``le`` at the end."""


class Counted:
    """Counters of dead processes count on: what they counted happened. Gauges of dead ones do not."""

    __slots__ = ("_values",)

    def __init__(self, rows: Iterable[Row], living: Container[int]) -> None:
        self._values: dict[str, dict[tuple[str, Labels], int]] = defaultdict(lambda: defaultdict(int))
        for file, name, labels, value in rows:
            metric = METRICS.get(name)
            role, _, rest = file.partition("-")
            if metric is None or set(labels) != set(names := label_names(metric)):
                continue  # a process of another version wrote it
            if metric.kind == "gauge" and not _is_living(rest, living):
                continue
            self._values[name][role, tuple(labels[label] for label in names)] += value

    def series(self, name: str) -> dict[Labels, int]:
        """One metric, all roles together."""
        found: dict[Labels, int] = defaultdict(int)
        for (_, labels), value in self._values.get(name, {}).items():
            found[labels] += value
        return dict(found)

    def by(self, name: str, label: str, role: str | None = None) -> dict[str, int]:
        """One metric by the values of one of its labels, all others added up."""
        at = METRICS[name].labels.index(label)
        found: dict[str, int] = defaultdict(int)
        for (of_role, labels), value in self._values.get(name, {}).items():
            if role in {None, of_role}:
                found[labels[at]] += value
        return dict(found)

    def total(self, name: str, role: str | None = None) -> int:
        return sum(value for (of_role, _), value in self._values.get(name, {}).items() if role in {None, of_role})


def label_names(metric: Metric) -> tuple[str, ...]:
    return (*metric.labels, "le") if metric.kind == "histogram" else metric.labels


def _is_living(rest: str, living: Container[int]) -> bool:
    pid = rest.rpartition("-")[2]
    return pid.isdigit() and int(pid) in living
