from __future__ import annotations

import pytest

from console.web.latency import HIGH, WIDE, latency_document, runs_of
from console.web.traffic import WINDOWS, first_hour
from shadow.model import Latency
from shadow.store.read_latency import HourLatency

NOW = 1_795_000_000.0


def measured(hour: int, control: float, candidate: float | None) -> HourLatency:
    other = Latency() if candidate is None else Latency(candidate, 2 * candidate)
    return HourLatency(hour, Latency(control, 2 * control), other, 7)


@pytest.mark.parametrize("window", WINDOWS)
def test_without_pairs_there_are_bars_and_no_lines(window: str) -> None:
    document = latency_document([], now=NOW, window=window)
    assert len(document["bars"]) == WINDOWS[window][0] // WINDOWS[window][1]
    assert (document["pairs"], document["most"]) == (0, 0.0)
    assert [line["runs"] for line in document["lines"]] == [[], [], [], []]


@pytest.mark.parametrize("window", WINDOWS)
def test_the_oldest_is_at_the_left_and_the_newest_at_the_right(window: str) -> None:
    first, width = first_hour(NOW, window), WINDOWS[window][1]
    newest = int(NOW // 3600) // width * width
    document = latency_document([measured(first, 10, 20), measured(newest, 5, 8)], now=NOW, window=window)
    assert document["bars"][0]["control"] == {"p50": 10, "p99": 20}
    assert document["bars"][-1]["candidate"] == {"p50": 8, "p99": 16}
    assert (document["most"], document["pairs"]) == (40, 14)


def test_one_point_is_seen_as_a_dash() -> None:
    ((left, right),) = runs_of([None, 10.0, None], 10.0)
    assert left[1] == right[1] == 0
    assert left[0] < WIDE / 2 < right[0]


def test_a_line_is_cut_where_nothing_was_measured() -> None:
    runs = runs_of([1.0, 2.0, None, 4.0, 4.0, None], 4.0)
    assert [len(run) for run in runs] == [2, 2]
    assert all(0 < x < WIDE and 0 <= y <= HIGH for run in runs for x, y in run)


def test_a_side_that_never_answered_has_no_line() -> None:
    document = latency_document([measured(int(NOW // 3600), 10, None)], now=NOW, window="24h")
    assert {line["side"] for line in document["lines"] if line["runs"]} == {"control"}
