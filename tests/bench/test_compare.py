from bench.compare import BARS, DESIGN, judged, summary


def test_ours_is_judged_by_how_many_times_deepdiff_it_did_in_the_same_rounds() -> None:
    rounds = [{"ours": 1000.0, "DeepDiff": 10.0}, {"ours": 600.0, "DeepDiff": 5.0}, {"ours": 4000.0, "DeepDiff": 50.0}]
    found = summary([dict(one) for one in rounds])
    assert found == {"rates": {"ours": 1000.0, "DeepDiff": 10.0}, "times": 100.0, "ratios": [100.0, 120.0, 80.0]}
    row = {"size": "10 KB", "pair": "equal", "bar": 100, **found}
    bar = judged(row)
    assert bar["fine"]
    assert "100 times DeepDiff (1,000 pairs per CPU-second beside its 10)" in bar["words"]
    assert "the bar is 100 times (5,000 where it does 50): reached" in bar["words"]
    assert not judged(row | {"times": 99.0})["fine"]


def test_a_tool_that_was_cut_off_once_has_no_figure() -> None:
    found = summary(
        [{"ours": 10.0, "DeepDiff": None, "jsondiff": 1.0}, {"ours": 20.0, "DeepDiff": 1.0, "jsondiff": 3.0}]
    )
    assert found["rates"] == {"ours": 15.0, "DeepDiff": None, "jsondiff": 2.0}
    assert found["times"] == 20.0


def test_the_bars_are_no_lower_than_what_the_design_asks_for() -> None:
    assert {kind: times * DESIGN for (_, kind), times in BARS.items()} == {
        "equal, other key order": 5000,
        "one field different": 3500,
    }
