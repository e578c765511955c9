"""Tables that come whole, in halves, in place, good and bad, while users, streams and tunnels go on."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults.conftest import ROUNDS
from tests.faults.site import Users, order, single_order, site, stream, table, upload
from tests.integration.instance import Instance
from tests.integration.test_faults import instance, until
from tests.proxy.wire import Client, Origin, get

BAD = (
    "version: 1\nbackends: {}\n",
    "not: [closed",
    "",
    "version: 1\nbackends: { legacy: { url: 'http://127.0.0.1:1' } }\nroutes: [{ name: x, match: { path: / }, backend: nobody }]\n",
)


async def version(running: Instance) -> int:
    return int((await asyncio.to_thread(running.status))["table_version"])


@pytest.mark.promise("O4", "O5")
async def test_no_reload_of_any_kind_fails_a_request_and_only_whole_good_tables_come_into_force(
    tmp_path: Path, dice: random.Random
) -> None:
    path = tmp_path / "routes.yaml"
    async with (
        Origin(site) as legacy,
        Origin(site) as orders,
        instance(tmp_path, table(legacy.port, orders.port, sample="0%"), "--workers", "2") as running,
    ):
        tunnel = await Client.connect(running.port)
        await tunnel.send(get(b"/tunnel", b"Connection: Upgrade", b"Upgrade: echo"))
        assert (await tunnel.read_head()).startswith(b"HTTP/1.1 101 ")
        users = Users(running.port)
        for kind, count in ((order, 3), (single_order, 1), (stream, 2), (upload, 1)):
            users.come(kind, count)
        for number in range(ROUNDS):
            weights = ((100, 0), (0, 100))[number % 2]
            good = table(legacy.port, orders.port, weights=weights, sample="0%") + f"# {number}\n"
            before = await version(running)
            path.write_text(dice.choice(BAD))  # a bad one
            await until(lambda: running.status()["table"]["error"] is not None, "the bad table was not noticed")
            assert await version(running) == before
            assert running.admin("/readyz")[0] == 200
            half = good[: dice.randrange(len("version: 1\nbackends:\n"))]  # a half, which is never a whole
            path.write_text(half)
            await asyncio.sleep(dice.random() * 0.4)
            if number % 3 == 0:  # completed in place, byte for byte
                with path.open("a") as file:
                    file.write(good[len(half) :])
            else:
                other = path.with_suffix(".new")
                other.write_text(good)
                other.replace(path)
            await until(
                lambda before=before: (
                    running.status()["table_version"] > before
                    and all(p["table_version"] > before for p in running.status()["processes"] if p["role"] == "proxy")
                ),
                "the good table was not taken",
            )
            asked = {origin: len(origin.heads) for origin in (legacy, orders)}
            await users.more(20)
            right, wrong = (legacy, orders) if weights[0] else (orders, legacy)
            assert sum(b"/orders/" in head for head in right.heads[asked[right] :])
            late = sum(b"/orders/" in head for head in wrong.heads[asked[wrong] :])
            assert late <= 4, f"round {number}: {late} orders went to the side of the table before"
            await tunnel.send(b"round %d" % number)
            assert await tunnel.read_exactly(len(b"round %d" % number)) == b"round %d" % number
        await users.leave()
        assert users.failures == []
        await tunnel.close()
