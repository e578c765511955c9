"""Latency of both sides over time, as the route's page draws it: four lines on one scale. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from console.web.traffic import WINDOWS, first_hour
from proxy.model.log import rfc3339
from shadow.model import Latency
from shadow.store.read_latency import HourLatency

Document = dict[str, Any]

WIDE: Final = 720.0
HIGH: Final = 120.0
"""Of the drawing, in its own units."""

SIDES: Final = ("control", "candidate")
QUANTILES: Final = ("p50", "p99")


def latency_document(hours: Iterable[HourLatency], *, now: float, window: str) -> Document:
    """``bars`` from the oldest to now, those without a pair included; ``lines`` are what is drawn of them, ``most`` the top of the scale."""
    first = first_hour(now, window)
    many, width = WINDOWS[window]
    known = {(one.hour - first) // width: one for one in hours}
    bars = [_bar(first + at * width, known.get(at)) for at in range(many // width)]
    most = max((bar[side][name] or 0.0 for bar in bars for side in SIDES for name in QUANTILES), default=0.0)
    return {
        "window": window,
        "hours_a_bar": width,
        "from": rfc3339(first * 3600),
        "most": most,
        "pairs": sum(bar["pairs"] for bar in bars),
        "bars": bars,
        "lines": [
            {"side": side, "quantile": name, "runs": runs_of([bar[side][name] for bar in bars], most)}
            for name in QUANTILES
            for side in SIDES
        ],
    }


def runs_of(values: Sequence[float | None], most: float) -> list[list[tuple[float, float]]]:
    """The points of a line, cut where there is no value: what was not measured is not drawn. A point alone is a short dash."""
    wide = WIDE / max(1, len(values))
    runs: list[list[tuple[float, float]]] = []
    before: float | None = None
    for at, value in enumerate(values):
        if value is not None:
            if before is None:
                runs.append([])
            runs[-1].append((round((at + 0.5) * wide, 2), round(HIGH - HIGH * value / most, 2)))
        before = value
    return [run if len(run) > 1 else _dash(run[0], wide) for run in runs]


def _dash(point: tuple[float, float], wide: float) -> list[tuple[float, float]]:
    x, y = point
    return [(round(x - wide / 3, 2), y), (round(x + wide / 3, 2), y)]


def _bar(hour: int, found: HourLatency | None) -> Document:
    control, candidate = (Latency(), Latency()) if found is None else (found.control, found.candidate)
    return {
        "from": rfc3339(hour * 3600),
        "control": {"p50": control.p50, "p99": control.p99},
        "candidate": {"p50": candidate.p50, "p99": candidate.p99},
        "pairs": 0 if found is None else found.pairs,
    }
