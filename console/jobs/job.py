"""One job, as its file tells it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

Document = dict[str, Any]

Told = Callable[[str, int, int], None]
"""Learns how far the work is: what is done now, what is done of it, and of how many (0: nobody knows)."""


class Kind(StrEnum):
    REPLAY = "replay"
    REJUDGE = "rejudge"
    PURGE = "purge"
    DEMO = "demo"


class State(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"
    """Its process is gone, and has not said how it ended."""


ENDED: Final = frozenset(State) - {State.RUNNING}

ID: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """``about`` says in words what is worked on, ``via`` whether a command or the console began it. ``step`` is what is done now, ``done`` of
    ``total`` (0: nobody knows) is how far that is. Times are Unix times. ``detail`` says why it failed; ``result`` is what came of
    it, None where that was told elsewhere."""

    id: str
    kind: Kind
    about: str
    by: str
    via: str
    started_at: float
    step: str = ""
    done: int = 0
    total: int = 0
    state: State = State.RUNNING
    ended_at: float | None = None
    detail: str = ""
    result: Document | None = None

    def at(self, step: str, done: int, total: int) -> Job:
        return replace(self, step=step, done=done, total=total)

    def ended(self, state: State, at: float, detail: str = "", result: Document | None = None) -> Job:
        return replace(self, state=state, ended_at=at, detail=detail, result=result)

    def to_json(self) -> Document:
        return asdict(self)


_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(("id", "about", "by", "via", "step", "detail"), str),
    **dict.fromkeys(("done", "total"), int),
    "started_at": (int, float),
    "ended_at": (int, float, type(None)),
    "result": (dict, type(None)),
}


def job_of(read: Any) -> Job | None:
    """None if that is no job: what a file holds, anybody may have written."""
    try:
        job = Job(**{**read, "kind": Kind(read["kind"]), "state": State(read["state"])})
    except (TypeError, ValueError, KeyError):
        return None
    sound = all(isinstance(getattr(job, name), wanted) for name, wanted in _TYPES.items())
    return job if sound and ID.fullmatch(job.id) and _are_times(job.started_at, job.ended_at or 0.0) else None


def _are_times(*times: float) -> bool:
    """Within this century and the next, which is no not-a-number either."""
    return all(0 <= time < 5e9 for time in times)
