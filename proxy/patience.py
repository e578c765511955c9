"""What a client connection waits for, and how long."""

from __future__ import annotations

import enum

LINGER_SECONDS = 2.0
"""How long a client may say nothing while we read on and throw away after a last answer, so that it gets to read that
(RFC 9112 section 9.6): many read only when they have sent all, and a reset before would lose it."""

MAX_LINGER_SECONDS = 30.0
"""How long it may go on sending then."""

LAST_WORD_SECONDS = 1.0
"""How long an idle connection is kept when we end: closing it at once would cross with a request that is on its way."""

STALL_SECONDS = 30.0
"""How long a client that takes nothing of what waits for it keeps its closing connection."""

HALF_CLOSED_SECONDS = 0.8
"""How long each step of an answer may take for a client that has ended its side. It may have left: then the backend is let
go within a second. While bytes flow, the client's machine tells us whether anybody is there."""

CONTINUE_SECONDS = 1.0
"""How long a backend may leave ``Expect: 100-continue`` unanswered until we ask the client for the body ourselves, as it
would begin to send by itself some time (RFC 9110 section 10.1.1)."""

PACE_SECONDS = 5.0
"""How often the pace of bodies is looked at."""

PACE_GRACE = 20.0
"""What a slow start costs nobody."""


class Hold(enum.IntFlag):
    """Why reading from the client is stopped."""

    BACKEND = 1
    QUEUE = 2
    CONNECT = 4
    EARLY = 8
