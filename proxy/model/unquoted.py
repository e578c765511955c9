"""What may be logged of exceptions and of what libraries log: their messages quote what strangers sent. Pure."""

from __future__ import annotations

import errno
import logging
import traceback
from typing import Final

OURS: Final = frozenset({"proxy", "shadow", "console", "root", "__main__", "py"})
"""Who logs constant sentences, by the first part of the logger's name. ``py`` is Python's, for warnings about code."""

MOST_CAUSES: Final = 8
_TRACE: Final = "Traceback (most recent call last):\n"


def event_of(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OURS:
        return record.getMessage()
    return f"{record.name}: {record.msg if record.args else 'an event'}"


def trace_of(error: BaseException) -> str:
    """Where it was raised, and what for: places in the sources and kinds of exceptions, the first cause first."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < MOST_CAUSES:
        causes.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(_TRACE + "".join(traceback.format_tb(one.__traceback__)) + _kind(one) for one in reversed(causes))


def _kind(error: BaseException) -> str:
    """Numbers of the operating system have a list of what they can be."""
    code = errno.errorcode.get(error.errno or 0) if isinstance(error, OSError) else None
    name = type(error).__qualname__
    return f"{name}: {code}" if code else name
