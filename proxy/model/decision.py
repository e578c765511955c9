"""Who answers one request, who gets the copy, and why: a value, so that it can be logged, explained and tested."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from proxy.model.table import Backend, Route


class Skip(enum.StrEnum):
    """Why a request was not copied, or why its copy yielded no outcome. Every one is counted (promise 8)."""

    # By choice: the table, or the nature of the request, says no.
    NO_SHADOW = "no_shadow"
    NOT_SAMPLED = "not_sampled"
    UNSAFE_METHOD = "unsafe_method"
    UPGRADE = "upgrade"
    RATE_LIMITED = "rate_limited"
    # Too large to keep.
    REQUEST_TOO_LARGE = "request_too_large"
    ANSWER_TOO_LARGE = "answer_too_large"
    # Not a whole exchange, so nothing to compare.
    CLIENT_GONE = "client_gone"
    NO_ANSWER = "no_answer"
    FALLBACK = "fallback"
    """The candidate failed and legacy answered: a candidate error."""
    CANDIDATE_FAILED = "candidate_failed"
    """The candidate failed and nobody answered in its place, or its answer was cut short: a candidate error, too."""
    CUT_SHORT = "cut_short"
    # Lost between the live path and the outcome, or before it.
    OVERLOAD = "overload"
    TAP_FULL = "tap_full"
    TAP_DOWN = "tap_down"
    SHADOW_LOST = "shadow_lost"
    SHADOW_BUSY = "shadow_busy"
    BREAKER_OPEN = "breaker_open"
    CONNECTION_DEAD = "connection_dead"
    NO_SESSION = "no_session"
    """The side that got the copy took the user for a stranger: it was not asked when they logged in."""
    STORE_FAILED = "store_failed"
    UNDECODABLE = "undecodable"
    SHADOW_ERROR = "shadow_error"


NOT_LOST = frozenset(
    {
        Skip.NO_SHADOW,
        Skip.NOT_SAMPLED,
        Skip.UNSAFE_METHOD,
        Skip.UPGRADE,
        Skip.RATE_LIMITED,
        Skip.CLIENT_GONE,
        Skip.FALLBACK,
        Skip.CANDIDATE_FAILED,
    }
)
"""Skips that the table or the client decided, and those that say enough without a pair: the candidate failed. The others are
loss: over 1 % of them makes a verdict inconclusive."""


@dataclass(frozen=True, slots=True)
class Decision:
    """``skip`` says why there is no copy (``shadow`` is None then), None that there is one. ``after_write``: the sample would have
    left it out, and it is copied because its user has just written."""

    route: Route
    primary: Backend
    shadow: Backend | None
    reason: str
    skip: Skip | None
    after_write: bool = False
