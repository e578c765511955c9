"""People who have logged in. In the memory of the console process: whoever is logged in when it is started again logs in again.

Pure but for the randomness of ids: time is an argument, in seconds on any clock.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from console.access.users import User
from console.web.caller import Caller

IDLE_SECONDS: Final = 30 * 60.0
LONGEST_SECONDS: Final = 12 * 3600.0

MOST_SESSIONS: Final = 4096
MOST_OF_ONE: Final = 16


@dataclass(slots=True)
class Session:
    """``csrf`` stands in every form of the person's pages. ``secrets`` is the user's password and tokens when they logged in; who came
    through a provider has none here, and is ``caller`` as long as the session lasts."""

    user: str
    csrf: str
    secrets: str
    since: float
    used: float
    caller: Caller | None = None

    def is_over(self, now: float) -> bool:
        return now - self.used > IDLE_SECONDS or now - self.since > LONGEST_SECONDS

    def is_form_of(self, csrf: str) -> bool:
        return hmac.compare_digest(csrf.encode("utf-8", "replace"), self.csrf.encode())


class Sessions:
    """Only ids that ``begin`` made are known, and only their hashes are kept; the oldest ones go when there are too many."""

    def __init__(self) -> None:
        self._by_hash: dict[bytes, Session] = {}

    def __len__(self) -> int:
        return len(self._by_hash)

    def begin(self, user: User, now: float) -> tuple[str, Session]:
        """The id, for the cookie, and the session."""
        return self._begin(Session(user.name, secrets.token_urlsafe(32), fingerprint(user), now, now))

    def begin_of(self, caller: Caller, now: float) -> tuple[str, Session]:
        """Of one whom somebody else has asked who they are."""
        return self._begin(Session(caller.name, secrets.token_urlsafe(32), "", now, now, caller))

    def _begin(self, session: Session) -> tuple[str, Session]:
        self._make_room(session.user, session.since)
        id_ = secrets.token_urlsafe(32)
        self._by_hash[_hash(id_)] = session
        return id_, session

    def find(self, id_: str, now: float, *, touch: bool = True) -> Session | None:
        """``touch``: a person did something, so the session is idle from now on."""
        key = _hash(id_)
        session = self._by_hash.get(key)
        if session is None:
            return None
        if session.is_over(now):
            del self._by_hash[key]
            return None
        if touch:
            session.used = now
        return session

    def end(self, id_: str) -> None:
        self._by_hash.pop(_hash(id_), None)

    def _make_room(self, user: str, now: float) -> None:
        for key in [key for key, session in self._by_hash.items() if session.is_over(now)]:
            del self._by_hash[key]
        own = [key for key, session in self._by_hash.items() if session.user == user]
        for key in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
            del self._by_hash[key]
        while len(self._by_hash) >= MOST_SESSIONS:
            del self._by_hash[next(iter(self._by_hash))]


def fingerprint(user: User) -> str:
    """Other secrets end the sessions that began with the former ones."""
    return hashlib.sha256(repr((user.password, sorted(user.tokens.items()))).encode()).hexdigest()


def _hash(id_: str) -> bytes:
    return hashlib.sha256(id_.encode("utf-8", "replace")).digest()
