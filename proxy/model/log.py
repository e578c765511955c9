"""Logs: standard logging in, one line per event out on stderr, JSON or for people.

An event is a constant sentence, what is particular about it stands in ``extra``:
``log.warning("backend failed", extra={"backend": "orders"})`` (the standard library forbids the names of its own fields there:
``name``, ``args``, ``process``, ``module`` and so on). Whoever logs never waits: lines are handed to a thread, at most
``WAITING_LINES`` of them, and at most ``LINES_PER_SECOND`` of one event. What is left out is counted in the log itself.
"""

from __future__ import annotations

import atexit
import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from proxy.model.line_writer import LineWriter, piece_for, write_to
from proxy.model.printable import printable
from proxy.model.settings import Settings
from proxy.model.unquoted import event_of, trace_of

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("auto", "json", "text")

WAITING_LINES = 4096
LINES_PER_SECOND = 50
MAX_VALUE = 8 * 1024
"""Characters of one value; a stranger may have chosen it."""

BLOCKS = ("mistakes", "exception", "stacks")
"""Fields of several lines, which people want below the event and not behind it."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_COLOURS = {"debug": "2", "info": "36", "warning": "33", "error": "31", "critical": "31;1"}

Fields = dict[str, Any]


def set_up_logging(settings: Settings, role: str, index: int = 0) -> None:
    """Send everything that this process logs to stderr, and what would end it in silence as well. Call it once."""
    text = wants_text(settings.log_format, is_terminal=sys.stderr.isatty())
    render = text_renderer(colour=sys.stderr.isatty() and not os.environ.get("NO_COLOR")) if text else render_json
    writer = LineWriter(write_to(2), limit=WAITING_LINES, piece=piece_for(2))
    handler = HandOver(writer, render, {"role": role, "index": index, "pid": os.getpid()})
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: root.critical("failed", exc_info=(kind, error, trace))
    writer.start()
    atexit.register(handler.close)


def wants_text(log_format: str, *, is_terminal: bool) -> bool:
    """Whether lines are for people: when asked for, or when somebody is watching."""
    if log_format not in FORMATS:
        raise ValueError(f"log format {log_format!r}: use one of {', '.join(FORMATS)}")
    return log_format == "text" or (log_format == "auto" and is_terminal)


class HandOver(logging.Handler):
    """Renders records and hands the lines over. ``who`` are the fields that say which process this is."""

    def __init__(
        self,
        writer: LineWriter,
        render: Callable[[Fields], str],
        who: Fields,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._writer = writer
        self._render = render
        self._who = who
        self._clock = clock
        self._throttle = Throttle(LINES_PER_SECOND)
        self._dropped_told = 0

    def emit(self, record: logging.LogRecord) -> None:
        left_out = self._throttle.admit(f"{record.name} {record.msg}", self._clock())
        if left_out is None:
            return
        try:
            fields = fields_of(record, self._who)
            if left_out:
                fields["left_out"] = left_out
            self._hand_over(fields)
        except Exception:  # noqa: BLE001 - the way of logging itself: a value that cannot be shown must not fail the caller
            self.handleError(record)

    def close(self) -> None:
        for event, count in self._throttle.left_out():
            self._hand_over(
                {**_stamp(time.time(), "warning", self._who, "lines left out"), "of": event, "left_out": count}
            )
        self._writer.close()
        super().close()

    def _hand_over(self, fields: Fields) -> None:
        dropped = self._writer.dropped
        if dropped > self._dropped_told:
            fields["dropped_before"] = dropped - self._dropped_told
        if self._writer.add(self._render(fields).encode("utf-8", "backslashreplace") + b"\n"):
            self._dropped_told = dropped


class Throttle:
    """Lets at most ``limit`` events of one kind through per second, and remembers how many it left out."""

    MAX_KINDS = 1000

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kinds: dict[
            str, tuple[int, int, int]
        ] = {}  # second, let through in it, left out since the last one let through

    def admit(self, kind: str, now: float) -> int | None:
        """How many of this kind were left out before this one, or None if this one is left out too."""
        second, through, left_out = self._kinds.get(kind, (0, 0, 0))
        if second != int(now):
            second, through = int(now), 0
        if through >= self._limit:
            self._kinds[kind] = (second, through, left_out + 1)
            return None
        if len(self._kinds) >= self.MAX_KINDS:
            self._kinds.clear()
        self._kinds[kind] = (second, through + 1, 0)
        return left_out

    def left_out(self) -> list[tuple[str, int]]:
        return [(kind, count) for kind, (_, _, count) in self._kinds.items() if count]


def fields_of(record: logging.LogRecord, who: Fields) -> Fields:
    """What a record says, in the order in which it is written."""
    fields = _stamp(record.created, record.levelname.lower(), who, event_of(record))
    for name, value in vars(record).items():
        if name not in _STANDARD:
            fields[name if name not in fields else f"{name}_"] = value
    if record.exc_info and record.exc_info[1] is not None:
        fields["exception"] = trace_of(record.exc_info[1])
    return fields


def _stamp(at: float, level: str, who: Fields, event: str) -> Fields:
    return {"time": at, "level": level, **who, "event": event}


def rfc3339(at: float) -> str:
    """Unix time as ``2026-03-31T12:00:00.123Z``."""
    milliseconds = int(at * 1000)
    return f"{_rfc3339_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@functools.lru_cache(
    maxsize=4096
)  # access lines come by the thousand per second, and reports name the same times again and again
def _rfc3339_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]  # several times as fast as a format


def render_json(fields: Fields) -> str:
    """One JSON object, ASCII only: nothing in it can move a cursor or break a line."""
    clipped = {name: _clip(value) for name, value in fields.items()}
    return json.dumps({**clipped, "time": rfc3339(fields["time"])}, default=_as_text)


def text_renderer(*, colour: bool) -> Callable[[Fields], str]:
    """Renders ``12:00:00.123 warning proxy/0: backend failed  backend=orders``, blocks indented below."""

    def render(fields: Fields) -> str:
        rest = dict(fields)
        at = rest.pop("time")
        level, role, index = rest.pop("level"), rest.pop("role"), rest.pop("index")
        event = printable(rest.pop("event"))
        rest.pop("pid")
        blocks = [rest.pop(name) for name in BLOCKS if name in rest]
        clock = f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at * 1000) % 1000:03d}"
        shown = f"\x1b[{_COLOURS.get(level, '0')}m{level:<7}\x1b[0m" if colour else f"{level:<7}"
        pairs = "".join(f"  {name}={_shown(value)}" for name, value in rest.items())
        return f"{clock} {shown} {role}/{index}: {event}{pairs}" + "".join(map(_block, blocks))

    return render


def _shown(value: object) -> str:
    text = printable(_clip(value) if isinstance(value, str) else _as_text(value)[:MAX_VALUE])
    return f'"{text}"' if " " in text or not text else text


def _block(value: object) -> str:
    lines = value if isinstance(value, list) else _as_text(value).split("\n")
    return "".join(f"\n    {printable(line)}".rstrip(" ") for item in lines for line in str(item).split("\n"))


def _clip(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_VALUE:
        return value[:MAX_VALUE] + "..."
    return value


def _as_text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
