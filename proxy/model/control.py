"""The control channel: JSON lines between the supervisor and each of its children, over a Unix socket pair.

    supervisor -> child   {"type": "table", "version": N, "source": PATH, "text": YAML or null without a file, "table": see ``packed``}
                          {"type": "certificates", "files": {PATH: PEM}, "names": {PATH: [HOST, ...]}}
                                                                      proxy only: what the next table's ``listen.tls`` names, or new files
                          {"type": "drain", "grace": SECONDS, "last": whether nobody will listen on our sockets any more}
                          {"type": "status", ...}                     console only: the whole status document
    child -> supervisor   {"type": "ready", "table_version": N}       serving, with that table
                          {"type": "rejected", "table_version": N, "reason": TEXT}
                          {"type": "beat"}                          our event loop turns; see ``supervise/silence.py``
                          {"type": "reload", "by": NAME, "reason": TEXT, "hash": HASH or null}
                                                                      console only: somebody asked for a reload; the rest only if it was
                                                                      because of a change, with the hash of the text that is meant

The end of the channel means that the other side is gone; a child then ends by itself, so that no orphan is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import threading
import time
from typing import Any, Self

FD_VARIABLE = "STRANGLER_CONTROL_FD"
INDEX_VARIABLE = "STRANGLER_INDEX"

MAX_LINE = 16 * 1024 * 1024
"""Bytes of one message. The text of a table has at most 4 MiB, and JSON writes no three bytes of UTF-8 as more than six."""

MAX_WAITING = 2 * MAX_LINE
"""Bytes kept for a peer that does not read. Past it the peer is stuck and the channel is given up."""

ORPHAN_SECONDS = 10.0
"""How long a child may outlive its supervisor. It should end by itself long before."""


BEAT_SECONDS = 0.5


class BrokenMessage(ValueError):
    """The line is not a message."""


def encode(message: dict[str, Any]) -> bytes:
    """One line. Raises BrokenMessage if it would be too long for the reader."""
    line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    if len(line) > MAX_LINE:
        raise BrokenMessage(f"a message of {len(line)} bytes, more than {MAX_LINE}")
    return line


def decode(line: bytes) -> dict[str, Any]:
    """The inverse of ``encode``. Raises BrokenMessage."""
    try:
        message = json.loads(line)
    except ValueError as error:
        raise BrokenMessage(f"not JSON: {error}") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise BrokenMessage("not an object with a type")
    return message


class ControlChannel:
    """One end of a channel. Iterate over it for messages; the iteration ends when the other side is gone.

    ``send`` never waits and never fails: what cannot be sent any more has nobody to read it.
    """

    __slots__ = ("_reader", "_writer")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls) -> Self:
        """The child's end: the socket that the supervisor left open for us. Raises KeyError when there is none."""
        descriptor = int(os.environ[FD_VARIABLE])
        os.set_inheritable(descriptor, False)
        _end_with_the_supervisor(descriptor)
        return await cls.over(socket.socket(fileno=descriptor))

    @classmethod
    async def over(cls, end: socket.socket) -> Self:
        """One end of a socket pair; the channel owns it from now on."""
        end.setblocking(False)
        return cls(*await asyncio.open_unix_connection(sock=end, limit=MAX_LINE))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        try:
            line = await self._reader.readline()
        except ConnectionError:
            line = b""
        except ValueError as error:
            raise BrokenMessage(f"a line of more than {MAX_LINE} bytes") from error
        if not line.endswith(b"\n"):  # the other side died, perhaps in the middle of a line
            raise StopAsyncIteration
        return decode(line)

    def send(self, message: dict[str, Any]) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_WAITING:
            transport.abort()
            return
        self._writer.write(encode(message))

    async def beat(self) -> None:
        """Say again and again that our loop turns, until cancelled."""
        while True:
            self.send({"type": "beat"})
            await asyncio.sleep(BEAT_SECONDS)

    def close(self) -> None:
        """Send what is waiting, then end the channel."""
        self._writer.close()


def _end_with_the_supervisor(descriptor: int) -> None:
    """The last resort against orphans: a child whose loop is stuck never sees the end of its channel, this thread does.

    Not PR_SET_PDEATHSIG: the kernel would strike at once, in the middle of requests that could still be finished.
    """
    watched = os.dup(descriptor)

    def wait_for_the_end() -> None:
        poll = select.poll()
        poll.register(watched, 0)  # a hang-up is reported without being asked for
        poll.poll()
        time.sleep(ORPHAN_SECONDS)
        os._exit(1)

    threading.Thread(target=wait_for_the_end, name="orphan-guard", daemon=True).start()
