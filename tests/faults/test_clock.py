"""The wall clock jumps under a running instance, which libfaketime does; the monotonic clock does not, as in a real jump."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest

from bench.programs import require
from tests.faults.conftest import ROUNDS
from tests.faults.site import Users, assert_sound, order, site, stream, table
from tests.integration.instance import Instance
from tests.integration.test_faults import until
from tests.proxy.wire import Client, Origin, get

JUMPS = ("+1h", "-1h", "+0", "+25h", "-30m")


@pytest.fixture(scope="session")
def faketime() -> Path:
    """The library, from the Debian package faketime."""
    require({"faketime": "faketime"})
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@pytest.mark.promise("O10")
async def test_no_jump_of_the_wall_clock_times_anything_out_or_makes_time_negative(
    tmp_path: Path, dice: random.Random, faketime: Path
) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    environment = {
        "LD_PRELOAD": str(faketime), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    async with Origin(site) as legacy, Origin(site) as orders:
        (tmp_path / "routes.yaml").write_text(table(legacy.port, orders.port))
        running = Instance(tmp_path, ["--config", "routes.yaml", "--log-format", "json"], environment)
        try:
            await asyncio.to_thread(running.wait_ready)
            idle = await Client.connect(running.port)
            await idle.send(get(b"/orders/9"))
            assert (await idle.read_answer())[0] == 200
            users = Users(running.port)
            for kind, count in ((order, 4), (stream, 3)):
                users.come(kind, count)
            for _ in range(ROUNDS):
                offset.write_text(dice.choice(JUMPS))
                await users.more(60)
            offset.write_text("+1h")
            await users.more(60)
            await users.leave()
            assert users.failures == []
            await idle.send(get(b"/orders/9"))  # no deadline of an idle connection came early
            assert (await idle.read_answer())[0] == 200
            await idle.close()
            assert all(process["restarts"] == 0 for process in running.status()["processes"])

            def accounted() -> bool:
                route = running.report()["orders"]
                return bool(
                    route["seen"]
                    == users.orders + 2
                    == sum(route["outcomes"].values()) + sum(route["skipped"].values())
                )

            await until(accounted, "some requests have no outcome and no reason")
        finally:
            assert await asyncio.to_thread(running.end) == 0
        lines = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
        assert len({line["time"][:13] for line in lines}) > 1  # the clock did jump
        requests = [line for line in lines if line["event"] == "request"]
        assert min(line["duration_ms"] for line in requests) >= 0
        assert max(line["duration_ms"] for line in requests) < 10_000
        assert_sound(tmp_path / "strangler.db")
