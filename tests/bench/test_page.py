import json
from pathlib import Path
from typing import Any

import pytest

from bench import page
from bench.tables import bars

ROOT = Path(__file__).parents[2]
RATES = {"strangler": 100.0, "nginx": 200.0, "envoy": 40.0}


def figures() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / page.KEPT).read_text())
    return found


def measured(rate: float, other: float) -> dict[str, Any]:
    rounds = [{"requests_per_cpu_second": rate * factor} for factor in (1, 2, 4)]
    yardstick = [{"requests_per_cpu_second": other * factor} for factor in (1, 2, 8)]
    return {"json": {"strangler": {"rounds": rounds}, "nginx": {"rounds": yardstick}}}


def test_the_page_and_the_readme_say_what_the_figures_say() -> None:
    assert (ROOT / page.PAGE).read_text() == page.page(figures())
    readme = (ROOT / page.README).read_text()
    assert readme == page.with_sentence(readme, page.sentence(figures()))


def test_the_readme_names_whoever_ours_is_a_multiple_of_and_needs_no_other_in_every_bar() -> None:
    changed = figures()
    without_other = {"words": "p99 added by copying: 0.75 ms; the bar is 1.00 ms: reached", "fine": True}
    changed["bench"]["bars"] = [
        without_other,
        *bars({"json": {name: {"rounds": [{"requests_per_cpu_second": rate}]} for name, rate in RATES.items()}}),
    ]
    assert "that nginx serves, 2.5 times Envoy (1 KB of JSON" in page.sentence(changed)


def test_a_bar_is_judged_by_the_median_of_the_rounds_ratios() -> None:
    (missed,) = bars(measured(100, 250))
    assert (missed["fine"], missed["times"]) == (False, 0.4)
    (reached,) = bars(measured(100, 200))
    assert (reached["fine"], reached["times"]) == (True, 0.5)


def test_a_missed_bar_stands_out_on_the_page() -> None:
    changed = figures()
    changed["bench"]["bars"] = bars(measured(100, 250))
    assert "- **strangler: 0.40 times nginx; the bar is 0.50: missed**" in page.page(changed)


def test_single_rounds_are_not_kept_but_how_far_they_lie_apart(tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text(
        json.dumps({"a": {"ratio": 0.5, "ratios": [0.41111111, 0.5], "rounds": [1, 2]}})
    )
    assert page.collected(tmp_path) == {"bench": {"a": {"ratio": 0.5, "spread": [0.4111, 0.5]}}}


def test_without_measured_figures_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run make bench first"):
        page.collected(tmp_path)


def test_copying_may_add_a_millisecond_to_the_slowest_hundredth_of_the_answers() -> None:
    def copying(p99: float) -> dict[str, Any]:
        return {
            "copying": {
                "strangler": {"usual_p99_ms": 0.5, "rate": 1000.0},
                "strangler-shadow-100": {"usual_p99_ms": p99, "rate": 1000.0},
            }
        }

    (fine,) = bars(copying(1.25))
    assert fine == {
        "words": "usual p99 added by copying every one of 1,000 requests a second: 0.75 ms; the bar is 1.00 ms: reached",
        "fine": True,
    }
    (late,) = bars(copying(1.75))
    assert not late["fine"]
