from bench import documents, workers


def measured(*costs: float) -> list[dict[str, float]]:
    return [{"requests_per_second": 1.0, "microseconds": cost, "busiest": 0.5} for cost in costs]


def test_two_workers_are_judged_by_what_a_request_costs_in_the_same_round() -> None:
    figures = workers.results({1: measured(50, 100, 50), 2: measured(55, 111, 80)})
    assert figures["ratios"] == [1.1, 1.11, 1.6]
    assert figures["dearer"] == 1.11
    assert [bar["fine"] for bar in documents.judge(workers.BARS, figures)] == [True]
    assert figures["workers"]["2"]["microseconds"] == 80
    assert [bar["fine"] for bar in documents.judge(workers.BARS, figures | {"dearer": 1.12})] == [False]
