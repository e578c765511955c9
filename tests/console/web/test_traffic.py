from __future__ import annotations

from collections import Counter

import pytest

from console.web.traffic import WINDOWS, added, first_hour, traffic_document
from shadow.store.read_traffic import Hour

NOW = 1_795_000_000.0
HOUR = int(NOW // 3600)


def hour(ago: int, *, outcomes: dict[str, int] | None = None, **answered: int) -> Hour:
    return Hour(HOUR - ago, Counter(answered), Counter(outcomes or {}))


@pytest.mark.parametrize("window", WINDOWS)
def test_without_traffic_there_are_empty_bars_and_no_share(window: str) -> None:
    document = traffic_document([], now=NOW, window=window)
    assert (document["all"], document["moved"], document["most"], document["owners"]) == (0, 0, 0, [])
    assert len(document["bars"]) == WINDOWS[window][0] // WINDOWS[window][1]


@pytest.mark.parametrize("window", WINDOWS)
def test_the_present_hour_is_in_the_last_bar_and_the_oldest_in_the_first(window: str) -> None:
    ago = HOUR - first_hour(NOW, window)
    document = traffic_document(
        [hour(ago, legacy=1), hour(0, orders=2), hour(ago + 1, legacy=9)], now=NOW, window=window
    )
    assert document["bars"][0]["answered"] == {"legacy": 1}
    assert document["bars"][-1]["answered"] == {"orders": 2}
    assert (document["moved"], document["all"]) == (2, 3)


def test_legacy_is_at_the_bottom_and_the_busiest_next() -> None:
    document = traffic_document([hour(0, a=1, legacy=1, b=2)], now=NOW, window="24h")
    assert [owner["backend"] for owner in document["owners"]] == ["legacy", "b", "a"]


def test_only_outcomes_that_say_something_are_judged() -> None:
    outcomes = {"match": 5, "mismatch": 2, "noise": 3, "stale": 4, "candidate_timeout": 1}
    (bar,) = [
        one for one in traffic_document([hour(0, outcomes=outcomes)], now=NOW, window="24h")["bars"] if one["judged"]
    ]
    assert (bar["wrong"], bar["judged"]) == (3, 8)


def test_routes_are_added_up_hour_by_hour() -> None:
    found = added({"a": [hour(1, legacy=1), hour(0, legacy=1)], "b": [hour(0, legacy=2, b=1)]})
    assert found == [hour(1, legacy=1), hour(0, legacy=3, b=1)]
