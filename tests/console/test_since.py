from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.since import BadTime, parse_since

NOW = 1_774_958_400.0  # 2026-03-31T12:00:00Z


@pytest.mark.parametrize(
    ("text", "ago"), [("45s", 45), ("30m", 1800), ("24h", 86_400), ("7d", 604_800), ("2w", 1_209_600), ("0h", 0)]
)
def test_a_span_counts_back_from_now(text: str, ago: int) -> None:
    assert parse_since(text, NOW) == NOW - ago


@pytest.mark.parametrize(
    "text", ["2026-03-31T11:00:00Z", "2026-03-31T13:00+02:00", "2026-03-31 11:00", "2026-03-31T11:00:00.000000"]
)
def test_an_iso_time_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert parse_since(text, NOW) == NOW - 3600


def test_a_date_is_its_first_moment() -> None:
    assert parse_since("2026-03-31", NOW) == NOW - 12 * 3600


@pytest.mark.parametrize("text", ["", "yesterday", "24", "1y", "-1h", "1.5h", "9999999h", "2026-13-01", "٣h"])
def test_what_is_no_time_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadTime, match="write 30m, 24h, 7d, or an ISO time"):
        parse_since(text, NOW)


def test_the_future_is_refused() -> None:
    with pytest.raises(BadTime, match="in the future"):
        parse_since("2030-01-01", NOW)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(BadTime):
        assert parse_since(text, NOW) <= NOW
