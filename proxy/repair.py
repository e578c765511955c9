"""A backend failed a request, or a guard kept the request from it: what may still be done about it? Pure; the answer is a value."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from proxy.guards.retry import IDEMPOTENT, OF_FAILURE, may_retry
from proxy.model.decision import Decision
from proxy.model.resilience import Retries
from proxy.model.table import LEGACY
from proxy.replies import Failure, TurnedAway

SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS"})
"""RFC 9110 section 9.2.1: asking another backend instead changes nothing."""


class Repair(enum.StrEnum):
    CUT = "cut"
    """The answer had begun: the client must see that it ends here (promise 4)."""
    RESEND = "resend"
    """A reused connection was dead before one byte of answer: once more, on a fresh one (promise 3)."""
    RETRY = "retry"
    """The table asks for another try, and it does no harm."""
    FALL_BACK = "fall_back"
    """The table names who answers instead."""
    RETIRED = "retired"
    """Legacy would have to answer, but the route is retired."""
    TELL = "tell"
    """Nothing may be repeated: the client is told."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A try that came to nothing.

    ``has_body``: bytes of the request's body came, or may still come. ``body_kept``: all that came can be sent again. ``was_idle``: it
    went out on a reused connection that never answered one byte. ``fell_back``: this was the fallback already. ``retries``: how many
    there were before. ``in_time``: the limit for the whole, if there is one, leaves time for another try.
    """

    failure: Failure | TurnedAway
    method: bytes
    has_body: bool
    body_kept: bool = True
    answer_begun: bool = False
    was_idle: bool = False
    fell_back: bool = False
    retries: int = 0
    in_time: bool = True


def lateness(*, total: bool, connecting: bool, first_byte: bool) -> Failure:
    """What a deadline that passed means. ``total``: there is no time left at all; ``first_byte``: only the answer was awaited."""
    if total:
        return Failure.TOTAL_TIMEOUT
    if connecting:
        return Failure.CONNECT_TIMEOUT
    return Failure.FIRST_BYTE_TIMEOUT if first_byte else Failure.IDLE_TIMEOUT


def repair(failed: Failed, decision: Decision, policy: Retries | None) -> Repair:
    """What to do about it. ``policy`` None: no retries."""
    failure, method = failed.failure, failed.method
    if failed.answer_begun:
        return Repair.CUT
    if failure is Failure.NO_ANSWER and failed.was_idle and method in IDEMPOTENT and not failed.has_body:
        return Repair.RESEND
    if not failed.fell_back and may_retry(
        OF_FAILURE.get(failure), policy, method=method, retries=failed.retries, body_kept=failed.body_kept, in_time=failed.in_time
    ):  # fmt: skip
        return Repair.RETRY
    return _fall_back(failed, decision)


def _fall_back(failed: Failed, decision: Decision) -> Repair:
    route = decision.route
    if failed.failure is Failure.TOTAL_TIMEOUT or not failed.in_time:
        return Repair.TELL  # no time is left for anybody else
    if route.fallback is None or failed.fell_back or failed.has_body or failed.method not in SAFE:
        return Repair.TELL
    if route.fallback == decision.primary.name:
        return Repair.TELL
    return Repair.RETIRED if route.retired and route.fallback == LEGACY else Repair.FALL_BACK
