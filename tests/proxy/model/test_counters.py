from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from proxy.model.counted import read_counters
from proxy.model.counters import CAPACITY, Counters


def counted(directory: Path) -> list[tuple[str, str, dict[str, str], int]]:
    return [series for series in read_counters(directory) if series[3]]


def test_what_one_process_counts_another_reads(tmp_path: Path) -> None:
    counters = Counters(tmp_path, "proxy-0-1")
    slot = counters.slot("strangler_seen", route="a")
    counters.values[slot] += 3
    counters.add("strangler_seen", 2, route="b")
    assert counted(tmp_path) == [
        ("proxy-0-1", "strangler_seen", {"route": "a"}, 3),
        ("proxy-0-1", "strangler_seen", {"route": "b"}, 2),
    ]
    counters.close()


def test_the_same_labels_are_the_same_slot(tmp_path: Path) -> None:
    counters = Counters(tmp_path, "proxy-0-1")
    assert counters.slot("strangler_seen", route="a") == counters.slot("strangler_seen", route="a")
    counters.close()


def test_counts_survive_a_killed_process(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys; from proxy.model.counters import Counters\n"
        "counters = Counters(pathlib.Path(sys.argv[1]), 'proxy-0-9'); counters.add('strangler_seen', 7, route='a')\n"
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9
    assert counted(tmp_path) == [("proxy-0-9", "strangler_seen", {"route": "a"}, 7)]


def test_series_without_end_do_not_fill_memory(tmp_path: Path) -> None:
    counters = Counters(tmp_path, "proxy-0-1")
    for number in range(CAPACITY + 100):
        counters.add("strangler_seen", route=str(number))
    assert (tmp_path / "proxy-0-1.values").stat().st_size == CAPACITY * 8
    series = counted(tmp_path)
    assert len(series) == CAPACITY
    assert ("proxy-0-1", "strangler_overflow", {}, 101) in series
    counters.close()


def test_a_half_written_name_is_not_read(tmp_path: Path) -> None:
    counters = Counters(tmp_path, "proxy-0-1")
    counters.add("strangler_seen", route="a")
    with (tmp_path / "proxy-0-1.names").open("a") as names:
        names.write('["strangler_se')
    assert len(counted(tmp_path)) == 1
    counters.close()
