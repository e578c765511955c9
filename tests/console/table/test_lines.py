from __future__ import annotations

import pytest

from console.table.lines import route_lines
from tests.console.scene import TABLE


def test_every_route_has_its_line() -> None:
    lines = TABLE.splitlines()
    found = route_lines(TABLE)
    assert {name: lines[line - 1].strip() for name, line in found.items()} == {
        name: f"- name: {name}" for name in ("order-read", "search", "forms")
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("[", {}),
        (b"\xff", {}),
        ("routes: 3", {}),
        ("routes: [3, {name: 4}, {name: a}]", {"a": 1}),
        ("routes:\n  - match: ${UNKNOWN}\n    name: a\n", {"a": 3}),
    ],
)
def test_a_table_that_is_bad_tells_what_it_can(text: str | bytes, found: dict[str, int]) -> None:
    assert route_lines(text) == found
