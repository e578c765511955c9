"""Header fields that are new in every message, or belong to one connection: literal, and apart for requests and answers. A request
id that vanishes from requests says nothing; one that vanishes from answers may be missed by a client that logs it."""

from __future__ import annotations

from typing import Final

_OF_THE_CONNECTION: Final = frozenset(
    {
        "connection", "content-encoding", "content-length", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "via",
    }
)  # fmt: skip

ANSWER: Final = _OF_THE_CONNECTION | {
    "alt-svc", "cf-ray", "date", "nel", "report-to", "server", "server-timing", "x-amz-cf-id", "x-amzn-requestid",
    "x-amzn-trace-id", "x-cache", "x-powered-by", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit",
    "x-request-id", "x-correlation-id", "x-response-time", "x-runtime", "x-served-by", "x-timer", "x-trace-id",
}  # fmt: skip
"""Not compared where a route asks for all headers (``headers: ["*"]``), unless it names them too."""

REQUEST: Final = _OF_THE_CONNECTION | {
    "b3", "cf-ray", "cookie", "dnt", "forwarded", "idempotency-key", "if-modified-since", "if-none-match", "priority",
    "sec-gpc", "traceparent", "tracestate", "user-agent", "x-amzn-trace-id", "x-b3-spanid", "x-b3-traceid",
    "x-correlation-id", "x-csrf-token", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto",
    "x-real-ip", "x-request-id", "x-shadow",
}  # fmt: skip
"""Do not tell one kind of request from another."""
