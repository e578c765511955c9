"""Points in time as ``--since`` takes them: ``30m``, ``24h``, ``7d``, or an ISO date or time. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_SPAN = re.compile(r"([0-9]{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class BadTime(ValueError):
    """Not a point in time; the message says what to write."""


def parse_since(text: str, now: float) -> float:
    """Unix time. A span counts back from ``now``; a time without an offset is UTC. Raises BadTime."""
    span = _SPAN.fullmatch(text)
    if span is not None:
        return now - int(span[1]) * _SECONDS[span[2]]
    try:
        moment = datetime.fromisoformat(text)
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadTime(
            f"{text!r} is no time: write 30m, 24h, 7d, or an ISO time like 2026-03-31 or 2026-03-31T12:00Z"
        ) from error
    if at > now:
        raise BadTime(f"{text!r} is in the future, nothing was recorded there yet")
    return at
