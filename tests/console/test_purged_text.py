from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from console.purged_text import outcome_text, remnants_text, would_text
from shadow.store.affected import Affected, Unsearchable
from shadow.store.purge import Purged
from shadow.store.selection import Selection

NOBODY = Unsearchable()
ANNA = Selection(("a" * 40,))


@pytest.mark.parametrize(("size", "told"), [(9999, "9,999 bytes"), (10_000, "10 kB"), (56_580_000, "57 MB")])
def test_sizes_are_told_as_people_read_them(size: int, told: str) -> None:
    assert next(would_text(ANNA, Affected(("p",), 1, size, 0, 0, NOBODY))).endswith(f", {told}.")


def test_of_a_route_without_pairs_only_its_sums_are_told() -> None:
    lines = list(would_text(Selection(route="a\x1b[2J"), Affected((), 0, 0, 0, 1, NOBODY)))
    assert lines[0] == "Would remove 1 row of counts, signatures, places and shapes."
    assert "\x1b" not in lines[1]


def test_several_examples_are_lost_and_nothing_is_said_of_disk_while_bytes_may_be_there() -> None:
    affected = Affected(("p", "q"), 1, 5, 2, 0, NOBODY)
    lines = list(outcome_text(ANNA, affected, Purged(rewritten=True, log_emptied=False)))
    assert lines == [
        "Removed 2 pairs (1 with requests and answers), 5 bytes.",
        "2 signatures lost their examples.",
        "Counts stay, so no verdict changes.",
    ]


def test_a_file_that_could_not_be_written_anew_is_told_with_its_reason() -> None:
    text = remnants_text(
        Purged(rewritten=False, log_emptied=True, why_not="database or disk is full"), PurePosixPath("s.db")
    )
    assert "written anew (database or disk is full; it needs its size in free space" in text
