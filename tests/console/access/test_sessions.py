from __future__ import annotations

from console.access.sessions import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    MOST_OF_ONE,
    MOST_SESSIONS,
    Sessions,
    fingerprint,
)
from console.access.users import User
from console.web.rights import Role

ADA = User("ada", Role.ADMIN)


def test_only_an_id_that_was_given_out_is_known() -> None:
    sessions = Sessions()
    id_, session = sessions.begin(ADA, 0)
    assert sessions.find(id_, 1) is session
    assert sessions.find("chosen-by-somebody", 1) is None
    assert sessions.find("\ud800", 1) is None


def test_each_login_has_an_id_and_a_form_token_of_its_own() -> None:
    sessions = Sessions()
    (one, first), (other, second) = sessions.begin(ADA, 0), sessions.begin(ADA, 0)
    assert one != other
    assert not first.is_form_of(second.csrf)
    assert first.is_form_of(first.csrf)
    assert not first.is_form_of("")


def test_an_idle_session_ends_and_one_that_is_used_goes_on() -> None:
    sessions = Sessions()
    id_, _ = sessions.begin(ADA, 0)
    assert sessions.find(id_, IDLE_SECONDS - 1) is not None
    assert sessions.find(id_, 2 * IDLE_SECONDS - 2) is not None
    assert sessions.find(id_, 3 * IDLE_SECONDS) is None
    assert sessions.find(id_, 3 * IDLE_SECONDS - 3) is None  # it stays ended


def test_a_page_that_loads_itself_keeps_no_session_alive() -> None:
    sessions = Sessions()
    id_, _ = sessions.begin(ADA, 0)
    assert sessions.find(id_, IDLE_SECONDS - 1, touch=False) is not None
    assert sessions.find(id_, IDLE_SECONDS + 1, touch=False) is None


def test_no_session_lasts_longer_than_the_cap() -> None:
    sessions = Sessions()
    id_, _ = sessions.begin(ADA, 0)
    now = 0.0
    while now + IDLE_SECONDS < LONGEST_SECONDS:
        now += IDLE_SECONDS - 1
        assert sessions.find(id_, now) is not None
    assert sessions.find(id_, LONGEST_SECONDS + 1) is None


def test_one_that_was_ended_is_worth_nothing() -> None:
    sessions = Sessions()
    id_, _ = sessions.begin(ADA, 0)
    sessions.end(id_)
    sessions.end(id_)
    assert sessions.find(id_, 0) is None


def test_memory_is_bounded_for_one_and_for_all() -> None:
    sessions = Sessions()
    ids = [sessions.begin(ADA, 0)[0] for _ in range(MOST_OF_ONE + 1)]
    assert [sessions.find(id_, 0) is not None for id_ in ids] == [False] + [True] * MOST_OF_ONE
    for number in range(MOST_SESSIONS):
        sessions.begin(User(f"user-{number}", Role.VIEWER), 0)
    assert len(sessions) == MOST_SESSIONS


def test_other_secrets_are_another_fingerprint() -> None:
    changed = [User("ada", Role.ADMIN, password="scrypt:x"), ADA.with_token("one", "sha256:0")]
    assert len({fingerprint(user) for user in [ADA, *changed]}) == 3
    assert fingerprint(ADA) == fingerprint(User("ada", Role.VIEWER, bodies=True))
