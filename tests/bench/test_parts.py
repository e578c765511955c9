from pathlib import Path

import pytest

from bench import parts
from bench.parts import PARTS, PLANNED, Part, forget, lines
from bench.peers import peers
from bench.scenarios import COPYING, LATENCY, SCENARIOS

ROOT = Path(__file__).parents[2]


def test_all_parts_together_are_planned_to_end_within_a_quarter_of_an_hour() -> None:
    assert sum(PLANNED.values()) < 15 * 60


def test_the_load_alone_leaves_a_third_of_the_main_benchs_time_for_starting_and_settling() -> None:
    load = sum(len(one.peers or peers()) * one.rounds * one.seconds for one in (*SCENARIOS, LATENCY, COPYING))
    assert load <= PLANNED["bench"] * 2 / 3


def test_the_main_scenario_has_five_rounds_and_none_less_than_three() -> None:
    assert SCENARIOS[0].rounds >= 5
    assert min(one.rounds for one in (*SCENARIOS, LATENCY, COPYING)) >= 3


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.module)
def test_each_part_is_a_module(part: Part) -> None:
    path = ROOT / part.module.replace(".", "/")
    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_what_is_told_last_is_how_long_each_part_took_and_which_missed_its_time_or_a_bar() -> None:
    said = list(lines({"setting up": 3.0, "bench.memory": 500.0, "bench.workers": 1.0}, ["bench.workers"]))
    assert said[1].split() == ["setting", "up", "3", str(PLANNED["setting up"])]
    assert said[2].endswith("longer than planned")
    assert said[3].endswith("failed or missed a bar")
    assert said[4].split() == ["all", "504", str(sum(PLANNED.values()))]


def test_what_an_earlier_run_left_is_forgotten_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FOLDER", tmp_path)
    for name in ("bench", "memory", "tls"):
        (tmp_path / f"{name}.json").write_text("{}")
    forget(PARTS)
    assert [path.name for path in tmp_path.iterdir()] == ["tls.json"]
