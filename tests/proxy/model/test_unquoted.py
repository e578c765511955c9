"""No message of an exception, and none that a library has put together, gets into the log."""

from __future__ import annotations

import errno
import logging

import pytest

from proxy.model.unquoted import event_of, trace_of

CANARY = "cAn" + "4ry"  # in two pieces: a traceback shows the line


def record(name: str, message: object, *args: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "a.py", 1, message, args, None)


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("proxy.reading", "said %s"),
        ("__main__", "said %s"),
        ("aiohttp.server", "aiohttp.server: an event"),
        ("asyncio", "asyncio: an event"),
    ],
)
def test_only_our_own_sentences_are_told(name: str, event: str) -> None:
    assert event_of(record(name, "said %s")) == event


def test_of_a_library_s_sentence_what_is_constant_is_told() -> None:
    assert event_of(record("aiohttp.server", "Error of %s", "cAn4ry")) == "aiohttp.server: Error of %s"
    assert event_of(record("shadow", "took %d s", 3)) == "took 3 s"


def fail() -> None:
    try:
        raise ConnectionResetError(errno.ECONNRESET, CANARY)
    except OSError as error:
        raise RuntimeError(CANARY) from error


def test_of_exceptions_places_and_kinds_are_told_and_those_of_their_causes() -> None:
    with pytest.raises(RuntimeError) as raised:
        fail()
    told = trace_of(raised.value)
    assert told.endswith("\nRuntimeError")
    assert "\nConnectionResetError: ECONNRESET\nTraceback" in told
    assert "test_unquoted.py" in told
    assert CANARY not in told
