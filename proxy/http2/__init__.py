"""HTTP/2 towards clients: framing and HPACK are hyper-h2's, every decision is HTTP/1's.

A *stream* carries one request. It is given to an ordinary ``ClientConnection`` as HTTP/1.1 text over a transport that exists only in
memory; what comes back is read by llhttp and sent as frames. So there is one code for refusals, limits, routing, deadlines and logs.

    request.py     a stream's fields as the head of an HTTP/1.1 request, or a refusal       (pure)
    answer.py      the fields of an HTTP/1.1 answer as HTTP/2 has them                      (pure)
    budget.py      what a client may do that brings nothing                                 (pure)
    farewell.py    how far a connection is in taking its leave                              (pure)
    framing.py     hyper-h2's connection, with our limits
    stream.py      one stream: the transport in memory, and the client connection on it
    connection.py  one connection: events to streams, streams' bytes to frames, farewell
    preface.py     tells HTTP/2 from HTTP/1 on a port that speaks both

The package ``h2`` is an extra (``strangler[http2]``), so nothing is imported before somebody asks for HTTP/2.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from proxy.listen.arrival import Arrival
    from proxy.live_path import LivePath


def is_available() -> bool:
    """Whether HTTP/2 can be spoken here."""
    return importlib.util.find_spec("h2") is not None


def load() -> None:
    """Import what HTTP/2 needs: a tenth of a second, which no client should have to wait for."""
    importlib.import_module("proxy.http2.preface")


def http2_protocol(live: LivePath, arrival: Arrival | None = None) -> asyncio.Protocol:
    """For a connection that is known to speak HTTP/2, as after ALPN ``h2``."""
    from proxy.http2.connection import Http2Connection  # noqa: PLC0415 - an extra

    return Http2Connection(live, arrival)


def either_protocol(live: LivePath, arrival: Arrival | None = None) -> asyncio.Protocol:
    """For a plain connection that may begin with HTTP/2's preface (RFC 9113 section 3.3), or speak HTTP/1."""
    from proxy.http2.preface import PrefaceReader  # noqa: PLC0415 - an extra

    return PrefaceReader(live, arrival)
