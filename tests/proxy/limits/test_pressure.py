"""Pressure is the share of what the table allows."""

from __future__ import annotations

import pytest

from proxy.limits.pressure import GIVEN_BACK_SECONDS, GIVEN_BACK_SHARE, Gauge
from proxy.limits.shedding import SAMPLES, Ladder, Step
from tests.proxy.conftest import Origins, Proxies, to_legacy
from tests.proxy.wire import always, eventually, get, ok

LIMITS = "overload: { loop_lag: 200ms, memory: 100MiB }\nlimits: { connections: 8 }\n"
MIB = 1024 * 1024


async def gauge(origin: Origins, proxy: Proxies) -> Gauge:
    backend = await origin(always(ok()))
    running = await proxy(to_legacy(backend.port, LIMITS))
    for _ in range(2):
        client = await running.connect()
        await client.send(get())
        await client.read_answer()
    await eventually(lambda: len(running.live.clients) == 2)
    running.live.now = 0.0
    return Gauge(running.live, 0.1)


async def test_it_measures_lag_memory_and_connections(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.limits.pressure.resident", lambda: 25 * MIB)
    measure = await gauge(origin, proxy)
    for turn in range(1, SAMPLES + 1):
        pressure = measure(turn * 0.4)
    assert pressure.loop == pytest.approx(1.5)
    assert pressure.memory == pytest.approx(0.25)
    assert pressure.connections == pytest.approx(0.25)


async def test_memory_is_given_back_once_a_second_at_most_and_only_where_it_presses(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    has, given_back = [39 * MIB], []
    monkeypatch.setattr("proxy.limits.pressure.resident", lambda: has[0])
    monkeypatch.setattr("proxy.limits.pressure.give_back", lambda: given_back.append(1))
    measure = await gauge(origin, proxy)
    for turn in range(100):
        measure(100.0 + turn * 0.1)
    assert not given_back
    has[0] = 40 * MIB
    for turn in range(100):
        assert measure(110.0 + turn * 0.1).memory == 0.4
    assert len(given_back) == pytest.approx(10 / GIVEN_BACK_SECONDS, abs=1)


async def test_giving_memory_back_takes_a_small_share_of_the_time_however_long_it_takes(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, given_back = [0.0], []

    def slow() -> None:
        clock[0] += 0.1
        given_back.append(1)

    monkeypatch.setattr("proxy.limits.pressure.resident", lambda: 40 * MIB)
    monkeypatch.setattr("proxy.limits.pressure.give_back", slow)
    monkeypatch.setattr("proxy.limits.pressure.time.thread_time", lambda: clock[0])
    measure = await gauge(origin, proxy)
    for turn in range(1000):
        measure(100.0 + turn * 0.1)
    assert len(given_back) * 0.1 == pytest.approx(100 * GIVEN_BACK_SHARE, rel=0.1)


async def test_memory_that_is_only_held_on_to_is_given_back_and_does_not_count(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    has = [99 * MIB]
    monkeypatch.setattr("proxy.limits.pressure.resident", lambda: has[0])
    monkeypatch.setattr("proxy.limits.pressure.give_back", lambda: has.__setitem__(0, 20 * MIB))
    measure = await gauge(origin, proxy)
    assert measure(100.0).memory == pytest.approx(0.2)


async def test_a_step_that_was_taken_for_memory_that_is_only_held_on_to_is_left_again(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    has = [99 * MIB]
    monkeypatch.setattr("proxy.limits.pressure.resident", lambda: has[0])
    monkeypatch.setattr("proxy.limits.pressure.give_back", lambda: None)
    measure, ladder = await gauge(origin, proxy), Ladder()
    ladder.climb(measure(100.0), 100.0)
    has[0] = 45 * MIB  # below where the step is taken, above where it is left
    monkeypatch.setattr("proxy.limits.pressure.give_back", lambda: has.__setitem__(0, 20 * MIB))
    for tenths in range(1001, 1030):
        ladder.climb(measure(tenths / 10), tenths / 10)
    assert ladder.step is Step.NONE


@pytest.mark.promise("C13")
async def test_a_machine_that_stood_still_makes_no_pressure(
    origin: Origins, proxy: Proxies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.limits.pressure.resident", lambda: 0)
    measure = await gauge(origin, proxy)
    assert measure(300.0).loop == 0.0
    assert measure(300.1).loop == 0.0
