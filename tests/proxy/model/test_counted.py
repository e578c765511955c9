from __future__ import annotations

import threading
from pathlib import Path

from proxy.model.counted import fold, read_counters
from proxy.model.counters import Counters


def process(directory: Path, name: str, seen: int) -> None:
    """A process that counted and died."""
    counters = Counters(directory, name)
    counters.add("strangler_seen", seen, route="a")
    counters.add("strangler_in_flight", 3, backend="b")
    counters.close()


def seen(directory: Path) -> int:
    return sum(value for _, metric, _, value in read_counters(directory) if metric == "strangler_seen")


def test_what_a_dead_process_counted_counts_on_without_its_files(tmp_path: Path) -> None:
    for number in range(5):
        process(tmp_path, f"proxy-0-{number}", 10)
        fold(tmp_path, f"proxy-0-{number}")
    process(tmp_path, "shadow-0-9", 1)
    fold(tmp_path, "shadow-0-9")
    assert [path.name for path in tmp_path.iterdir()] == ["dead.json"]
    assert sorted(read_counters(tmp_path)) == [
        ("proxy-dead", "strangler_seen", {"route": "a"}, 50),
        ("shadow-dead", "strangler_seen", {"route": "a"}, 1),
    ]


def test_a_supervisor_that_dies_while_it_folds_counts_nothing_twice(tmp_path: Path) -> None:
    process(tmp_path, "proxy-0-1", 10)
    names = (tmp_path / "proxy-0-1.names").read_bytes(), (tmp_path / "proxy-0-1.values").read_bytes()
    fold(tmp_path, "proxy-0-1")
    (tmp_path / "proxy-0-1.names").write_bytes(names[0])
    (tmp_path / "proxy-0-1.values").write_bytes(names[1])
    assert seen(tmp_path) == 10


def test_folding_what_never_counted_is_fine(tmp_path: Path) -> None:
    fold(tmp_path, "proxy-0-1")
    assert read_counters(tmp_path) == []


def test_a_reader_sees_neither_too_much_nor_too_little_while_processes_are_folded(tmp_path: Path) -> None:
    living = 50
    for number in range(living):
        process(tmp_path, f"proxy-0-{number}", 1)
    folding = threading.Thread(target=lambda: [fold(tmp_path, f"proxy-0-{number}") for number in range(living)])
    folding.start()
    readings = []
    while folding.is_alive():
        readings.append(seen(tmp_path))
    folding.join()
    assert set(readings) <= {living}
    assert seen(tmp_path) == living
