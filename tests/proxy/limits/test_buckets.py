"""The table of clients: fixed in size, fair under a flood, the same for all who share it."""

from __future__ import annotations

from array import array
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.limits.allowance import Allowance
from proxy.limits.buckets import CLIENTS, REGIONS, SETS, WAYS, WORDS, Buckets, regions_of
from proxy.model.resilience import RateLimit

SECOND = 1_000_000_000
HUNDRED_A_MINUTE = Allowance(RateLimit(requests=100, per=60.0, burst=100))


def words() -> memoryview:
    return memoryview(array("q", bytes(8 * WORDS)))


def client(name: object) -> int:
    return int.from_bytes(blake2b(repr(name).encode(), digest_size=8).digest()) >> 1


def test_each_client_has_an_allowance_of_its_own() -> None:
    buckets = Buckets(words())
    waits = [[buckets.take(0, client(name), HUNDRED_A_MINUTE, SECOND) for _ in range(101)] for name in range(50)]
    for of_one in waits:
        assert not any(of_one[:100])
        assert of_one[100] > 0


def test_workers_that_share_the_memory_share_the_allowance() -> None:
    shared = words()
    workers = [Buckets(shared) for _ in range(4)]
    went = sum(not workers[n % 4].take(0, client("one"), HUNDRED_A_MINUTE, SECOND) for n in range(400))
    assert went == 100


def test_regions_do_not_touch_one_another() -> None:
    buckets = Buckets(words())
    once = Allowance(RateLimit(requests=1, per=60.0, burst=1))
    assert [buckets.take(region, client("one"), once, SECOND) for region in range(16)] == [0] * 16
    assert all(buckets.take(region, client("one"), once, SECOND) for region in range(16))


@pytest.mark.promise("B144")
def test_a_flood_of_strangers_neither_grows_memory_nor_resets_who_has_used_much() -> None:
    shared = words()
    buckets = Buckets(shared)
    heavy = [client(("heavy", number)) for number in range(20)]
    for one in heavy:
        while not buckets.take(0, one, HUNDRED_A_MINUTE, SECOND):
            pass
    strangers = 1_000_000
    for number in range(strangers):
        buckets.take(0, client(number), HUNDRED_A_MINUTE, SECOND)
    assert all(buckets.take(0, one, HUNDRED_A_MINUTE, SECOND) > 0 for one in heavy)
    assert shared.nbytes == 8 * WORDS == 8 * 1024 * 1024
    # Whoever was driven out is counted.
    assert buckets.forgotten >= strangers - CLIENTS


def test_a_place_whose_client_has_its_whole_allowance_is_free() -> None:
    buckets = Buckets(words())
    later = SECOND
    for number in range(4 * CLIENTS):
        later += HUNDRED_A_MINUTE.interval  # the one before is whole again
        buckets.take(0, client(number), HUNDRED_A_MINUTE, later)
    assert buckets.forgotten == 0


def test_a_full_set_forgets_the_one_that_is_nearest_to_a_whole_allowance() -> None:
    buckets = Buckets(words())
    same_set = [7 + SETS * number for number in range(1, WAYS + 2)]
    for requests, one in enumerate(same_set[:-1], 1):
        for _ in range(requests):
            buckets.take(0, one, HUNDRED_A_MINUTE, SECOND)
    buckets.take(0, same_set[-1], HUNDRED_A_MINUTE, SECOND)
    assert buckets.forgotten == 1
    left = [one for one in same_set if one | 1 in set(shared_names(buckets, 7))]
    assert left == same_set[1:]


def shared_names(buckets: Buckets, set_: int) -> list[int]:
    words = buckets._words
    return words[set_ * 2 * WAYS : set_ * 2 * WAYS + WAYS].tolist()


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10 * SECOND)), max_size=200),
    st.builds(RateLimit, st.integers(1, 20), st.floats(0.1, 100.0), st.integers(1, 20)),
)
def test_as_long_as_there_is_room_it_decides_as_a_dictionary_would(
    steps: list[tuple[int, int]], limit: RateLimit
) -> None:
    allowance = Allowance(limit)
    buckets, alone, now = Buckets(SHARED), dict[int, int](), SECOND
    SHARED[: SETS * 2 * WAYS] = memoryview(array("q", bytes(16 * SETS * WAYS)))
    for name, passed in steps:
        now += passed
        who = client(name)
        alone[who], wait = allowance.take(alone.get(who, 0), now)
        assert buckets.take(0, who, allowance, now) == wait


SHARED = words()


@given(st.sets(st.text(min_size=1), max_size=40))
def test_as_long_as_there_are_enough_each_route_has_a_region_of_its_own(names: set[str]) -> None:
    regions = regions_of(names)
    assert regions.keys() == names
    assert len(set(regions.values())) == min(len(names), REGIONS)
    assert regions == regions_of(sorted(names, reverse=True))
