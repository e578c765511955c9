from typing import Any

import pytest

from bench.isolation import CONDITIONS, Runs, bars, due, results, rounds, table
from bench.scene import free_port
from proxy.model.message import RequestHead
from proxy.routing import Routing
from proxy.table.load import load_table

HUNG = next(one for one in CONDITIONS if one.name == "hung")


def run(p99: float, *, failed: int = 0, grown: float = 0.0) -> dict[str, float]:
    return {
        "p99_ms": p99,
        "usual_p99_ms": p99,
        "requests": 1000,
        "failed": failed,
        "grown_mb": grown,
        "us": 100.0,
        "stolen": 0.0,
    }


def runs(off: list[float], *hung: dict[str, float]) -> Runs:
    return Runs(list(map(run, off)), {"hung": list(hung)}, [("hung", at) for at in range(len(hung))])


def figure(**changes: float) -> dict[str, Any]:
    return {"hung": {"ratio": 1.0, "requests": 1000, "failed": 0, "grown_mb": 1.0} | changes}


def fine(noise: float = 1.0, **changes: float) -> list[bool]:
    """p99, failures, memory."""
    return [bar["fine"] for bar in bars([HUNG], figure(**changes), noise)]


def test_a_condition_is_judged_by_the_runs_without_a_copy_before_and_after_it() -> None:
    assert runs([1.0, 3.0, 1.0], run(3.0), run(2.0)).ratios() == {"hung": [1.5, 1.0]}


def test_noise_is_what_runs_without_a_copy_would_be_judged_by() -> None:
    assert runs([1.0, 1.2, 1.0, 1.0, 1.0], run(9.0)).noise() == pytest.approx(1.0)
    several = Runs(list(map(run, [1.0, 1.2, 1.0, 1.0, 1.0])), {"hung": [], "stopped": [], "cut": []})
    assert several.noise() == pytest.approx(1.2)
    assert runs([1.0, 5.0], run(9.0)).noise() == 1.0


def test_a_p99_over_the_bar_counts_as_reached_only_within_the_noise_and_says_so() -> None:
    assert fine(ratio=1.05) == [True, True, True]
    assert fine(ratio=1.06) == [False, True, True]
    assert fine(ratio=1.06, noise=1.07) == [True, True, True]
    assert "usual p99 +6.0%, noise +7.0%" in bars([HUNG], figure(ratio=1.06), 1.07)[0]["words"]


def test_one_failed_request_is_too_many() -> None:
    assert fine(failed=1) == [True, False, True]


def test_memory_may_grow_by_what_the_tap_holds_and_a_little() -> None:
    assert fine(grown_mb=49.0) == [True, True, True]
    assert fine(grown_mb=50.0) == [True, True, False]


def test_a_condition_whose_shadow_got_no_copy_was_not_measured() -> None:
    one = runs([1.0, 1.0], run(1.0))
    assert results(one, {"hung": {"copied": 3}})["hung"]["copies"] == {"copied": 3}
    with pytest.raises(SystemExit, match="nothing was copied"):
        results(one, {"hung": {"copied": 0}})


def test_every_condition_has_a_route_that_legacy_answers_and_its_candidate_gets_all_of_it() -> None:
    backends = {name: free_port() for name in {"legacy", *(one.candidate for one in CONDITIONS)}}
    routing = Routing(load_table(table(backends)), bytes(32))
    for one in CONDITIONS:
        head = RequestHead(b"GET", f"/{one.name}/1".encode(), [])
        decision = routing.decide(head, lambda: 0.999)[0]
        assert decision.shadow is not None
        chosen = (decision.route.name, decision.primary.name, decision.shadow.name)
        assert chosen == (one.name, "legacy", one.candidate)


def test_where_the_host_disturbed_some_runs_only_the_calm_ones_count() -> None:
    disturbed = run(9.0) | {"stolen": 0.2}
    assert runs([1.0, 1.0, 2.0], disturbed, run(3.0)).ratios() == {"hung": [2.0]}
    assert runs([1.0, 1.0], disturbed).ratios() == {"hung": [9.0]}
    off = [run(1.0), disturbed, *map(run, [1.0, 1.0, 1.0, 1.0])]
    assert Runs(off, {"hung": []}).noise() == 1.0


def test_rounds_follow_each_other_as_long_as_the_time_lasts_and_there_is_one_at_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter(range(0, 1000, 20))
    monkeypatch.setattr("bench.isolation.time.monotonic", lambda: next(times))
    assert list(rounds(70.0)) == [1, 2, 3]
    assert list(rounds(0.0)) == [1]


def test_after_two_rounds_only_what_seems_to_be_over_the_bar_is_looked_at_again() -> None:
    hung, cut = (one for one in CONDITIONS if one.name in {"hung", "cut"})
    chosen = [hung, cut]
    late, usual, fine = run(2.0), run(1.0), run(1.04)
    names = ["hung", "cut", "hung", "cut", "hung"]
    between = [(name, at) for at, name in enumerate(names)]
    assert due(chosen, Runs([usual] * 2, {"hung": [late], "cut": [fine]}, between[:2])) == chosen
    assert due(chosen, Runs([usual] * 4, {"hung": [late] * 2, "cut": [fine] * 2}, between[:4])) == [hung]
    assert due(chosen, Runs([usual] * 6, {"hung": [late, fine, fine], "cut": [fine] * 2}, between)) == chosen
