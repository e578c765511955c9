"""Both ends of the wire as raw bytes: an origin that says what a test tells it to, and a client that sends what it is given."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

PATIENCE = 10.0
"""Seconds until a wait is a failure; a passing test never waits this long."""

Handler = Callable[["OriginConnection"], Awaitable[None]]


@dataclass
class OriginConnection:
    """One connection that the proxy made to the origin."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    heads: list[bytes] = field(default_factory=list)

    async def read_head(self) -> bytes:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        self.heads.append(head)
        return head

    async def read_exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), PATIENCE)

    async def read_until(self, end: bytes) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(end), PATIENCE)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def ended(self) -> bool:
        """Whether the proxy has closed or reset it, as far as was read."""
        return self.reader.at_eof() or self.reader.exception() is not None

    def reset(self) -> None:
        """Close with RST, as a crashed process or a firewall does."""
        reset = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        self.writer.transport.abort()


class Origin:
    """A backend made of raw bytes. ``heads`` are all request heads it was sent, ``connections`` how many were made."""

    def __init__(
        self, handler: Handler, *, host: str = "127.0.0.1", socket: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._handler = handler
        self._host = host
        self._socket = socket
        self._tls = tls
        self._server: asyncio.Server | None = None
        self.connections: list[OriginConnection] = []
        self.errors: list[BaseException] = []

    @property
    def heads(self) -> list[bytes]:
        return [head for connection in self.connections for head in connection.heads]

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        if self._socket is not None:
            self._server = await asyncio.start_unix_server(self._serve, self._socket, limit=2**20)
        else:
            self._server = await asyncio.start_server(self._serve, self._host, 0, limit=2**20, ssl=self._tls)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = OriginConnection(reader, writer, len(self.connections))
        self.connections.append(connection)
        try:
            await self._handler(connection)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except (TimeoutError, AssertionError) as error:
            self.errors.append(error)
        finally:
            writer.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self.connections:
            # Python 3.11.2 says AttributeError of a connection that its TLS has let go of already.
            with contextlib.suppress(AttributeError):
                connection.writer.transport.abort()
        assert not self.errors, self.errors


def answering(*answers: bytes) -> Handler:
    """Read one head (no body) for each answer and send it; then keep the connection open until the proxy closes it."""

    async def handler(connection: OriginConnection) -> None:
        for answer in answers:
            await connection.read_head()
            await connection.send(answer)
        await connection.reader.read()

    return handler


def always(answer: bytes) -> Handler:
    async def handler(connection: OriginConnection) -> None:
        while True:
            await connection.read_head()
            await connection.send(answer)

    return handler


def ok(body: bytes = b"hello", *lines: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in (b"HTTP/1.1 200 OK", *lines, b"Content-Length: %d" % len(body)))
    return head + b"\r\n" + body


class Client:
    """A client that sends bytes and reads bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, context: ssl.SSLContext | None = None, name: str = "example.com") -> Client:
        tls = {"ssl": context, "server_hostname": name} if context is not None else {}
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**16, **tls))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read_head(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)

    async def read_exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), PATIENCE)

    async def read_to_end(self) -> bytes:
        """Everything until the proxy closes; a reset ends it too."""
        received = b""
        try:
            while data := await asyncio.wait_for(self.reader.read(2**16), PATIENCE):
                received += data
        except ConnectionError:
            pass
        return received

    async def read_answer(self) -> tuple[int, bytes, bytes]:
        """One whole answer with Content-Length or chunks: status, head, body."""
        head = await self.read_head()
        status = int(head.split(b" ", 2)[1])
        length = re.search(rb"(?im)^content-length: (\d+)", head)
        if re.search(rb"(?im)^transfer-encoding: chunked", head):
            return status, head, await self._read_chunks()
        return status, head, await self.read_exactly(int(length[1])) if length else b""

    async def _read_chunks(self) -> bytes:
        body = b""
        while True:
            line = await asyncio.wait_for(self.reader.readuntil(b"\r\n"), PATIENCE)
            size = int(line.split(b";")[0], 16)
            if size == 0:
                await asyncio.wait_for(self.reader.readuntil(b"\r\n"), PATIENCE)
                return body
            body += await self.read_exactly(size)
            assert await self.read_exactly(2) == b"\r\n"

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


def get(path: bytes = b"/", *lines: bytes, method: bytes = b"GET") -> bytes:
    return (
        b"".join(line + b"\r\n" for line in (method + b" " + path + b" HTTP/1.1", b"Host: example.com", *lines))
        + b"\r\n"
    )


async def eventually(condition: Callable[[], object], what: str = "") -> None:
    """Wait until ``condition`` holds; fail with ``what`` when patience ends."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, what or "the condition never held"
        await asyncio.sleep(0.005)
