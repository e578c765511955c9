"""Both sides of a hand-over, over the real socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from proxy.model.settings import Settings
from proxy.supervise import take_over
from proxy.supervise.cannot_start import CannotStart
from proxy.supervise.ports import Port, open_port
from proxy.supervise.take_over import Predecessor, find_predecessor, offer


@pytest.fixture
def ports() -> Iterator[dict[str, Port]]:
    with (
        contextlib.closing(open_port("127.0.0.1", 0, "--listen")) as data,
        contextlib.closing(open_port("127.0.0.1", 0, "--admin")) as admin,
    ):
        yield {"data": data, "admin": admin}


class Old:
    """The instance that serves."""

    def __init__(self, ports: dict[str, Port]) -> None:
        self.settings = Settings(listen_port=ports["data"].port)
        self.relieved = asyncio.Event()
        self.console_gone = asyncio.Event()
        self.offering = asyncio.create_task(offer(self.settings, ports, self._relieve))

    async def _relieve(self) -> None:
        self.relieved.set()
        await self.console_gone.wait()

    async def found(self) -> Predecessor | None:
        await asyncio.sleep(0)  # the offer has begun
        return await asyncio.to_thread(find_predecessor, self.settings.listen_host, self.settings.listen_port)


def close(predecessor: Predecessor) -> None:
    predecessor.link.close()
    for port in predecessor.ports.values():
        port.close()


async def test_the_sockets_are_the_same_ones_and_the_end_has_an_order(ports: dict[str, Port]) -> None:
    old = Old(ports)
    new = await old.found()
    assert new is not None
    assert {kind: port.port for kind, port in new.ports.items()} == {kind: port.port for kind, port in ports.items()}
    relieving = asyncio.create_task(new.relieve())
    await asyncio.wait_for(old.relieved.wait(), 5.0)
    assert not relieving.done()
    assert await old.found() is None  # the name is free for the new one
    old.console_gone.set()
    await asyncio.wait_for(relieving, 5.0)
    await asyncio.wait_for(old.offering, 5.0)
    for port in ports.values():
        port.close()
    with socket.create_connection(("127.0.0.1", new.ports["data"].port), timeout=5.0):
        pass
    close(new)


async def test_a_successor_that_gives_up_leaves_everything_as_it_was(ports: dict[str, Port]) -> None:
    old = Old(ports)
    for _ in range(2):
        new = await old.found()
        assert new is not None
        close(new)
    assert not old.relieved.is_set()
    old.offering.cancel()


async def test_while_one_takes_over_another_one_is_told_so(
    ports: dict[str, Port], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Old(ports)
    first = await old.found()
    assert first is not None
    monkeypatch.setattr(take_over, "ANSWER_SECONDS", 0.1)
    with pytest.raises(CannotStart, match=r"did not answer within 0\.1 s; perhaps another one is taking it over"):
        await old.found()
    close(first)
    old.offering.cancel()


async def test_a_stranger_gets_nothing(ports: dict[str, Port], monkeypatch: pytest.MonkeyPatch) -> None:
    old = Old(ports)
    monkeypatch.setattr(take_over, "_is_ours", lambda _link: False)
    with pytest.raises(CannotStart, match="it belongs to another user"):
        await old.found()
    assert not old.relieved.is_set()
    old.offering.cancel()


async def test_whoever_died_while_relieved_counts_as_gone(ports: dict[str, Port]) -> None:
    old = Old(ports)
    new = await old.found()
    assert new is not None
    relieving = asyncio.create_task(new.relieve())
    await asyncio.wait_for(old.relieved.wait(), 5.0)
    old.offering.cancel()
    await asyncio.wait_for(relieving, 5.0)
    close(new)


def test_nobody_is_there() -> None:
    assert find_predecessor("127.0.0.1", 1) is None
