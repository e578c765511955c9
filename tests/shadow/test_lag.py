"""The loop's own lateness."""

import asyncio
import contextlib
import time

from shadow.lag import TOLERATED_SECONDS, Lag
from tests.shadow.tap import until


async def test_a_loop_that_was_kept_busy_is_late_and_recovers() -> None:
    lag = Lag()
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - keeping the loop busy is the point
    await until(lambda: lag.seconds > 0.1)
    assert lag.spoils(0.5)
    assert not lag.spoils(100.0)
    await until(lambda: not lag.spoils(0.5))
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


def test_a_little_lateness_spoils_nothing() -> None:
    lag = Lag()
    lag.seconds = TOLERATED_SECONDS
    assert not lag.spoils(0.0)
    lag.seconds = TOLERATED_SECONDS * 2
    assert lag.spoils(0.001)
    assert not lag.spoils(10.0)
