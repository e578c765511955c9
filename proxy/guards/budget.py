"""A retry budget: retries must not become the load that keeps a backend down. Pure; the clock is an argument, in seconds."""

from __future__ import annotations

from typing import Final

from proxy.guards.window import Window

SECONDS: Final = 10.0
"""The time over which requests and retries are counted."""

FLOOR: Final = 10
"""Retries allowed in that time however few requests there are: a share of next to nothing would be none."""


class RetryBudget:
    """Of one backend, as one worker sees it. Only requests that may be retried count, so it errs towards fewer retries."""

    __slots__ = ("_window",)

    def __init__(self) -> None:
        self._window = Window(SECONDS)

    def requested(self, now: float) -> None:
        """A request's first try."""
        self._window.add(now, marked=False)

    def take(self, now: float, share: float) -> bool:
        """Whether one more retry fits into ``share`` of the requests; if so, it is counted."""
        window = self._window
        window.advance(now)
        retries = window.marked
        if retries >= max(FLOOR, share * (window.total - retries)):
            return False
        window.add(now, marked=True)
        return True
