"""Hostile text on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.model.printable import printable


@pytest.mark.promise("B132")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/orders/7", "/orders/7"),
        ("/caf\u00e9", "/caf\u00e9"),
        ("/a\r\nforged line", "/a\\x0d\\x0aforged line"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("\u2028", "\\u2028"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_could_command_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.promise("B132")
@given(st.text())
def test_the_result_is_always_one_printable_line(text: str) -> None:
    assert printable(text).isprintable()
