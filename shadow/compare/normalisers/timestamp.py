"""A moment: any time equals any other that is written in the same form (ISO 8601, with or without an offset; an HTTP date; seconds or
milliseconds since 1970). With ``within``, only if they are not further apart."""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from proxy.model.normalise import Normalise

_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|[-+][0-9]{2}:?[0-9]{2})?"
)
_HTTP: Final = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|[-+][0-9]{4})"
)
_SECONDS: Final = re.compile(r"[0-9]{10}(\.[0-9]{1,9})?")
_MILLISECONDS: Final = re.compile(r"[0-9]{13}(\.[0-9]{1,6})?")
_FRACTION: Final = re.compile(r"[.,]([0-9]{1,9})")


class _Moment(NamedTuple):
    form: str
    seconds: float


class TimestampNormaliser:
    name = "timestamp"
    examples = (
        ("2026-03-31T12:00:00Z", "2026-04-01T08:30:00.123+02:00", True),
        (1795000000, 1795000060.5, True),
        ("Tue, 31 Mar 2026 12:00:00 GMT", "Wed, 01 Apr 2026 12:00:00 GMT", True),
        ("2026-03-31T12:00:00Z", 1795000000, False),
        ("2026-03-31T12:00:00Z", "2026-03-31T12:00:00", False),
        ("2026-03-31T12:00:00Z", None, False),
        ("2026-03-31T12:00:00Z", "soon", False),
    )

    def normal(self, value: Any, how: Normalise) -> Hashable | None:  # noqa: ARG002 - how near is asked afterwards
        moment = _moment(value)
        return None if moment is None else ("timestamp", moment.form)

    def near(self, control: Any, candidate: Any, how: Normalise) -> bool:
        ours, theirs = _moment(control), _moment(candidate)
        if how.within is None or ours is None or theirs is None:
            return True
        return abs(ours.seconds - theirs.seconds) <= how.within


def _moment(value: Any) -> _Moment | None:
    if isinstance(value, bytes):
        return _since_1970(value.decode("ascii", "replace"), "number")
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        if _ISO.fullmatch(value):
            moment = datetime.fromisoformat(_FRACTION.sub(_microseconds, value, count=1))
            return _Moment("local" if moment.tzinfo is None else "iso", _seconds(moment))
        if _HTTP.fullmatch(value):
            return _Moment("http", _seconds(parsedate_to_datetime(value)))
    except (ValueError, OverflowError):
        return None
    return _since_1970(value, "text")


def _since_1970(text: str, written: str) -> _Moment | None:
    if _SECONDS.fullmatch(text):
        return _Moment(f"seconds, {written}", float(text))
    if _MILLISECONDS.fullmatch(text):
        return _Moment(f"milliseconds, {written}", float(text) / 1000)
    return None


def _seconds(moment: datetime) -> float:
    zero = datetime(1970, 1, 1, tzinfo=None if moment.tzinfo is None else UTC)
    return (moment - zero).total_seconds()


def _microseconds(fraction: re.Match[str]) -> str:
    """Python reads three or six digits."""
    return "." + fraction[1][:6].ljust(6, "0")


NORMALISER = TimestampNormaliser()
