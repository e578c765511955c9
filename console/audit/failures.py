"""Failed logins, counted: anybody may fail as often as they like, so what they add to the log is bounded by time and not by tries. Pure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, NamedTuple

from console.audit.line import Said, Step
from proxy.model.log import rfc3339

MOST_ROWS: Final = 8
"""Lines of one span; what fits into none of them is counted in one more."""

ELSEWHERE: Final = "other addresses"


class Failure(NamedTuple):
    """``what`` was asked, ``why`` it failed, in words of ours; ``user`` is the name of one who is a user, else empty: what strangers type
    into that field may be a password. ``network`` is where it came from."""

    what: str
    why: str
    status: int
    user: str
    network: str


_OTHERS: Final = Failure("POST /login", "more kinds than are told one by one", 403, "", ELSEWHERE)


@dataclass(slots=True)
class _Count:
    first: float
    last: float
    times: int = 0


class Failures:
    """Of one span of time; those that look alike are one line."""

    def __init__(self) -> None:
        self._counts: dict[Failure, _Count] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, failure: Failure, now: float) -> None:
        """``now`` is Unix time."""
        count = self._counts.setdefault(self._row(failure), _Count(now, now))
        count.times, count.last = count.times + 1, now

    def with_(self, later: Failures) -> Failures:
        """Both spans as one."""
        for failure, count in later._counts.items():
            known = self._counts.setdefault(self._row(failure), _Count(count.first, count.last))
            known.times, known.last = known.times + count.times, count.last
        return self

    def told(self) -> list[Said]:
        """A line for each, the first failure first."""
        return [_said(failure, count) for failure, count in self._counts.items()]

    def _row(self, failure: Failure) -> Failure:
        return failure if failure in self._counts or len(self._counts) < MOST_ROWS else _OTHERS


def _said(failure: Failure, count: _Count) -> Said:
    of = {"times": str(count.times), "why": failure.why, "user": failure.user, "from": failure.network}
    first, last = (f"{rfc3339(at)[:19]}Z" for at in (count.first, count.last))
    return Said(
        step=Step.REFUSED,
        act=secrets.token_hex(6),
        by="nobody",
        via="console",
        what=failure.what,
        right="open",
        of={name: value for name, value in of.items() if value},
        words="" if count.times == 1 else f"between {first} and {last}",
        status=failure.status,
    )
