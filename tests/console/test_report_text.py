from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from console.report import report_document
from console.report_text import MOST_SIGNATURES, report_text, signatures_table
from shadow.model import Coverage, Epoch, Latency, Mark, Outcome, Ratio, RouteSummary, Shape, SignatureSummary
from tests.console.scene import HOSTILE

NOW = 1_795_000_000.0


def signature(number: int = 1, **changes: Any) -> SignatureSummary:
    fields: dict[str, Any] = {
        "id": f"{number:012x}",
        "route": "orders",
        "path": f"$.items[].field{number}",
        "kind": "values_changed",
        "count": 3,
        "first_seen": NOW,
        "last_seen": NOW,
        "example_pair": "1f3a5c0000000001",
        "control_example": '"red"',
        "candidate_example": None,
    }
    return SignatureSummary(**(fields | changes))


def summary(name: str = "orders", **changes: Any) -> RouteSummary:
    fields: dict[str, Any] = {
        "stage": "shadow",
        "control": "legacy",
        "candidate": "new",
        "target": 0.99,
        "hours": 0,
        "table_version": 4,
        "seen": 1200,
        "copied": 1000,
        "outcomes": {Outcome.MATCH: 900, Outcome.MISMATCH: 100},
        "skipped": {"not_sampled": 200},
        "first_pair": NOW - 60,
        "last_pair": NOW,
        "signatures": (signature(),),
        "control_latency": Latency(7.0, 31.0),
        "candidate_latency": Latency(12.4, None),
    }
    return RouteSummary(route=name, **(fields | changes))


def printed(renderable: Any, width: int = 80) -> str:
    paper = io.StringIO()
    Console(file=paper, width=width, highlight=False, markup=False, emoji=False).print(renderable)
    return paper.getvalue()


def text_of(*summaries: RouteSummary, width: int = 80) -> str:
    return printed(report_text(report_document(summaries, now=NOW)), width)


def test_a_blocked_route_shows_its_reasons_figures_and_signatures() -> None:
    text = text_of(summary())
    assert "100 of 1,000 (10" in text
    assert "orders: blocked" in text
    assert "not sampled 200" in text
    assert "p50 7.0 -> 12 ms, p99 31 -> ? ms" in text
    assert "3x  $.items[].field1  values_changed" in text
    assert '"red" -> (absent)' in text
    assert "strangler show 1f3a5c000000" in text


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = summary("a-route-with-a-name-that-is-much-longer-than-any-column", seen=123_456_789, copied=123_456_789)
    deep = summary("deep", signatures=(signature(path="$" + ".member" * 30, control_example='"' + "x" * 300 + '"'),))
    assert max(map(len, text_of(long, deep, width=width).splitlines())) <= width


def test_every_percentage_has_a_denominator() -> None:
    for line in text_of(summary()).splitlines():
        if "(10 %" in line:
            assert " of 1,000 (10 %" in line


def test_a_route_that_nobody_compares_is_in_the_overview_only() -> None:
    text = text_of(summary("forms", candidate=None, outcomes={}, signatures=(), stage="legacy"))
    assert "forms" in text
    assert "forms:" not in text


def test_what_the_verdict_rests_on_stands_below_it_with_its_denominators() -> None:
    text = text_of(
        summary(
            repeats=(400, 50),
            first_pair=NOW - 90_000,
            recent=(45, NOW - 3600),
            coverage=Coverage(12, 3, 550, (Shape("GET", "page", "2xx", signed_in=True),)),
            statuses={("2xx", "2xx"): 990, ("2xx", "5xx"): 10},
            ratio=Ratio(1.7, 1.6, 1.8, 990),
            epoch=Epoch(NOW - 90_000, "old-7", "n2", Mark(NOW - 90_000, "anna", HOSTILE), (("old-7", "n1"),)),
        )
    )
    lines = " ".join(text.split())
    for said in (
        "50 of 550 (9.09 %) compared pairs were wrong, more than 1 % allows: mismatch 100, repeats included",
        "most of all $.items[].field1 values_changed 3x (000000000001)",
        "(550 of 1,000 pairs count; the rest are repeats)",
        "at the present rate of 45 an hour, about",
        "2 builds answer in turn",
        "of 20, from 50 wrong in 550",
        "pairs of 25.0 hours, 2026-11-17 10:06Z to 2026-11-18 11:06Z; control old-7; candidate n2; marked 2026-11-17 10:06Z by anna:",
        "12 shapes in 550 pairs, 3 seen once; status 2xx -> 2xx 990, 2xx -> 5xx 10",
        "ratio 1.70 (1.60 to 1.80) in 990 pairs",
    ):
        assert said in lines
    assert "\x1b" not in text


def test_more_signatures_than_fit_are_counted() -> None:
    many = tuple(signature(number) for number in range(MOST_SIGNATURES + 5))
    assert "... and 5 more: strangler diffs --route orders" in text_of(summary(signatures=many))


def test_a_route_that_is_not_compared_has_no_verdict_to_worry_about() -> None:
    (line,) = [
        line for line in text_of(summary(candidate=None, stage="legacy")).splitlines() if line.startswith("orders")
    ]
    assert line.split()[:3] == ["orders", "legacy", "-"]


def test_a_transparent_table_says_that_nothing_is_compared() -> None:
    assert "everything goes to legacy" in text_of()


def test_what_a_backend_answers_cannot_command_the_terminal() -> None:
    text = text_of(summary(HOSTILE, signatures=(signature(path=HOSTILE, control_example=HOSTILE),)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31m" in text


def test_markup_of_the_terminal_library_is_only_text() -> None:
    assert "[bold]" in text_of(summary(signatures=(signature(control_example="[bold]x[/bold]"),)))


def test_the_list_of_signatures_names_routes() -> None:
    document = report_document([summary()], now=NOW)["routes"][0]["signatures"][0]
    assert "3x  orders  $.items[].field1" in printed(signatures_table([{"route": "orders", **document}], routes=True))
