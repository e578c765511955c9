"""May a try that came to nothing be repeated, and how soon? Pure; dice are an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from proxy.model.resilience import Retries, RetryWhen
from proxy.replies import Failure, TurnedAway

IDEMPOTENT: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
"""RFC 9110 section 9.2.2, without TRACE, which is refused."""

OF_FAILURE: Final[dict[Failure | TurnedAway, RetryWhen]] = {
    Failure.REFUSED: RetryWhen.CONNECT,
    Failure.CONNECT_TIMEOUT: RetryWhen.CONNECT,
    Failure.NO_ANSWER: RetryWhen.NO_ANSWER,
    Failure.FIRST_BYTE_TIMEOUT: RetryWhen.TIMEOUT,
    Failure.IDLE_TIMEOUT: RetryWhen.TIMEOUT,
}
"""Not here, so never repeated: no time is left; the backend answered, but not in HTTP; a guard kept the request from it."""

OF_STATUS: Final = {502: RetryWhen.STATUS_502, 503: RetryWhen.STATUS_503, 504: RetryWhen.STATUS_504}

PAUSE: Final = 0.025
LONGEST_PAUSE: Final = 0.25
"""Seconds before the first retry at most, and before any. It is drawn anew each time, so that those who failed together come apart."""


MAX_KEPT_BODY: Final = 64 * 1024
"""Bytes of a request's body that are kept for a backend that does not take them yet, or may have to be sent them again."""


class Retrying:
    """A request that may be tried again: how often it was, and what came of its body, as long as that is all of it."""

    __slots__ = ("_room", "body", "policy", "retries")

    def __init__(self, policy: Retries) -> None:
        self.policy = policy
        self.retries = 0
        self.body: list[bytes] | None = []
        self._room = MAX_KEPT_BODY

    def keep(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            self.body = None
        elif self.body is not None:
            self.body.append(data)


def may_retry(
    why: RetryWhen | None, policy: Retries | None, *, method: bytes, retries: int, body_kept: bool, in_time: bool
) -> bool:
    """Whether the table asks for it and it does no harm. ``retries``: how many there were; ``body_kept``: all that came of the
    request's body can be sent again."""
    if policy is None or why is None or why not in policy.when or retries >= policy.attempts or not in_time:
        return False
    if why is RetryWhen.CONNECT:
        return True  # not a byte was sent, so nothing is repeated
    return method in IDEMPOTENT and body_kept


def pause(retries: int, dice: Callable[[], float]) -> float:
    """Seconds before the next retry."""
    return dice() * min(PAUSE * 2.0**retries, LONGEST_PAUSE)


def asks_to_wait(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the answer says when to come again (RFC 9110 section 10.2.3): that is for the client, and sooner would be against it."""
    return any(name.lower() == b"retry-after" and value.strip() != b"0" for name, value in headers)
