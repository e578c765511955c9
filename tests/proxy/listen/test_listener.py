"""The shared listening sockets, from a worker's side."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import pytest

from proxy.limits.shedding import Pressure
from proxy.listen.listener import Listener
from proxy.supervise.ports import Port, open_port
from tests.proxy.conftest import Origins, Proxies, Proxy, to_legacy
from tests.proxy.wire import Client, always, eventually, get, ok


@pytest.fixture
def port() -> Iterator[Port]:
    with contextlib.closing(open_port("127.0.0.1", 0, "--listen")) as opened:
        yield opened


@pytest.fixture
async def running(origin: Origins, proxy: Proxies) -> Proxy:
    return await proxy(to_legacy((await origin(always(ok()))).port))


def shared(port: Port) -> list[socket.socket]:
    """What a worker inherits: descriptors of its own for the same sockets."""
    copies = [one.dup() for one in port.sockets]
    for one in copies:
        one.setblocking(False)
    return copies


async def ask(port: Port) -> Client:
    """A new connection that has sent its request."""
    client = await Client.connect(port.port)
    await client.send(get(b"/", b"Connection: close"))
    return client


async def answered(client: Client) -> bool:
    answer = await client.read_to_end()
    await client.close()
    return answer.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.promise("C13")
async def test_a_worker_that_has_too_much_to_do_leaves_new_connections_to_the_others_and_then_goes_on(
    running: Proxy, port: Port
) -> None:
    listener = Listener(running.live, shared(port))
    listener.open()
    running.live.shedder.measure = lambda _: Pressure(loop=2.0)
    await eventually(lambda: running.live.shed)
    listener.tick()
    waiting = await ask(port)
    assert running.count("strangler_accept_pauses", reason="overload") == 1
    running.live.shedder.measure = lambda _: Pressure()
    await eventually(lambda: not running.live.shed)
    assert not running.live.clients
    listener.tick()
    assert await answered(waiting)
    await listener.close()


async def test_what_one_worker_leaves_waiting_another_one_takes(running: Proxy, port: Port) -> None:
    first = Listener(running.live, shared(port))
    first.open()
    assert await answered(await ask(port))
    await first.close()
    waiting = [await ask(port) for _ in range(20)]
    second = Listener(running.live, shared(port))
    second.open()
    assert all([await answered(client) for client in waiting])
    await second.close()


@pytest.mark.promise("O6")
async def test_who_is_in_the_queue_when_the_port_ends_is_still_answered(running: Proxy, port: Port) -> None:
    listener = Listener(running.live, shared(port))
    port.close()
    waiting = [await ask(port) for _ in range(40)]
    await listener.close(settle=0.01)  # it never accepted before
    assert all([await answered(client) for client in waiting])
    with pytest.raises(ConnectionRefusedError):
        await Client.connect(port.port)


@pytest.mark.promise("O8")
async def test_a_worker_with_as_many_clients_as_it_has_descriptors_for_lets_others_wait(
    running: Proxy, port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.listen.listener._most_clients", lambda: 2)
    listener = Listener(running.live, shared(port))
    listener.open()
    inside = [await Client.connect(port.port) for _ in range(2)]
    await eventually(lambda: len(running.live.clients) == 2)
    waiting = await ask(port)
    await eventually(lambda: running.count("strangler_accept_pauses", reason="clients") == 1)
    listener.tick()
    assert len(running.live.clients) == 2
    await inside[0].send(get())
    assert (await inside[0].read_answer())[0] == 200  # who is inside goes on
    await inside[0].close()
    await eventually(lambda: len(running.live.clients) == 1)
    listener.tick()
    assert await answered(waiting)
    await inside[1].close()
    await listener.close()


class Failing(socket.socket):
    """Fails as a process does that has no file descriptors left."""

    failures = 0

    def accept(self) -> tuple[socket.socket, object]:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@pytest.mark.promise("O8")
async def test_a_failing_accept_is_not_tried_again_before_the_next_tick(
    running: Proxy, port: Port, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(fileno=port.sockets[0].dup().detach())
    failing.setblocking(False)
    failing.failures = 2
    listener = Listener(running.live, [failing])
    listener.open()
    waiting = await ask(port)
    for pauses in (1, 2):
        await eventually(lambda pauses=pauses: running.count("strangler_accept_pauses", reason="error") == pauses)
        for _ in range(100):
            await asyncio.sleep(0)
        assert failing.failures == 2 - pauses
        listener.tick()
    assert await answered(waiting)
    assert [record.message for record in caplog.records].count("accepting pauses; new connections wait") == 1
    await listener.close()
