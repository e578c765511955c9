"""How much one client may still ask for: the generic cell rate algorithm, a token bucket in one number. Pure; times are nanoseconds.

The number is the moment at which the client's allowance will be whole again. A client whose moment is past is like one that never
came, so it may be forgotten.
"""

from __future__ import annotations

from typing import Final

from proxy.model.resilience import RateLimit

LONGEST: Final = 1 << 60
"""Some 36 years: with it every moment fits into 64 bits."""


class Allowance:
    """One route's limit. ``interval`` is what a request costs, ``span`` what may be owed."""

    __slots__ = ("interval", "span")

    def __init__(self, limit: RateLimit) -> None:
        self.interval = max(1, round(limit.per * 1e9 / limit.requests))
        self.span = min(self.interval * limit.burst, LONGEST)

    def take(self, whole_at: int, now: int) -> tuple[int, int]:
        """One request of a client: its new moment, and how long until the request would be allowed, 0 if it is. A refused one
        costs nothing.

        A moment further away than the limit allows is of a larger limit before, or of a clock before the machine was started
        anew: it counts as all of the allowance used up.
        """
        # Not min and max: two calls for each request.
        most = now + self.span
        if whole_at < now:
            before = now
        elif whole_at <= most:
            before = whole_at
        else:
            before = most
        after = before + self.interval
        wait = after - most
        return (before, wait) if wait > 0 else (after, 0)
