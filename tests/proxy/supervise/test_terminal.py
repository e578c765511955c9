"""A terminal that is closed, seen through a real pseudo-terminal."""

from __future__ import annotations

import os
import pty

from proxy.supervise.terminal import Terminal


def test_a_closed_terminal_is_told_from_an_open_one() -> None:
    ours, theirs = pty.openpty()
    terminal = Terminal(theirs)
    assert not terminal.is_gone()
    os.close(ours)
    assert terminal.is_gone()
    os.close(theirs)


def test_what_never_was_a_terminal_is_never_gone() -> None:
    read_end, write_end = os.pipe()
    terminal = Terminal(write_end)
    os.close(read_end)
    os.close(write_end)
    assert not terminal.is_gone()
