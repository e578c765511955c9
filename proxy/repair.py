"""A backend failed a request: what may still be done about it? Pure; the answer is a value."""

from __future__ import annotations

import enum

from proxy.model.decision import Decision
from proxy.model.table import LEGACY
from proxy.replies import Failure

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
"""RFC 9110 section 9.2.2, without TRACE, which is refused."""

SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS"})
"""RFC 9110 section 9.2.1: asking another backend instead changes nothing."""


class Repair(enum.StrEnum):
    CUT = "cut"
    """The answer had begun: the client must see that it ends here (promise 4)."""
    RESEND = "resend"
    """A reused connection was dead before one byte of answer: once more, on a fresh one (promise 3)."""
    FALL_BACK = "fall_back"
    """The table names who answers instead."""
    RETIRED = "retired"
    """Legacy would have to answer, but the route is retired."""
    TELL = "tell"
    """Nothing may be repeated: the client is told."""


def lateness(*, total: bool, connecting: bool, first_byte: bool) -> Failure:
    """What a deadline that passed means. ``total``: there is no time left at all; ``first_byte``: only the answer was awaited."""
    if total:
        return Failure.TOTAL_TIMEOUT
    if connecting:
        return Failure.CONNECT_TIMEOUT
    return Failure.FIRST_BYTE_TIMEOUT if first_byte else Failure.IDLE_TIMEOUT


def repair(
    failure: Failure,
    decision: Decision,
    *,
    method: bytes,
    has_body: bool,
    answer_begun: bool,
    was_idle: bool,
    fell_back: bool,
) -> Repair:
    """What to do about ``failure``.

    ``has_body``: bytes of the request's body were sent on, so it cannot be sent again. ``was_idle``: it went out on a reused
    connection that never answered one byte. ``fell_back``: this was the fallback already.
    """
    if answer_begun:
        return Repair.CUT
    if failure is Failure.NO_ANSWER and was_idle and method in IDEMPOTENT and not has_body:
        return Repair.RESEND
    route = decision.route
    if failure is Failure.TOTAL_TIMEOUT:
        return Repair.TELL  # no time is left for anybody else
    if route.fallback is None or fell_back or has_body or method not in SAFE:
        return Repair.TELL
    if route.fallback == decision.primary.name:
        return Repair.TELL
    return Repair.RETIRED if route.retired and route.fallback == LEGACY else Repair.FALL_BACK
