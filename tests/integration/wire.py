"""A client that hides nothing: raw bytes out, raw heads and bodies in."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import httptools


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What to send; Host is added by the client, Content-Length only where ``body`` is not None."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    version: str = "1.1"

    def encode(self, host: str, more: tuple[tuple[str, str], ...] = ()) -> bytes:
        headers = [("Host", host), *self.headers, *more]
        if self.body is not None and not any(name == "Transfer-Encoding" for name, _ in headers):
            headers.append(("Content-Length", str(len(self.body))))
        lines = [f"{self.method} {self.target} HTTP/{self.version}"] + [f"{name}: {value}" for name, value in headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (self.body or b"")


@dataclass(slots=True)
class RawAnswer:
    """Status line and headers as they came, transfer coding removed from the body."""

    version: str = ""
    status: int = 0
    reason: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    informational: list[int] = field(default_factory=list)


class Wire:
    """One keep-alive connection, opened again when the other side has closed it."""

    def __init__(self, port: int, timeout: float = 30.0) -> None:
        self._port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self.opened = 0

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, data: bytes) -> RawAnswer:
        """Send one request's bytes, read the final answer."""
        head_only = data.startswith(b"HEAD ")
        for fresh in (self._socket is None, True):
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), self._timeout)
                self.opened += 1
            try:
                self._socket.sendall(data)
                return self._read(head_only=head_only)
            except (ConnectionError, _ClosedAtOnce):
                self.close()
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def _read(self, *, head_only: bool) -> RawAnswer:
        assert self._socket is not None
        reader = _Reader(head_only=head_only)
        received = False
        while not reader.complete:
            data = self._socket.recv(65536)
            if not data:
                if not received:
                    raise _ClosedAtOnce
                assert reader.ends_with_connection, f"cut short after {len(reader.answer.body)} bytes"
                self.close()
                return reader.answer
            received = True
            reader.feed(data)
        if not reader.keep_alive:
            self.close()
        return reader.answer


class _ClosedAtOnce(Exception):
    """The connection was closed before one byte of answer."""


class _Reader:
    """llhttp's response parser; an answer to HEAD ends with its head (RFC 9110 section 9.3.2)."""

    def __init__(self, *, head_only: bool) -> None:
        self.answer = RawAnswer()
        self.complete = False
        self.keep_alive = False
        self._head_only = head_only
        self._parser = httptools.HttpResponseParser(self)

    @property
    def ends_with_connection(self) -> bool:
        names = {name.lower() for name, _ in self.answer.headers}
        return self.answer.status > 0 and not names & {b"content-length", b"transfer-encoding"}

    def feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except _HeadIsAll:
            return
        except httptools.HttpParserCallbackError:
            if not self.complete:
                raise

    def on_message_begin(self) -> None:
        if self.answer.status:
            self.answer = RawAnswer(informational=[*self.answer.informational, self.answer.status])

    def on_status(self, reason: bytes) -> None:
        self.answer.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.answer.status = self._parser.get_status_code()
        self.answer.version = self._parser.get_http_version()
        if self._head_only and self.answer.status >= 200:
            self.keep_alive = self._parser.should_keep_alive()
            self.complete = True
            raise _HeadIsAll

    def on_body(self, body: bytes) -> None:
        self.answer.body += body

    def on_message_complete(self) -> None:
        if self.answer.status >= 200:
            self.keep_alive = self._parser.should_keep_alive()
            self.complete = True


class _HeadIsAll(Exception):
    """Stops the parser after the head of an answer to HEAD."""
