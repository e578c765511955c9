from __future__ import annotations

from datetime import date, timedelta

import pytest

from proxy.model.table import CompareRules, Waiver
from shadow.rules.endings import endings

TODAY = date(2026, 11, 25)


def rules(*days: int | None) -> CompareRules:
    return CompareRules(
        ignore=tuple(Waiver(f"$.a{n}", until=None if n is None else TODAY + timedelta(days=n)) for n in days)
    )


def test_those_of_a_week_from_now_and_those_that_ended_are_told_of_the_earliest_first() -> None:
    assert [ending.path for ending in endings(rules(8, 7, None, -400, 0), TODAY)] == ["$.a-400", "$.a0", "$.a7"]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-1, "the waiver of $.a-1 ended with 2026-11-24: these differences count again"),
        (0, "the waiver of $.a0 ends today: then these differences count again"),
        (1, "the waiver of $.a1 ends tomorrow: then these differences count again"),
        (5, "the waiver of $.a5 ends in 5 days, with 2026-11-30: then these differences count again"),
    ],
)
def test_each_says_when(days: int, said: str) -> None:
    assert [ending.sentence for ending in endings(rules(days), TODAY)] == [said]
