"""Every promise has a test by its number, and the page names it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.promises.page import gaps, render
from tests.promises.rows import CLIENT

ROOT = Path(__file__).resolve().parents[1]


def test_every_promise_has_a_test_and_the_page_names_it() -> None:
    # In a process of its own: collecting the suite within the suite would confuse pytest.
    told = subprocess.run(
        [sys.executable, "-m", "tests.promises", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr + told.stdout


def test_a_row_without_a_test_and_a_mark_without_a_row_are_gaps() -> None:
    assert "no test carries the mark C1" in gaps({})
    assert any("no such row" in gap for gap in gaps({"C99": [("tests/test_x.py", "test_x")]}))


def test_a_page_names_a_few_tests_and_counts_the_others() -> None:
    tests = [("tests/test_x.py", f"test_{n}") for n in range(5)]
    page = render({"C1": tests})
    assert "[`test_2`](../../tests/test_x.py) and 2 more" in page
    assert all(f"| {row} |" in page for row in CLIENT)
