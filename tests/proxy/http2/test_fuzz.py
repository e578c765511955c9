"""Valid traffic, mutated: whatever comes, nothing escapes, nothing is left over, and no backend sees a request that nobody made."""

from __future__ import annotations

import asyncio
import random

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from proxy.http2.preface import PREFACE
from tests.proxy.conftest import Origins, to_legacy
from tests.proxy.http2.conftest import Http2Proxies
from tests.proxy.http2.test_floods import headers, unknown
from tests.proxy.wire import Client, OriginConnection, eventually, ok

ROUNDS = 150


def some_frames(dice: random.Random) -> list[Frame]:
    """A conversation: requests with bodies, and everything else that frames can be, on streams that exist and that do not."""
    stream = 1
    frames: list[Frame] = [SettingsFrame(0, {4: dice.choice([0, 100, 65535])})]
    for _ in range(dice.randrange(1, 12)):
        on = dice.choice([stream, stream, max(1, stream - 2), stream + 2, 0, 2])
        match dice.randrange(10):
            case 0 | 1:
                frames.append(headers(stream))
                stream += 2
            case 2:
                frames += [headers(stream, flags=("END_HEADERS",), method=b"POST"), DataFrame(stream, b"abc")]
                frames.append(DataFrame(stream, b"d" * dice.randrange(100), flags=("END_STREAM",)))
                stream += 2
            case 3:
                frames.append(DataFrame(on or 1, b"x", flags=dice.choice([(), ("END_STREAM",)])))
            case 4:
                frames.append(RstStreamFrame(on or 1, 8))
            case 5:
                frames.append(WindowUpdateFrame(on, dice.choice([1, 2**31 - 1])))
            case 6:
                frames.append(PingFrame(0, b"12345678"))
            case 7:
                frames.append(PriorityFrame(on or 1, depends_on=0))
            case 8:
                frames.append(HeadersFrame(on or 1, data=b"\x82\x84", flags=dice.choice([(), ("END_HEADERS",)])))
            case _:
                frames.append(dice.choice([unknown(b"x"), ContinuationFrame(on or 1, b"\x82")]))
    return frames


def mutated(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice([0, 0, 1, 2, 5])):
        at = dice.randrange(len(changed))
        changed[at] = dice.choice([dice.randrange(256), changed[at] ^ 1 << dice.randrange(8)])
    return bytes(changed)


async def whole_requests(connection: OriginConnection) -> None:
    """Answers each request that is whole, and remembers what it was."""
    while True:
        head = await connection.read_head()
        if b"chunked" in head:
            await connection.read_until(b"0\r\n\r\n")
        await connection.send(ok())


@pytest.mark.parametrize("seed", range(4))
async def test_mutated_traffic_harms_nobody(
    origin: Origins, http2: Http2Proxies, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    dice = random.Random(seed)
    backend = await origin(whole_requests)
    both = await http2(to_legacy(backend.port))
    frames = 0
    for _ in range(ROUNDS):
        conversation = some_frames(dice)
        frames += len(conversation)
        data = PREFACE + mutated(b"".join(frame.serialize() for frame in conversation), dice)
        client = await Client.connect(both.port)
        cut = dice.randrange(len(data))
        client.writer.write(data[:cut])
        await asyncio.sleep(0)
        client.writer.write(data[cut:])
        if dice.randrange(2):
            client.writer.write_eof()
        else:
            client.writer.transport.abort()
        await client.read_to_end()
        await client.close()
    await eventually(lambda: not both.running.live.clients and not both.running.live.streams)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(backend.heads) <= frames
    assert all(head.lower().count(b"\r\nhost: ") == 1 for head in backend.heads)
