"""Who has written lately."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.shared_words import own_words
from proxy.writers import SETS, WAYS, WORDS, Writers

NUMBERS = st.integers(0, 2**63 - 1)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


def writers() -> tuple[Writers, Clock]:
    clock = Clock()
    return Writers(own_words(WORDS), clock), clock


@given(NUMBERS, NUMBERS)
def test_a_user_counts_for_the_window_and_no_other_does(who: int, other: int) -> None:
    seen, clock = writers()
    assert not seen.wrote_lately(who)
    seen.note(who, 50)
    assert seen.wrote_lately(who)
    assert seen.wrote_lately(other) is ((who | 1) == (other | 1) and who % SETS == other % SETS)
    clock.now += 50
    assert not seen.wrote_lately(who)


def test_who_writes_again_counts_anew_and_a_shorter_window_takes_nothing_away() -> None:
    seen, clock = writers()
    seen.note(7, 50)
    clock.now += 40
    seen.note(7, 5)
    clock.now += 9
    assert seen.wrote_lately(7)
    seen.note(7, 50)
    clock.now += 49
    assert seen.wrote_lately(7)


def test_in_a_full_place_the_one_whose_time_is_over_first_makes_room_and_is_counted_if_it_was_not_over() -> None:
    seen, clock = writers()
    users = [1 + SETS * 2 * number for number in range(WAYS + 2)]
    for number, user in enumerate(users[:WAYS]):
        seen.note(user, 10 + number)
    seen.note(users[WAYS], 100)
    assert seen.forgotten == 1
    assert [seen.wrote_lately(user) for user in users] == [False, *[True] * WAYS, False]
    clock.now += 11
    seen.note(users[WAYS + 1], 100)
    assert seen.forgotten == 1


def test_workers_share_what_they_know() -> None:
    words, clock = own_words(WORDS), Clock()
    Writers(words, clock).note(7, 50)
    assert Writers(words, clock).wrote_lately(7)
