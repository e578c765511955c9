"""Latencies that do not depend on when we come to look: a server in another thread, and a loop that is kept busy."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable

import pytest
import uvloop

from proxy.model.message import RequestHead
from shadow.copy import copy_of
from shadow.model import Answer
from shadow.on_the_wire import seconds_on_the_wire
from shadow.replay import Replayer

ANSWERS_AFTER = 0.05
LOOKS_AFTER = 0.4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when bytes came")


def answers_late(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65_536)
        time.sleep(ANSWERS_AFTER)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.recv(1)  # until the client goes


async def kept_busy() -> None:
    """Whoever waits for an answer is not woken meanwhile."""
    await asyncio.sleep(ANSWERS_AFTER / 5)  # the request is on its way
    time.sleep(LOOKS_AFTER)  # noqa: ASYNC251 - keeping the loop busy is the point


async def ask(port: int) -> Answer:
    async with Replayer.open() as replayer:
        copy = copy_of(RequestHead.from_headers(b"GET", b"/", [(b"Host", b"shop")]), b"")
        result, _ = await asyncio.gather(
            replayer.send(copy, (f"http://127.0.0.1:{port}",), timeout=5, max_answer=100), kept_busy()
        )
    assert isinstance(result, Answer)
    return result


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_answer_that_we_read_late_is_as_fast_as_the_kernel_says(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=answers_late, args=(listening,))
        server.start()
        with asyncio.Runner(loop_factory=loop) as runner:
            answer = runner.run(ask(listening.getsockname()[1]))
        server.join()
    assert answer.first_byte > LOOKS_AFTER
    assert answer.on_the_wire is not None
    # A tick of the kernel's clock is 10 ms at most, and the server's own sleep may last longer on a busy machine.
    assert ANSWERS_AFTER - 0.02 <= answer.on_the_wire < answer.first_byte - LOOKS_AFTER / 4


async def test_a_unix_socket_has_no_such_clock() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        _reader, writer = await asyncio.open_connection(sock=ours)
        assert seconds_on_the_wire(writer.transport) is None
        writer.close()
        await writer.wait_closed()


def test_a_connection_that_is_gone_tells_nothing() -> None:
    assert seconds_on_the_wire(None) is None
