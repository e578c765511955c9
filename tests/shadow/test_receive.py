"""The receiving end of the tap, over a real socket."""

from __future__ import annotations

import asyncio
import socket
import stat
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from proxy.model.exchange import Exchange
from proxy.model.frames import Kind, encode
from proxy.model.plan import Plan
from shadow.inbox import Receipt
from shadow.receive import Counts, Receiver
from tests.shadow.tap import TapClient, exchange_of, plan_for, until


class Desk:
    """An intake that notes what it is given."""

    def __init__(self) -> None:
        self.plans: list[dict[str, Plan]] = []
        self.exchanges: list[tuple[Exchange, Plan | None, Receipt]] = []
        self.counts: list[tuple[str, Counts, dict[str, Plan]]] = []

    def take_plans(self, plans: dict[str, Plan]) -> None:
        self.plans.append(plans)

    def take_exchange(self, exchange: Exchange, plan: Plan | None, size: int, receipt: Receipt) -> None:
        assert size > len(exchange.answer_body)
        self.exchanges.append((exchange, plan, receipt))

    def take_counts(self, source: str, counts: Counts, plans: dict[str, Plan]) -> None:
        self.counts.append((source, counts, plans))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def path(desk: Desk, tmp_path: Path) -> AsyncIterator[Path]:
    receiver = Receiver(tmp_path / "tap.sock", desk)
    await receiver.start()
    yield tmp_path / "tap.sock"
    receiver.close()
    await receiver.finish(1)


async def test_what_workers_send_arrives_and_receipts_go_back_together(desk: Desk, path: Path) -> None:
    one, two = await TapClient.connect(path), await TapClient.connect(path)
    plan = plan_for("http://a", "http://b")
    sent = [exchange_of(answer=b"x" * 300_000), exchange_of()]
    one.plans(plan)
    for exchange in sent:
        one.exchange(exchange)
    one.counts({"orders": {"seen": 3}})
    two.exchange(exchange_of())
    await until(lambda: len(desk.exchanges) == 3 and desk.counts)
    assert desk.plans == [{"orders": plan}]
    assert desk.counts == [("proxy-0-1", {"orders": {"seen": 3}}, {"orders": plan})]
    assert [exchange for exchange, found, _ in desk.exchanges if found == plan] == sent
    for _, _, receipt in desk.exchanges:
        receipt.dealt_with(1)
    await one.receipts(2)
    await two.receipts(1)
    await one.close()
    await two.close()


async def test_each_exchange_gets_the_plan_it_was_captured_under(desk: Desk, path: Path) -> None:
    tap = await TapClient.connect(path)
    for version in (1, 2, 3):
        tap.plans(plan_for("http://a", "http://b", table_version=version))
    for version in (3, 2, 1):
        tap.exchange(exchange_of(table_version=version))
    tap.exchange(exchange_of(route="unknown"))
    await until(lambda: len(desk.exchanges) == 4)
    assert [plan and plan.table_version for _, plan, _ in desk.exchanges] == [3, 2, 3, None]
    await tap.close()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">IB", 0xFFFFFFFF, 2),
        struct.pack(">IB", 1, 99),
        encode(Kind.DONE, b"\0" * 8),
        encode(Kind.PLANS, b"{"),
        encode(Kind.PLANS, b'[{"route": 1}]'),
        encode(Kind.PLANS, b"7"),
        encode(Kind.EXCHANGE, b"short"),
        encode(Kind.EXCHANGE, struct.pack(">5I", 2, 0, 0, 0, 0) + b"{}"),
        encode(Kind.COUNTS, b'{"source": "a", "counts": {"r": {"n": "many"}}}'),
        encode(Kind.COUNTS, b"[]"),
        encode(Kind.COUNTS, b"\xff"),
    ],
)
async def test_a_broken_frame_closes_its_connection_and_no_other(desk: Desk, path: Path, data: bytes) -> None:
    broken, sound = await TapClient.connect(path), await TapClient.connect(path)
    broken.write(data)
    assert await broken.ended() == b""
    sound.exchange(exchange_of())
    await until(lambda: desk.exchanges)
    await broken.close()
    await sound.close()


async def test_a_receipt_for_a_worker_that_is_gone_is_no_error(desk: Desk, path: Path) -> None:
    tap = await TapClient.connect(path)
    tap.exchange(exchange_of())
    await until(lambda: desk.exchanges)
    await tap.close()
    receipt = desk.exchanges[0][2]
    receipt.dealt_with(1)
    await asyncio.sleep(0)
    receipt.dealt_with(1)


async def test_the_socket_is_private_and_a_stale_one_is_replaced(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "tap.sock"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    receiver = Receiver(path, desk)
    await receiver.start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    tap = await TapClient.connect(path)
    await tap.close()
    await receiver.finish(1)
    receiver.close()


async def test_a_file_that_is_no_socket_is_not_removed(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "tap.sock"
    path.write_text("somebody's")
    with pytest.raises(OSError, match="in use"):
        await Receiver(path, desk).start()
    assert path.read_text() == "somebody's"


async def test_a_path_too_long_for_a_socket_says_what_to_do(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    with pytest.raises(OSError, match="choose a shorter run directory"):
        await Receiver(folder / "tap.sock", desk).start()


async def test_finishing_reads_what_a_closing_worker_has_sent(desk: Desk, tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "tap.sock", desk)
    await receiver.start()
    leaving, staying = [await TapClient.connect(tmp_path / "tap.sock") for _ in range(2)]
    for tap in (leaving, staying):
        tap.plans()
    await until(lambda: len(desk.plans) == 2)
    for _ in range(200):
        leaving.exchange(exchange_of(answer=b"x" * 10_000))
    closing = asyncio.create_task(leaving.close())
    await receiver.finish(0.2)
    assert len(desk.exchanges) == 200
    receiver.close()
    assert await staying.ended() == b"\0\0\0\x09\x04" + b"\0" * 8, "the last receipt, then the end"
    await closing
    await staying.close()
