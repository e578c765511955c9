"""The proxy's own answers: short problem+json (RFC 9457), each with the request's id."""

from __future__ import annotations

import enum
import json
from http import HTTPStatus


class Failure(enum.StrEnum):
    """How a backend failed one request."""

    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect_timeout"
    NO_ANSWER = "no_answer"
    FIRST_BYTE_TIMEOUT = "first_byte_timeout"
    IDLE_TIMEOUT = "idle_timeout"
    TOTAL_TIMEOUT = "total_timeout"
    INVALID_ANSWER = "invalid_answer"
    CUT_SHORT = "cut_short"


class TurnedAway(enum.StrEnum):
    """Why a guard kept a request from its backend."""

    BREAKER_OPEN = "breaker_open"
    BULKHEAD_FULL = "bulkhead_full"
    BULKHEAD_WAIT = "bulkhead_wait"


FAILURES: dict[Failure | TurnedAway, tuple[int, str]] = {
    Failure.REFUSED: (502, "The backend could not be reached."),
    Failure.CONNECT_TIMEOUT: (504, "The backend did not accept a connection in time."),
    Failure.NO_ANSWER: (502, "The backend closed the connection without an answer."),
    Failure.FIRST_BYTE_TIMEOUT: (504, "The backend did not begin its answer in time."),
    Failure.IDLE_TIMEOUT: (504, "The backend fell silent."),
    Failure.TOTAL_TIMEOUT: (504, "The backend did not finish in time."),
    Failure.INVALID_ANSWER: (502, "The backend's answer was not valid HTTP."),
    Failure.CUT_SHORT: (502, "The backend's answer was cut short."),
    TurnedAway.BREAKER_OPEN: (503, "The backend fails too often, so it is left alone for a while."),
    TurnedAway.BULKHEAD_FULL: (503, "The backend has as many requests as it may have."),
    TurnedAway.BULKHEAD_WAIT: (503, "The backend has as many requests as it may have, and the wait was too long."),
}
"""What the client is told, as long as nothing of the answer was sent; after that the connection is cut instead (promise 4)."""

RETIRED = (410, "This route is retired; the monolith is not asked any more.")


def reply(
    status: int, detail: str, request_id: str, *, close: bool, head_only: bool = False, headers: bytes = b""
) -> bytes:
    """A whole answer as bytes. ``headers`` are further lines, each ended by CRLF."""
    title = HTTPStatus(status).phrase
    body = json.dumps({"title": title, "status": status, "detail": detail, "request_id": request_id}).encode() + b"\n"
    head = (
        f"HTTP/1.1 {status} {title}\r\nContent-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
        f"Cache-Control: no-store\r\n"
    ).encode()
    end = b"Connection: close\r\n\r\n" if close else b"\r\n"
    return head + headers + end + (b"" if head_only else body)
