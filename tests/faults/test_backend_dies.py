"""A backend that dies at any byte of its answer, in any way: the client sees an error or a cut, never a clean end."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass
from pathlib import Path

import httptools
import pytest

from tests.faults.conftest import ROUNDS
from tests.integration.test_faults import instance
from tests.proxy.wire import Client, Origin, OriginConnection, get

BODY = b"0123456789" * 40
BY_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
BY_CHUNKS = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
    b"%x\r\n%b\r\n" % (len(BODY) // 4, BODY[at : at + len(BODY) // 4]) for at in range(0, len(BODY), len(BODY) // 4)
)
ANSWERS = {b"length": BY_LENGTH, b"chunks": BY_CHUNKS + b"0\r\n\r\n"}
EACH = 3
"""Requests of one kind in one round."""


async def dying(connection: OriginConnection) -> None:
    """Does what the request's path asks for: /FRAMING/HOW/BYTES."""
    head = await connection.read_head()
    match = re.match(rb"GET /(\w+)/(\w+)/(\d+) ", head)
    assert match is not None
    await connection.send(ANSWERS[match[1]][: int(match[3])])
    if match[2] == b"reset":
        await asyncio.sleep(0)
        connection.reset()
    elif match[2] == b"half":
        connection.writer.write_eof()
        await connection.reader.read()


@dataclass
class Seen:
    """What a client that knows HTTP makes of the bytes that came."""

    status: int = 0
    body: bytes = b""
    clean: bool = False

    def __post_init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)

    def on_headers_complete(self) -> None:
        self.status = self.parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        self.body += part

    def on_message_complete(self) -> None:
        self.clean = True


async def seen(port: int, path: bytes) -> Seen:
    client = await Client.connect(port)
    await client.send(get(path, b"Connection: close"))
    received = await client.read_to_end()
    await client.close()
    found = Seen()
    found.parser.feed_data(received)
    return found


def judge(answer: Seen, how: bytes, cut: int, framing: bytes) -> None:
    """An error, or visibly cut; a reset may overtake what was sent before it."""
    whole = ANSWERS[framing]
    head_ends = whole.index(b"\r\n\r\n") + 4
    told = f"{framing!r} {how!r} cut at {cut} of {len(whole)}, the head has {head_ends}: {answer}"
    if answer.clean:
        assert answer.status == 502, told
        assert cut < head_ends or how == b"reset", told
    else:
        assert cut >= head_ends, told
        assert answer.status == 200, told
        assert BODY.startswith(answer.body), told


@pytest.mark.promise("U7", "U8", "U10")
async def test_an_answer_cut_at_any_byte_never_ends_cleanly(tmp_path: Path, dice: random.Random) -> None:
    async with (
        Origin(dying) as legacy,
        instance(
            tmp_path, f"version: 1\nbackends: {{ legacy: {{ url: 'http://127.0.0.1:{legacy.port}' }} }}\n"
        ) as running,
    ):
        for _ in range(ROUNDS):
            for framing, whole in ANSWERS.items():
                head_ends = whole.index(b"\r\n\r\n") + 4
                cuts = [
                    (how, dice.randrange(*part))
                    for how in (b"close", b"reset", b"half")
                    for part in ((0, head_ends), (head_ends, len(whole)))
                    for _ in range(EACH)
                ]
                answers = await asyncio.gather(
                    *[seen(running.port, b"/%b/%b/%d" % (framing, how, cut)) for how, cut in cuts]
                )
                for (how, cut), answer in zip(cuts, answers, strict=True):
                    judge(answer, how, cut, framing)
                good = await seen(running.port, b"/%b/close/%d" % (framing, len(whole)))
                assert (good.status, good.body, good.clean) == (200, BODY, True)
