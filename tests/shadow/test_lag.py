"""The loop's own lateness."""

import asyncio
import contextlib
import time

import pytest

from shadow.lag import TOLERATED_SECONDS, Lag
from shadow.model import Answer
from shadow.pairing import _milliseconds
from tests.shadow.tap import until


async def test_a_loop_that_was_kept_busy_is_late_and_recovers() -> None:
    lag = Lag()
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - keeping the loop busy is the point
    await until(lambda: lag.seconds > 0.1)
    assert lag.counted(0.5, None) is None
    assert lag.counted(100.0, None) == 100.0
    await until(lambda: lag.counted(0.5, None) == 0.5)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


def test_a_little_lateness_spoils_nothing() -> None:
    lag = Lag()
    lag.seconds = TOLERATED_SECONDS
    assert lag.counted(0.0, None) == 0.0
    lag.seconds = TOLERATED_SECONDS * 2
    assert lag.counted(0.001, None) is None
    assert lag.counted(10.0, None) == 10.0


@pytest.mark.parametrize(
    ("on_the_wire", "counts"),
    [
        (0.05, 0.05),  # we came 350 ms late
        (0.364, 0.4),  # the kernel's clock is coarser than a tenth
        (0.404, 0.4),
    ],
)
@pytest.mark.parametrize("late", [0.0, 0.35])
def test_where_the_kernel_tells_its_word_counts_against_ours_if_we_read_the_answer_late(
    late: float, on_the_wire: float, counts: float
) -> None:
    lag = Lag()
    lag.seconds = late
    assert lag.counted(0.4, on_the_wire) == counts


@pytest.mark.parametrize(("measured_here", "counts"), [(True, 50.0), (False, 400.0)])
def test_what_the_proxy_measured_counts_as_it_is(measured_here: bool, counts: float) -> None:
    answer = Answer(200, [], b"", first_byte=0.4, total=0.5, on_the_wire=0.05)
    assert _milliseconds(answer, measured_here=measured_here, lag=Lag()) == counts
