"""Reading requests from a client: bytes in, a bounded slice at a time; passages out, one for each request that may pass.

The parser refuses broken syntax and framing, ``fields`` what the parser lets through (promise 2). What becomes of a passage, and
when, is the connection's business: ``accept.py``.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

import httptools

from proxy.field_table import size_of
from proxy.fields import Refused, end_to_end, protocol_of, read_request_fields
from proxy.model.message import Headers, RequestHead
from proxy.outlet import Outlet
from proxy.refusals import (
    FRAMING_PER_BYTE,
    FREE_FRAMING,
    check_authority,
    loop,
    refusal_of,
    too_large,
    too_long,
    too_much_framing,
    unknown_version,
)  # fmt: skip

if TYPE_CHECKING:
    from proxy.fields import RequestFields
    from proxy.live_path import LivePath
    from proxy.passage import Passage

log = logging.getLogger(__name__)

SLICE: Final = 4 * 1024
"""Bytes given to the parser at once. One read may bring 256 KiB, which is thousands of small requests: as bytes they cost little."""

MAX_QUEUED: Final = 16
"""Pipelined requests that wait, beyond those of one slice."""

_REFUSED_METHODS: Final = frozenset({b"CONNECT", b"TRACE"})


class RequestReader(Outlet):
    """The reading half of a client's connection."""

    __slots__ = (
        "_body", "_early", "_excess", "_fed", "_headers", "_in_head", "_incoming", "_lingering", "_parser", "_priming",
        "_queue", "_read", "_reframe", "_refused", "_rest", "_target", "closed", "deadline", "live", "passage", "peer", "scheme", "trusted",
    )  # fmt: skip

    def __init__(self, live: LivePath) -> None:
        super().__init__(live.flush_soon)
        self.live = live
        self.passage: Passage | None = None
        self.deadline = live.now + live.limits.head_time
        self.closed = False
        self.peer = ""
        self.scheme = b"http"
        self.trusted = False
        self._parser = httptools.HttpRequestParser(self)
        self._headers: Headers = []
        self._target = b""
        self._body: list[bytes] = []
        self._fed = 0
        self._read = 0
        self._excess = 0
        self._in_head = False
        self._incoming: Passage | None = None
        self._queue: deque[Passage] = deque()
        self._rest = b""
        self._lingering = False
        self._priming = False
        self._reframe: RequestFields | None = None
        self._refused: Refused | None = None
        self._early: bytearray | None = None

    # What the connection makes of it.

    def _arrived(self, head: RequestHead, fields: RequestFields, *, http_1_0: bool) -> None:
        """A request's head is whole. Raises Refused."""
        raise NotImplementedError

    def _refuse(self, refused: Refused) -> None:
        """What came is not to be passed on, and nobody knows where the next request begins."""
        raise NotImplementedError

    def _keep_early(self, data: bytes | memoryview) -> None:
        """Bytes of another protocol, sent before the 101."""
        raise NotImplementedError

    # Feeding.

    def _receive(self, data: bytes) -> None:
        if len(data) <= SLICE and not self._rest:
            self._feed(data)
        else:
            self._feed_slices(self._rest + data)
        if self._body:
            try:
                self._hand_over()
            except Refused as refused:
                self._refuse(refused)

    def _feed_slices(self, data: bytes) -> None:
        """As much of ``data`` as there is room for what it may hold; the rest waits as bytes."""
        self._rest = b""
        view = memoryview(data)
        while view and not self._lingering and not self.closed:
            if self._early is not None:
                self._keep_early(view)
                return
            if len(self._queue) >= MAX_QUEUED:
                self._rest = bytes(view)
                return
            size = max(SLICE, self._body_to_come())
            self._feed(view[:size])
            view = view[size:]

    def _body_to_come(self) -> int:
        """Bytes that can be nothing but body, so that a large one is not cut up."""
        incoming = self._incoming
        if incoming is None or incoming.fields.length is None:
            return 0
        return incoming.fields.length - incoming.bytes_in - sum(map(len, self._body))

    def _feed(self, data: bytes | memoryview) -> None:
        self._read = len(data)
        self._fed += self._read
        before = self._incoming
        body = len(self._body)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._parsed_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError:
            # The error's context would tell too, but not where we were called while another exception was handled.
            refused, self._refused = self._refused, None
            if refused is not None:
                self._refuse(refused)
            else:
                log.exception("a request made us fail", extra={"peer": self.peer})
                self._refuse(Refused(500, "internal", "The proxy failed to handle this request."))
        except httptools.HttpParserError as error:
            self._refuse(refusal_of(str(error), data if self._read else b""))
        else:
            incoming = self._incoming
            if self._in_head:
                limits = self.live.limits
                if (
                    self._fed > limits.head + limits.target + 4 * limits.fields + SLICE
                    or len(self._headers) > limits.fields
                ):
                    self._refuse(too_large(limits))
            elif incoming is not None and incoming is before and incoming.fields.chunked:
                self._weigh_framing(len(data), sum(map(len, self._body[body:])))

    def _weigh_framing(self, fed: int, body: int) -> None:
        """Chunk extensions and half-read trailers are bytes that nobody gets: they must stay in proportion to those that somebody does."""
        self._excess = max(0, self._excess + fed - body - FRAMING_PER_BYTE * body)
        limits = self.live.limits
        if len(self._headers) > limits.fields:
            self._refuse(too_large(limits))
        elif self._excess > FREE_FRAMING:
            self._refuse(too_much_framing())

    def _hand_over(self) -> None:
        """What came of a body, in one piece however small its chunks are. Raises Refused."""
        body, self._body = self._body, []
        if self._incoming is not None:
            self._incoming.request_body(body[0] if len(body) == 1 else b"".join(body))

    # What the parser does.

    def on_message_begin(self) -> None:
        if self._priming:
            return
        self._target = b""
        self._headers = []
        self._in_head = True
        self._fed = self._read  # what came before was another message's
        if self.passage is None:
            self.deadline = self.live.now + self.live.limits.head_time

    def on_url(self, part: bytes) -> None:
        self._target += part
        if len(self._target) > self.live.limits.target:
            self._refused = too_long(self.live.limits)
            raise self._refused

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        headers, self._headers = self._headers, []
        if self._priming:
            return
        try:
            self._head_complete(headers)
        except Refused as refused:
            self._refused = refused
            raise

    def _head_complete(self, headers: Headers) -> None:
        """Raises Refused."""
        parser = self._parser
        method = parser.get_method()
        if method in _REFUSED_METHODS:
            raise Refused(405, "method", "CONNECT and TRACE do not pass through here.")
        version = parser.get_http_version()
        http_1_0 = version == "1.0"
        if version != "1.1" and not http_1_0:
            raise unknown_version()
        self._in_head = False
        self._read = 0  # nobody knows how much of this slice was ours
        live = self.live
        limits = live.limits
        if len(headers) > limits.fields or (self._fed > limits.head and size_of(headers) > limits.head):
            raise too_large(limits)
        fields = read_request_fields(headers, trusted=self.trusted, http_1_0=http_1_0)
        if fields.via is not None and live.pseudonym in fields.via:
            raise loop()
        head = RequestHead(method, self._target, headers, fields.host, fields.cookie)
        if not self._target.startswith(b"/"):
            check_authority(head, self.scheme)
        self._arrived(head, fields, http_1_0=http_1_0)

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        incoming = self._incoming
        if incoming is None or self._reframe is not None:
            return
        try:
            if self._body:
                self._hand_over()
            trailers, self._headers = self._headers, []
            if trailers:
                if len(trailers) > self.live.limits.fields:
                    raise too_large(self.live.limits)
                trailers = end_to_end(trailers)
        except Refused as refused:
            self._refused = refused
            raise
        self._incoming = None
        self._excess = 0
        incoming.request_body_complete(trailers)

    # Upgrades.

    def _choose_upgrade(self, passage: Passage) -> None:
        """Pass the upgrade on, or forget it and treat the request as a plain one (RFC 9110 section 7.8 allows either).

        The parser ends an upgrade request at its head. A body must still be read as a body, else its bytes would be taken for
        the next request: such a request is framed anew.
        """
        fields = passage.fields
        fields.upgrade = token = protocol_of(fields.upgrade or b"", passage.head.method)
        if token is None or passage.http_1_0 or fields.has_body:
            self._reframe = fields
        else:
            passage.upgrade = token.lower()

    def _parsed_upgrade(self, rest: bytes | memoryview) -> None:
        fields, self._reframe = self._reframe, None
        if fields is None:
            self._early = bytearray()
            self._keep_early(rest)
            return
        framing = (
            b"Transfer-Encoding: chunked\r\n" if fields.chunked else b"Content-Length: %d\r\n" % (fields.length or 0)
        )
        self._parser = httptools.HttpRequestParser(self)
        self._priming = True
        self._feed(b"POST / HTTP/1.1\r\nHost: reframed\r\n" + framing + b"\r\n")
        self._priming = False
        if rest:
            self._feed(rest)
